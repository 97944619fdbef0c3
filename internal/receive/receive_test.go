package receive

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"sekisho/internal/exposure"
	"sekisho/internal/untrusted"
	"sekisho/internal/wire/snmp"
)

var loopback = netip.MustParseAddr("127.0.0.1")

// listen runs a receiver until the test ends and returns where it listens.
func listen(t *testing.T, r *Receiver) (map[string]netip.AddrPort, <-chan exposure.Received) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	at, came, done := map[string]netip.AddrPort{}, make(chan exposure.Received, 64), make(chan error, 1)
	ready := make(chan struct{})
	r.Ready = func(over string, end netip.AddrPort) {
		if at[over] = end; len(at) == len(r.Sockets) {
			close(ready)
		}
	}
	r.Handle = func(m exposure.Received) { came <- m }
	go func() { done <- r.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	select {
	case <-ready:
	case err := <-done:
		t.Fatal(err)
	}
	return at, came
}

func say(t *testing.T, network string, to netip.AddrPort, text string) net.Conn {
	t.Helper()
	c, err := net.Dial(network, to.String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	if _, err := io.WriteString(c, text); err != nil {
		t.Fatal(err)
	}
	return c
}

func TestSyslogOverEveryTransport(t *testing.T) {
	cert, err := Certificate(time.Now())
	if err != nil {
		t.Fatal(err)
	}
	r := &Receiver{}
	for _, over := range []string{"udp", "tcp", "tls"} {
		s := Socket{Over: over, At: netip.AddrPortFrom(loopback, 0)}
		if over == "tls" {
			s.TLS = &tls.Config{Certificates: []tls.Certificate{cert}}
		}
		r.Sockets = append(r.Sockets, s)
	}
	at, came := listen(t, r)
	expect := func(over, facility, text string) {
		t.Helper()
		m := <-came
		if m.Over != over || m.Syslog == nil || m.Syslog.Facility != facility || m.Syslog.Message.Raw() != text {
			t.Errorf("got %+v %+v; want %s %s %q", m, m.Syslog, over, facility, text)
		}
	}
	say(t, "udp", at["udp"], "<134>1 2026-11-22T07:00:00Z home app 7 id [a@1 b=\"c\"] hello")
	expect("udp", "local0", "hello")
	say(t, "tcp", at["tcp"], "<13>Nov 22 07:00:00 home app: one\r\n<13>Nov 22 07:00:00 home app: two\n")
	expect("tcp", "user", "one")
	expect("tcp", "user", "two")
	counted := "<13>1 - - - - - - two\nlines"
	say(t, "tcp", at["tcp"], fmt.Sprintf("%d %s%d %s", len(counted), counted, len(counted), counted))
	expect("tcp", "user", "two\nlines")
	expect("tcp", "user", "two\nlines")
	c, err := tls.Dial("tcp", at["tls"].String(), &tls.Config{InsecureSkipVerify: true})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := fmt.Fprintf(c, "%d %s", len(counted), counted); err != nil {
		t.Fatal(err)
	}
	expect("tls", "user", "two\nlines")

	// What is no TLS is counted, and is no message.
	broken := say(t, "tcp", at["tls"], "<13>not tls at all\n")
	if _, err := io.Copy(io.Discard, broken); err != nil && !errors.Is(err, net.ErrClosed) {
		t.Log(err) // it may be reset
	}
	say(t, "udp", at["udp"], "no priority\x1b[2J")
	if m := <-came; m.Syslog != nil || m.Error == "" || m.Raw.Raw() != "no priority\x1b[2J" {
		t.Errorf("a broken message is %+v", m)
	}
	if r.Unshaken() != 1 {
		t.Errorf("%d connections without a handshake, want 1", r.Unshaken())
	}
}

// TestPriorities: a number that no facility has is no other facility's.
func TestPriorities(t *testing.T) {
	for text, want := range map[string]string{
		"<0>x": "kern", "<191>x": "local7", "<13>x": "user", "<192>x": "", "<255>x": "", "<999>x": "", "<1000>x": "", "<>x": "", "<1 3>x": "", "<-1>x": "", "<13": "", "13>x": "", "x<13>": "",
	} {
		m := Syslog{}.understand(exposure.Received{ReceivedAt: time.Now()}, []byte(text))
		switch {
		case want == "" && (m.Syslog != nil || m.Error == ""):
			t.Errorf("%s is understood: %+v", text, m.Syslog)
		case want != "" && (m.Syslog == nil || m.Syslog.Facility != want):
			t.Errorf("%s is %+v, %s", text, m.Syslog, m.Error)
		}
	}
}

func TestPortInUseIsAnError(t *testing.T) {
	c, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	r := &Receiver{Sockets: []Socket{
		{Over: "tcp", At: netip.AddrPortFrom(loopback, 0)},
		{Over: "udp", At: endOf(c.LocalAddr())},
	}}
	var socket *Error
	if err := r.Run(t.Context()); !errors.As(err, &socket) || socket.Over != "udp" || !strings.HasSuffix(err.Error(), "address already in use") {
		t.Errorf("got %v", err)
	}
}

func TestFrames(t *testing.T) {
	long := strings.Repeat("x", maxMessage+10)
	for what, c := range map[string]struct {
		stream string
		want   []string
		cut    bool
		fails  error
	}{
		"lines":        {"a\nb\r\nc", []string{"a", "b", "c"}, false, io.EOF},
		"zero bytes":   {"a\x00b\x00", []string{"a", "b"}, false, io.EOF},
		"counted":      {"1 a3 b\nc", []string{"a", "b\nc"}, false, io.EOF},
		"too long":     {"<" + long + "\nb", []string{"<" + long[:maxMessage-1], "b"}, true, io.EOF},
		"counted long": {fmt.Sprintf("%d %sb\n", len(long), long), []string{long[:maxMessage], "b"}, true, io.EOF},
		"promised":     {"9999999 abc", []string{"abc"}, false, errShort},
		"no number":    {"12x", nil, false, errFrame},
		"a large one":  {"99999999999999 a", nil, false, errFrame},
	} {
		in := bufio.NewReader(strings.NewReader(c.stream))
		var got []string
		cut := false
		var err error
		for err == nil {
			var message []byte
			var short bool
			if message, short, err = frame(in); len(message) > 0 {
				got = append(got, string(message))
			}
			cut = cut || short
		}
		if !slices.Equal(got, c.want) || cut != c.cut || !errors.Is(err, c.fails) {
			t.Errorf("%s: %d messages, cut %v, %v; want %d, %v, %v", what, len(got), cut, err, len(c.want), c.cut, c.fails)
		}
	}
}

// TestYears holds that a message of the older form, which has no year, is of
// the year that lies nearest before us.
func TestYears(t *testing.T) {
	now := time.Date(2026, 1, 1, 0, 5, 0, 0, time.Local)
	for text, want := range map[string]time.Time{
		"<13>Dec 31 23:59:59 home app: x": time.Date(2025, 12, 31, 23, 59, 59, 0, time.Local),
		"<13>Jan  1 00:04:00 home app: x": time.Date(2026, 1, 1, 0, 4, 0, 0, time.Local),
	} {
		m, err := parseSyslog([]byte(text), now)
		if err != nil || !m.SentAt.Equal(want) || m.Format != "rfc3164" {
			t.Errorf("%s: %+v, %v; want %v", text, m, err, want)
		}
	}
}

func TestWhatIsOddIsTold(t *testing.T) {
	now := time.Now().UTC()
	m := Syslog{}.understand(exposure.Received{ReceivedAt: now}, []byte("<165>1 "+now.Add(time.Hour).Format(time.RFC3339)+" h sekisho - test - test message 0123456789ab-20-5 of local4.notice"))
	if m.Mark.Raw() != "0123456789ab-20-5" || m.ClockMS == nil || *m.ClockMS < 3_590_000 || *m.ClockMS > 3_610_000 {
		t.Errorf("mark %q, clock %v", m.Mark, m.ClockMS)
	}
	if m := (Syslog{}).understand(m, append([]byte("<13>"), bytes.Repeat([]byte("a"), 1020)...)); !m.PerhapsCut || m.Syslog == nil {
		t.Errorf("a message of 1024 bytes: %+v", m)
	}
}

// TestFilesStayInTheirFolder: names that senders choose lead nowhere else.
func TestFilesStayInTheirFolder(t *testing.T) {
	dir := t.TempDir()
	files, err := OpenFiles(filepath.Join(dir, "logs"), []string{"facility", "host", "severity"})
	if err != nil {
		t.Fatal(err)
	}
	defer files.Close()
	of := func(host string) exposure.Received {
		return exposure.Received{From: netip.MustParseAddrPort("[fe80::1%eth0]:514"), Syslog: &exposure.SyslogMessage{
			Facility: "local0", Severity: "info", Host: untrusted.New(host, 0), Message: untrusted.Line("a\nb\x1b[2J"),
		}}
	}
	for host, want := range map[string]string{
		"../../etc/passwd":       "local0-_.__.._etc_passwd-info.log",
		"..":                     "local0-_.-info.log",
		"Web-1.Example":          "local0-web-1.example-info.log",
		"/dev/null\x00":          "local0-_dev_null_-info.log",
		"":                       "local0-fe80__1-info.log",
		"日本":                     "local0-______-info.log",
		strings.Repeat("a", 300): "local0-" + strings.Repeat("a", 64) + "-info.log",
	} {
		name, err := files.Keep(of(host))
		if err != nil {
			t.Errorf("%q: %v", host, err)
		}
		if filepath.Base(name) != name || strings.Contains(name, "..") {
			t.Errorf("%q: %s leads elsewhere", host, name)
		}
		if want != name && !strings.Contains(host, "/") && host != ".." {
			t.Errorf("%q: %s, want %s", host, name, want)
		}
		b, err := os.ReadFile(filepath.Join(dir, "logs", name))
		if err != nil || bytes.Count(b, []byte("\n")) == 0 || bytes.ContainsAny(b, "\x1b") {
			t.Errorf("%s: %q, %v", name, b, err)
		}
	}
	// A symbolic link that leads out, a folder and a pipe's place are refused.
	if err := os.Symlink(filepath.Join(dir, "outside"), filepath.Join(dir, "logs", "local0-link-info.log")); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "logs", "local0-folder-info.log"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, host := range []string{"link", "folder"} {
		if name, err := files.Keep(of(host)); err == nil {
			t.Errorf("%s was written", name)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "outside")); err == nil {
		t.Error("the link was followed")
	}
	for i := range maxFiles + 10 {
		if _, err := files.Keep(of(fmt.Sprint("h", i))); err != nil {
			t.Fatal(err)
		}
	}
	if entries, err := os.ReadDir(filepath.Join(dir, "logs")); err != nil || len(entries) > maxFiles+3 {
		t.Errorf("%d files, %v", len(entries), err)
	}
}

// TestTrapAnswers plays what a sender of version 3 does: it asks for the engine,
// is told that its clock is wrong, and is acknowledged.
func TestTrapAnswers(t *testing.T) {
	user := snmp.NewUser("sender", snmp.Auths[1], "password1", snmp.Privs[1], "password2")
	r := &Trap{User: &user, Names: snmp.Standard()}
	in := exposure.Received{ReceivedAt: time.Date(2026, 11, 22, 7, 0, 0, 0, time.UTC)}
	unit := snmp.PDU{Op: snmp.Inform, ID: 9, Bindings: []snmp.Binding{{Name: trapName, Value: snmp.Identifier(trapTraps.Plus(3))}}}

	_, answer, whole := r.understand(in, snmp.Message{Version: snmp.V3, ID: 5, Reportable: true, PDU: snmp.PDU{Op: snmp.Get}}.Marshal())
	engine, err := snmp.Parse(answer)
	if whole || err != nil || engine.PDU.Op != snmp.Report || engine.ID != 5 || !bytes.Equal(engine.Security.Engine, engineID) {
		t.Fatalf("the engine is %+v, %v", engine, err)
	}
	asked := snmp.Message{ID: 6, Reportable: true, PDU: unit, Security: engine.Security}
	asked.Security.Time += window + 1
	b, err := user.Seal(asked, 1)
	if err != nil {
		t.Fatal(err)
	}
	_, answer, whole = r.understand(in, b)
	if late, err := user.Open(answer); whole || err != nil || late.PDU.Op != snmp.Report || !slices.Equal(late.PDU.Bindings[0].Name, notInWindow) {
		t.Errorf("a wrong clock brings %+v, %v", late, err)
	}
	asked.Security = engine.Security
	if b, err = user.Seal(asked, 2); err != nil {
		t.Fatal(err)
	}
	m, answer, whole := r.understand(in, b)
	if !whole || m.Trap == nil || m.Trap.Trap != "linkDown" || !m.Trap.Inform || !m.Trap.Signed || !m.Trap.Hidden {
		t.Errorf("the inform is %+v", m.Trap)
	}
	if got, err := user.Open(answer); err != nil || got.PDU.Op != snmp.Response || got.PDU.ID != 9 || got.ID != 6 {
		t.Errorf("the answer is %+v, %v", got, err)
	}
	// Without the key it is somebody's, and is not acknowledged.
	m, answer, whole = (&Trap{Names: snmp.Standard()}).understand(in, b)
	if !whole || answer != nil || m.Trap == nil || m.Trap.Trap != "" || m.Trap.Signed || m.Trap.User.Raw() != "sender" {
		t.Errorf("without the key: %+v, answer %x", m.Trap, answer)
	}
	b[len(b)-1] ^= 1
	if m, answer, _ := r.understand(in, b); m.Error == "" || answer != nil {
		t.Errorf("a forged one: %+v", m)
	}
}

// TestOtherRequestsAreNotAnswered: a receiver of traps is no agent.
func TestOtherRequestsAreNotAnswered(t *testing.T) {
	r := &Trap{Names: snmp.Standard()}
	for _, op := range []snmp.Op{snmp.Get, snmp.GetBulk, snmp.Response} {
		m, answer, whole := r.understand(exposure.Received{}, snmp.Message{Version: snmp.V2c, PDU: snmp.PDU{Op: op}}.Marshal())
		if answer != nil || !whole || m.Error == "" || m.Trap != nil {
			t.Errorf("%x: %+v, answer %x", byte(op), m, answer)
		}
	}
}

func FuzzSyslog(f *testing.F) {
	f.Add("<134>1 2026-11-22T07:00:00Z home app 7 id [a@1 b=\"c\"] hello")
	f.Add("<13>Nov 22 07:00:00 home app[1]: one")
	f.Add("<13>Feb 29 07:00:00 home app[1]: one")
	f.Add("<191>*Mar  1 18:46:11: %SYS-5-CONFIG_I: Configured")
	f.Fuzz(func(t *testing.T, message string) {
		m := Syslog{}.understand(exposure.Received{ReceivedAt: time.Unix(1_800_000_000, 0)}, []byte(message))
		if (m.Syslog == nil) != (m.Error != "") {
			t.Errorf("%q: %+v", message, m)
		}
		if got := line(m); strings.Count(got, "\n") != 1 || strings.Contains(got, "\x1b") {
			t.Errorf("a line is %q", got)
		}
		if name := (&Files{split: Splits}).name(m); filepath.Base(name) != name {
			t.Errorf("a name is %q", name)
		}
	})
}

func FuzzFrame(f *testing.F) {
	f.Add([]byte("3 abc<13>x\n12"))
	f.Fuzz(func(t *testing.T, stream []byte) {
		in, total := bufio.NewReader(bytes.NewReader(stream)), 0
		for {
			message, _, err := frame(in)
			if total += len(message); total > len(stream) {
				t.Fatal("more came out than went in")
			}
			if err != nil {
				return
			}
		}
	})
}

func FuzzTrap(f *testing.F) {
	user := snmp.NewUser("u", snmp.Auths[1], "password1", snmp.Privs[1], "password1")
	r := &Trap{User: &user, Names: snmp.Standard()}
	f.Add(snmp.Message{Version: snmp.V2c, Community: []byte("public"), PDU: snmp.PDU{Op: snmp.Inform, Bindings: []snmp.Binding{{Name: trapName, Value: snmp.Identifier(trapTraps.Plus(1))}}}}.Marshal())
	f.Add(snmp.Message{Version: snmp.V1, PDU: snmp.PDU{Op: snmp.TrapV1, Enterprise: snmp.OID{1, 3, 6, 1, 4, 1, 9}, Generic: 6, Specific: 1}}.Marshal())
	f.Add(snmp.Message{Version: snmp.V3, Reportable: true, PDU: snmp.PDU{Op: snmp.Get}}.Marshal())
	f.Fuzz(func(t *testing.T, b []byte) {
		_, answer, _ := r.understand(exposure.Received{ReceivedAt: time.Unix(1_800_000_000, 0)}, b)
		if len(answer) > max(256, 2*len(b)) {
			t.Errorf("%d bytes brought %d", len(b), len(answer))
		}
	})
}
