package rollback

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// TestWait: what ends a change, and that nothing but a confirmation keeps it.
func TestWait(t *testing.T) {
	said := func(words ...string) <-chan string {
		c := make(chan string, len(words))
		for _, w := range words {
			c <- w
		}
		return c
	}
	ended := make(chan struct{})
	close(ended)
	down := make(chan os.Signal, 1)
	down <- syscall.SIGTERM
	for name, c := range map[string]struct {
		told      <-chan string
		gone      <-chan struct{}
		down      <-chan os.Signal
		confirmed bool
		why       Why
	}{
		"killed-before-it-was-made": {said(), ended, nil, false, Unfinished},
		"made-and-nobody-there":     {said(wordChanged), nil, nil, false, Deadline},
		"confirmed":                 {said(wordChanged, wordConfirm), nil, nil, true, Asked},
		"taken-back":                {said(wordChanged, wordTakeBack), nil, nil, false, Asked},
		"shown-again":               {said(wordChanged, wordChanged, wordConfirm), nil, nil, true, Asked},
		"failed-half-made":          {said(wordTakeBack), nil, nil, false, Asked},
		"machine-goes-down":         {nil, nil, down, false, Shutdown},
		"nonsense":                  {said(wordChanged, "x", ""), nil, nil, false, Deadline},
	} {
		patience := time.Minute
		if c.why == Deadline {
			patience = 10 * time.Millisecond
		}
		confirmed, why, _ := wait(patience, c.told, c.gone, nil, c.down)
		if confirmed != c.confirmed || why != c.why {
			t.Errorf("%s: confirmed %v because of %s, want %v because of %s", name, confirmed, why, c.confirmed, c.why)
		}
	}
}

// TestFilesComeBack: the old text stands where the new one was, with its mode, and
// what somebody else wrote meanwhile stays.
func TestFilesComeBack(t *testing.T) {
	dir := t.TempDir()
	mine, theirs := filepath.Join(dir, "mine"), filepath.Join(dir, "theirs")
	for path, text := range map[string]string{mine: "new", theirs: "theirs"} {
		if err := os.WriteFile(path, []byte(text), 0o640); err != nil {
			t.Fatal(err)
		}
	}
	r := &record{Old: map[string][]byte{mine: []byte("old"), theirs: []byte("old")}, New: map[string][]byte{mine: []byte("new"), theirs: []byte("new")}}
	if os.Geteuid() == 0 { // the owner is kept too
		if err := r.putBackFiles(); err != nil {
			t.Fatal(err)
		}
		for path, want := range map[string]string{mine: "old", theirs: "theirs"} {
			got, err := os.ReadFile(path)
			if err != nil || string(got) != want {
				t.Errorf("%s holds %q (%v), want %q", filepath.Base(path), got, err, want)
			}
		}
		if i, err := os.Stat(mine); err != nil || i.Mode().Perm() != 0o640 {
			t.Errorf("%v %v", i.Mode(), err)
		}
	}
	if _, err := readFiles([]string{filepath.Join(dir, "none")}); err != nil {
		t.Errorf("a file that is not there: %v", err)
	}
}
