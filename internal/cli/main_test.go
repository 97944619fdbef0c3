package cli_test

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"sekisho/internal/cli"
)

func TestReaderThatClosedGetsALine(t *testing.T) {
	reader, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer writer.Close()
	if err := reader.Close(); err != nil {
		t.Fatal(err)
	}
	var errs bytes.Buffer
	code := cli.Main([]string{"sekisho", "version", "--lang", "en"}, strings.NewReader(""), writer, &errs)
	if code != 2 || !strings.Contains(errs.String(), "closed it before the end") || strings.Count(errs.String(), "\n") != 1 {
		t.Errorf("exit code %d and %q, want 2 and one line about the closed output", code, errs.String())
	}
}
