package receive

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"sekisho/internal/exposure"
)

// Files keeps messages in the files of one folder.
type Files struct {
	root  *os.Root
	split []string
	known map[string]bool
}

// Splits are the words by which messages are parted among files.
var Splits = []string{"facility", "severity", "host"}

// maxFiles bounds the files of one run: a sender that claims another name each
// time must not fill the folder. What is beyond goes into one.
const maxFiles = 1000

// OpenFiles opens a folder, which is made when it is not there, for messages
// parted by some of Splits. Nothing outside the folder is ever written, also
// through symbolic links in it.
func OpenFiles(dir string, split []string) (*Files, error) {
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	return &Files{root: root, split: split, known: map[string]bool{}}, nil
}

// Close closes the folder.
func (f *Files) Close() error { return f.root.Close() }

// Keep appends a message to its file and returns the file's name.
func (f *Files) Keep(m exposure.Received) (string, error) {
	name := f.name(m)
	if !f.known[name] {
		if len(f.known) >= maxFiles {
			name = "other.log"
		}
		// What is there must be a file: a pipe would hold us up.
		if info, err := f.root.Stat(name); err == nil && !info.Mode().IsRegular() {
			return name, &os.PathError{Op: "open", Path: name, Err: errNoFile}
		}
		f.known[name] = true
	}
	file, err := f.root.OpenFile(name, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o640)
	if err != nil {
		return name, err
	}
	_, err = file.WriteString(line(m))
	return name, errors.Join(err, file.Close())
}

// errNoFile is a pipe, a device or a folder of the name.
var errNoFile = errors.New("is no file")

// name is the file of a message: facility.log, facility-host.log. What did not
// say is unknown.
func (f *Files) name(m exposure.Received) string {
	var parts []string
	for _, by := range f.split {
		switch {
		case by == "host":
			host := m.From.Addr().WithZone("").String()
			if m.Syslog != nil && !m.Syslog.Host.IsZero() {
				host = m.Syslog.Host.Raw()
			}
			parts = append(parts, tame(host))
		case m.Syslog == nil:
			parts = append(parts, "unknown")
		case by == "facility":
			parts = append(parts, m.Syslog.Facility)
		case by == "severity":
			parts = append(parts, m.Syslog.Severity)
		}
	}
	if len(parts) == 0 {
		return "syslog.log"
	}
	return strings.Join(parts, "-") + ".log"
}

// tame makes a name that somebody chose one that a file may have: of letters,
// digits and - . _ alone, not begun by a dot, and short.
func tame(name string) string {
	const longest = 64
	var b strings.Builder
	for i := 0; i < len(name) && b.Len() < longest; i++ {
		c := name[i]
		switch {
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9', c == '-', c == '.' && b.Len() > 0 && name[i-1] != '.':
			b.WriteByte(c)
		case c >= 'A' && c <= 'Z':
			b.WriteByte(c + 'a' - 'A')
		default:
			b.WriteByte('_')
		}
	}
	if b.Len() == 0 {
		return "unknown"
	}
	return b.String()
}

// line is a message as one line of a file, in which nothing that came acts on
// who reads it.
func line(m exposure.Received) string {
	at := m.ReceivedAt.Format(time.RFC3339Nano)
	if m.Syslog == nil {
		return fmt.Sprintf("%s %s ? %s\n", at, m.From.Addr(), m.Raw.Terminal())
	}
	s := m.Syslog
	app := s.App.Terminal()
	if !s.Process.IsZero() {
		app += "[" + s.Process.Terminal() + "]"
	}
	return fmt.Sprintf("%s %s %s.%s %s %s: %s\n", at, m.From.Addr(), s.Facility, s.Severity, s.Host.Terminal(), app, s.Message.Terminal())
}
