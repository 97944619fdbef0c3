package cli_test

import (
	"bytes"
	"context"
	"io"
	"log"
	"net"
	"net/netip"
	"os"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"unicode"

	"sekisho/internal/cli"
	"sekisho/internal/lab"
)

// TestLibrariesDoNotLog: libraries print what peers made them to the standard
// logger, which leads to the terminal unescaped; the program lets them not.
func TestLibrariesDoNotLog(t *testing.T) {
	was := log.Writer()
	defer log.SetOutput(was)
	log.SetOutput(t.Output())
	if code := cli.Main([]string{"sekisho", "version"}, nil, io.Discard, io.Discard); code != 0 || log.Writer() != io.Discard {
		t.Errorf("exit code %d, the standard logger writes to %v", code, log.Writer())
	}
}

// TestNothingFromTheNetworkActsOnATerminal has real servers' words spoilt with
// what acts on a terminal, on every connection in turn, and runs the tests of
// their protocols in both languages.
func TestNothingFromTheNetworkActsOnATerminal(t *testing.T) {
	for name, dialogue := range map[string]string{
		"ftp": "ftp.vsftpd", "http": "http", "pop3": "pop3.plain", "imap": "imap", "redis": "redis.open", "rsync": "rsync.open",
		"smtp": "smtp", "telnet": "telnet",
	} {
		for _, format := range []string{"text", "json"} {
			for _, language := range []string{"en", "ja"} {
				t.Run(name+"-"+format+"-"+language, func(t *testing.T) {
					t.Parallel()
					at := hostile(t, "../probe/testdata/dialogues/"+dialogue+".dialogue")
					var out, errs bytes.Buffer
					args := []string{"sekisho", "test", name, at.Addr().String(), "-p", strconv.Itoa(int(at.Port())), "--timeout", "2s", "-f", format, "--lang", language, "-v"}
					if name == "smtp" {
						args = append(args, "--resolver", at.Addr().String()) // nobody is there
					}
					cli.Main(args, strings.NewReader(""), &out, &errs)
					if out.Len() == 0 || !strings.Contains(out.String(), `\x1b`) && !strings.Contains(out.String(), `\u001b`) {
						t.Errorf("nothing of the server stands in %q, %q", &out, &errs)
					}
					for _, r := range out.String() + errs.String() {
						if unicode.IsControl(r) && r != '\n' && r != '\t' || unicode.In(r, unicode.Bidi_Control) {
							t.Fatalf("%U in %q, %q", r, &out, &errs)
						}
					}
				})
			}
		}
	}
}

// hostile serves a dialogue, one script a connection and the last one for ever,
// with something that acts behind every word.
func hostile(t *testing.T, path string) netip.AddrPort {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	said, _, _ := strings.Cut(string(b), "\n=\n")
	scripts := strings.Split(said, "\n---")
	if strings.Contains(scripts[0], "\n@ udp") {
		scripts = scripts[1:] // the first one is what DNS said
	}
	l := lab.Loopback(t)
	var next atomic.Int64
	return lab.Serve(t, l, func(_ context.Context, c net.Conn) {
		script := scripts[min(int(next.Add(1)), len(scripts))-1]
		for line := range strings.Lines(script) {
			switch text, ours := strings.CutPrefix(strings.TrimSuffix(line, "\n"), "S: "); {
			case ours:
				plain, err := strconv.Unquote(`"` + strings.ReplaceAll(text, `"`, `\"`) + `"`)
				if err != nil {
					t.Errorf("%s: %q: %v", path, text, err)
				}
				if _, err := io.WriteString(c, spoilt(plain)); err != nil {
					return
				}
			case strings.HasPrefix(line, "C"):
				if _, err := c.Read(make([]byte, 4096)); err != nil {
					return
				}
			}
		}
	})
}

// spoilt has something that acts in place of every fourth word.
func spoilt(said string) string {
	const acting = "\x1b[2J\xe2\x80\xae\x1b]0;x\x07\x9b5n\x7f"
	n := 0
	return regexp.MustCompile(`[a-z]{4,}`).ReplaceAllStringFunc(said, func(word string) string {
		if n++; n%2 == 0 {
			return word
		}
		b := []byte(word)
		for k := range b {
			b[k] = acting[k%len(acting)]
		}
		return string(b)
	})
}
