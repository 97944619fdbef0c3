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
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"sekisho", "version", "--lang", "en"}, "use -o FILE"},
		// To PortQry -o is a list of ports.
		{[]string{"portqry", "-n", "127.0.0.1", "-e", "1", "-nr", "--lang", "en"}, "-l FILE"},
	} {
		var errs bytes.Buffer
		code := cli.Main(c.args, strings.NewReader(""), writer, &errs)
		if code != 2 || !strings.Contains(errs.String(), "closed it before the end; "+c.want) || strings.Count(errs.String(), "\n") != 1 {
			t.Errorf("%q: exit code %d and %q, want 2 and one line about the closed output", c.args, code, errs.String())
		}
	}
}
