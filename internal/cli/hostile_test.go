package cli

import (
	"io"
	"log"
	"testing"
)

// TestLibrariesDoNotLog: libraries print what peers made them to the standard
// logger, which leads to the terminal unescaped; the program lets them not.
func TestLibrariesDoNotLog(t *testing.T) {
	was := log.Writer()
	defer log.SetOutput(was)
	log.SetOutput(t.Output())
	if code := Main([]string{"sekisho", "version"}, nil, io.Discard, io.Discard); code != exitDone || log.Writer() != io.Discard {
		t.Errorf("exit code %d, the standard logger writes to %v", code, log.Writer())
	}
}
