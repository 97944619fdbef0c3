package probe

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"sekisho/internal/exposure"
)

// ftpFake is a scripted FTP server on loopback. It does what its functions say
// where they are set, and what a small server does where they are not.
type ftpFake struct {
	t    *testing.T
	ln   net.Listener
	done sync.WaitGroup

	begun sync.Once

	// answer overrides the reply to a command; an empty one is none at all, and
	// "hang up" closes the connection.
	answer func(command, argument string) (reply string, ok bool)
	// greet is the greeting of the n-th connection.
	greet func(n int) string
	// serve is what a data connection carries.
	serve func(command string, data net.Conn)
	// source is where active data comes from.
	source string

	mu       sync.Mutex
	commands []string
	sessions int
}

func newFTPFake(t *testing.T) *ftpFake {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	f := &ftpFake{t: t, ln: ln, source: "127.0.0.1"}
	t.Cleanup(func() {
		ln.Close()
		f.done.Wait()
	})
	return f
}

// serving takes connections, once its script is written.
func (f *ftpFake) serving() {
	f.begun.Do(func() {
		f.done.Go(func() {
			for {
				c, err := f.ln.Accept()
				if err != nil {
					return
				}
				f.done.Go(func() { f.session(c) })
			}
		})
	})
}

func (f *ftpFake) port() uint16 { return uint16(f.ln.Addr().(*net.TCPAddr).Port) }

// heard are the commands that were heard, in all sessions.
func (f *ftpFake) heard() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.commands)
}

const ftpFakeList = "-rw-r--r-- 1 ftp ftp 12 Nov 22 17:00 small.txt\r\ndrwxr-xr-x 2 ftp ftp 4096 Nov 22 17:00 in\r\n-rw-r--r-- 1 ftp ftp 9999 Nov 22 17:00 large.txt\r\n"

// session is one control connection.
func (f *ftpFake) session(c net.Conn) {
	defer c.Close()
	var door net.Listener // for passive data
	var towards string    // of active data
	defer func() {
		if door != nil {
			door.Close()
		}
	}()
	say := func(line string) { fmt.Fprintf(c, "%s\r\n", line) }
	f.mu.Lock()
	f.sessions++
	greeting := "220 FTP fake"
	if f.greet != nil {
		greeting = f.greet(f.sessions)
	}
	f.mu.Unlock()
	say(greeting)
	lines := bufio.NewScanner(c)
	for lines.Scan() {
		command, argument, _ := strings.Cut(lines.Text(), " ")
		f.mu.Lock()
		f.commands = append(f.commands, lines.Text())
		f.mu.Unlock()
		if f.answer != nil {
			if reply, ok := f.answer(command, argument); ok {
				if reply == "hang up" {
					return
				}
				if reply != "" {
					say(reply)
				}
				continue
			}
		}
		switch command {
		case "USER":
			say("331 Password, please")
		case "PASS":
			say("230 Welcome")
		case "SYST":
			say("215 UNIX Type: L8")
		case "TYPE", "DELE", "NOOP":
			say("250 Done")
		case "QUIT":
			say("221 Bye")
			return
		case "PASV", "EPSV":
			if door != nil {
				door.Close()
			}
			var err error
			if door, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
				f.t.Error(err)
				return
			}
			towards = ""
			p := door.Addr().(*net.TCPAddr).Port
			if command == "EPSV" {
				say(fmt.Sprintf("229 Extended (|||%d|)", p))
			} else {
				say(fmt.Sprintf("227 Passive (127,0,0,1,%d,%d)", p>>8, p&255))
			}
		case "PORT":
			n := strings.Split(argument, ",")
			high, _ := strconv.Atoi(n[4])
			low, _ := strconv.Atoi(n[5])
			towards = net.JoinHostPort(strings.Join(n[:4], "."), strconv.Itoa(high<<8|low))
			say("200 PORT")
		case "EPRT":
			n := strings.Split(argument, "|")
			towards = net.JoinHostPort(n[2], n[3])
			say("200 EPRT")
		case "LIST", "RETR", "STOR":
			f.transfer(say, command, door, towards)
		default:
			say("502 No such command")
		}
	}
}

func (f *ftpFake) transfer(say func(string), command string, door net.Listener, towards string) {
	say("150 Here it comes")
	var data net.Conn
	var err error
	if towards != "" {
		d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(f.source)}, Timeout: 2 * time.Second}
		data, err = d.Dial("tcp", towards)
	} else {
		door.(*net.TCPListener).SetDeadline(time.Now().Add(2 * time.Second))
		data, err = door.Accept()
	}
	if err != nil {
		say("425 No data connection")
		return
	}
	data.SetDeadline(time.Now().Add(20 * time.Second))
	switch {
	case f.serve != nil:
		f.serve(command, data)
	case command == "STOR":
		io.Copy(io.Discard, data)
	case command == "LIST":
		io.WriteString(data, ftpFakeList)
	default:
		io.WriteString(data, "Hello there\n")
	}
	data.Close()
	say("226 Done")
}

// try runs the test against the fake in little time, and holds what every run
// must keep to: nothing that acts on a terminal comes out.
func (f *ftpFake) try(t *testing.T, o TestOptions) Outcome {
	t.Helper()
	f.serving()
	o.Port = f.port()
	if o.Timeout == 0 {
		o.Timeout = 9 * time.Second
	}
	out, err := RunTest(t.Context(), "ftp", exposure.Target{Address: netip.MustParseAddr("127.0.0.1")}, o)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := json.Marshal(out)
	if err != nil {
		t.Fatal(err)
	}
	inert(t, string(doc))
	for _, s := range out.Steps {
		inert(t, s.Asked+s.Detail)
	}
	return out
}

// ftpStep is the last step of an id.
func ftpStep(t *testing.T, out Outcome, id string) exposure.Step {
	t.Helper()
	for _, s := range slices.Backward(out.Steps) {
		if s.ID == id {
			return s
		}
	}
	t.Fatalf("no step %s in %+v", id, out.Steps)
	return exposure.Step{}
}

func ftpWords(out Outcome) string {
	var words []string
	for _, mode := range ftpModes {
		words = append(words, out.Service.Facts.Text(mode.name).Raw())
	}
	return strings.Join(words, " ")
}

var ftpWriting = map[string][]string{ftpWriteOption: {"true"}}

func TestFTPFakeWorks(t *testing.T) {
	f := newFTPFake(t)
	out := f.try(t, TestOptions{Values: ftpWriting})
	if ftpWords(out) != "ok ok ok ok" || out.Service.Facts["anonymous_write"] != true || out.Service.Facts["upload_left"] != nil {
		t.Errorf("%s, %v", ftpWords(out), out.Service.Facts)
	}
	if s := ftpStep(t, out, "ftp-eprt-get"); !strings.HasSuffix(s.Asked, "RETR small.txt") || s.Facts["bytes"] != int64(12) {
		t.Errorf("%+v", s)
	}
	for _, want := range []string{"STOR ", "DELE "} {
		if n := len(slices.DeleteFunc(f.heard(), func(c string) bool { return !strings.HasPrefix(c, want) })); n != 4 {
			t.Errorf("%s was heard %d times", want, n)
		}
	}
	if out := f.try(t, TestOptions{}); len(out.Flow) != 20 || out.Service.Facts["anonymous_write"] != nil {
		t.Errorf("%d rows, %v", len(out.Flow), out.Service.Facts)
	}
}

// TestFTPGoesNowhereElse has the server tell addresses and ports of others.
func TestFTPGoesNowhereElse(t *testing.T) {
	decoy, err := net.Listen("tcp", "127.0.0.2:0")
	if err != nil {
		t.Fatal(err)
	}
	defer decoy.Close()
	p := decoy.Addr().(*net.TCPAddr).Port
	f := newFTPFake(t)
	f.answer = func(command, _ string) (string, bool) {
		switch command {
		case "PASV":
			return fmt.Sprintf("227 Passive (127,0,0,2,%d,%d)", p>>8, p&255), true
		case "EPSV":
			return "229 Extended (|||22|)", true
		}
		return "", false
	}
	f.source = "127.0.0.3" // who comes to us is a stranger
	out := f.try(t, TestOptions{})
	if got := ftpWords(out); got != "closed low-port silent silent" {
		t.Errorf("modes %s", got)
	}
	if told := out.Service.Facts.Text("passive_address").Raw(); told != "127.0.0.2" {
		t.Errorf("address %q", told)
	}
	decoy.(*net.TCPListener).SetDeadline(time.Now().Add(time.Millisecond))
	if c, err := decoy.Accept(); err == nil {
		t.Errorf("went to the decoy, from %s", c.RemoteAddr())
	}
	for _, flow := range out.Flow {
		if flow.Row != exposure.FlowControl {
			t.Errorf("%s is said to have been", flow.Row)
		}
	}
}

// TestFTPTakesNoMoreThanItWants has lists and files without an end.
func TestFTPTakesNoMoreThanItWants(t *testing.T) {
	f := newFTPFake(t)
	f.serve = func(command string, data net.Conn) {
		line := "-rw-r--r-- 1 ftp ftp 5 Nov 22 17:00 endless.bin\r\n"
		for {
			if _, err := io.WriteString(data, line); err != nil {
				return
			}
		}
	}
	out := f.try(t, TestOptions{})
	for _, id := range []string{"ftp-pasv-list", "ftp-pasv-get", "ftp-port-list", "ftp-eprt-get"} {
		if s := ftpStep(t, out, id); s.Result != exposure.StepOK || s.Facts["bytes"] != int64(30720) || s.Facts["cut"] != true {
			t.Errorf("%s: %v %v %s", id, s.Result, s.Facts, s.Detail)
		}
	}
}

// TestFTPTellsWhatItLeaves has a server that takes a file and keeps it.
func TestFTPTellsWhatItLeaves(t *testing.T) {
	f := newFTPFake(t)
	f.answer = func(command, _ string) (string, bool) {
		return "550 No", command == "DELE"
	}
	out := f.try(t, TestOptions{Values: ftpWriting})
	if left := out.Service.Facts.Texts("upload_left"); len(left) != 1 || !strings.HasPrefix(left[0].Raw(), "sekisho-test-") {
		t.Errorf("left %v", left)
	}
	if s := ftpStep(t, out, "ftp-pasv-delete"); s.Result != exposure.StepRefused {
		t.Errorf("%+v", s)
	}
	if s := ftpStep(t, out, "ftp-epsv-put"); s.Result != exposure.StepSkipped || s.Why != "ftp-cannot-delete" {
		t.Errorf("%+v", s)
	}
}

// TestFTPUploadsIntoFolders has a server that takes files in a folder only.
func TestFTPUploadsIntoFolders(t *testing.T) {
	f := newFTPFake(t)
	f.answer = func(command, argument string) (string, bool) {
		return "553 Not here", command == "STOR" && !strings.HasPrefix(argument, "in/")
	}
	out := f.try(t, TestOptions{Values: ftpWriting})
	if out.Service.Facts["anonymous_write"] != true {
		t.Errorf("%v", out.Service.Facts)
	}
	refused := slices.DeleteFunc(f.heard(), func(c string) bool { return !strings.HasPrefix(c, "STOR sekisho") })
	if len(refused) != 1 {
		t.Errorf("refused %q", refused)
	}
	f = newFTPFake(t)
	f.answer = func(command, _ string) (string, bool) { return "550 Nowhere", command == "STOR" }
	out = f.try(t, TestOptions{Values: ftpWriting})
	if out.Service.Facts["anonymous_write"] != false || slices.ContainsFunc(f.heard(), func(c string) bool { return strings.HasPrefix(c, "DELE") }) {
		t.Errorf("%v, %q", out.Service.Facts, f.heard())
	}
}

// TestFTPHostileServers holds how each mode is called when the server falls
// silent, hangs up or lies; the test goes on with the next one on a control
// connection of its own.
func TestFTPHostileServers(t *testing.T) {
	on := func(commands string, reply string) func(string, string) (string, bool) {
		return func(command, _ string) (string, bool) {
			return reply, slices.Contains(strings.Fields(commands), command)
		}
	}
	for name, c := range map[string]struct {
		answer func(string, string) (string, bool)
		serve  func(string, net.Conn)
		want   string
	}{
		"silent_to_pasv":     {on("PASV", ""), nil, "broken ok ok ok"},
		"silent_to_list":     {on("LIST", ""), nil, "broken broken silent silent"},
		"silent_to_port":     {on("PORT EPRT", ""), nil, "ok ok broken broken"},
		"hangs_up_at_pasv":   {on("PASV", "hang up"), nil, "broken ok ok ok"},
		"hangs_up_at_list":   {on("LIST", "hang up"), nil, "broken broken silent silent"},
		"hangs_up_at_retr":   {on("RETR", "hang up"), nil, "broken broken silent silent"},
		"no_end":             {on("RETR", "150 Soon"), nil, "broken broken silent silent"},
		"garbled_227":        {on("PASV EPSV", "227 Passive (\x1b[2J,\x9b,0,0,\u202e)"), nil, "unreadable unreadable ok ok"},
		"port_0":             {on("PASV EPSV", "227 Passive (127,0,0,1,0,0)"), nil, "low-port unreadable ok ok"},
		"no_modes":           {on("PASV EPSV PORT EPRT", "500 No"), nil, "refused refused refused refused"},
		"no_reply_at_all":    {on("PASV EPSV PORT EPRT", "Hello"), nil, "broken broken broken broken"},
		"a_list_of_refusals": {on("LIST", "550 No list"), nil, "ok ok  "},
		"no_data":            {on("LIST", "425 No"), nil, "broken broken silent silent"},
		"wants_tls":          {on("LIST", "522 Data must be encrypted"), nil, "no-tls no-tls no-tls no-tls"},
		"hostile_names": {nil, func(command string, data net.Conn) {
			io.WriteString(data, "-rw-r--r-- 1 ftp ftp 1 Nov 22 17:00 \x1b]0;x\x07\r\n-rw-r--r-- 1 ftp ftp 2 Nov 22 17:00 ../../etc/passwd\r\n-rw-r--r-- 1 ftp ftp 3 Nov 22 17:00 a\u202eb\r\n")
		}, "ok ok ok ok"},
		"one_byte_a_second": {nil, func(command string, data net.Conn) {
			for {
				if _, err := data.Write([]byte{'-'}); err != nil {
					return
				}
				time.Sleep(100 * time.Millisecond) // its pace, and no synchronisation
			}
		}, "broken broken broken broken"},
		"resets": {nil, func(command string, data net.Conn) {
			data.(*net.TCPConn).SetLinger(0)
		}, "broken broken broken broken"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFTPFake(t)
			f.answer, f.serve = c.answer, c.serve
			out := f.try(t, TestOptions{Options: Options{Timeout: 9 * time.Second}})
			if got := ftpWords(out); got != c.want {
				for _, s := range out.Steps {
					t.Logf("%+v", s)
				}
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}

// TestFTPPasswordStaysSecret has a server that repeats what it is told.
func TestFTPPasswordStaysSecret(t *testing.T) {
	const secret = "Tsubame-9-tobu"
	f := newFTPFake(t)
	f.answer = func(command, argument string) (string, bool) {
		if command == "PASS" && argument == secret {
			return "530 Password " + argument + " is wrong", true
		}
		return "", false
	}
	out := f.try(t, TestOptions{User: "alice", Password: func() (string, error) { return secret, nil }})
	doc, err := json.Marshal(out)
	if err != nil || strings.Contains(string(doc), secret) || !slices.Contains(f.heard(), "PASS "+secret) {
		t.Errorf("%s, %v", doc, err)
	}
	if s := ftpStep(t, out, "ftp-login"); s.Result != exposure.StepRefused || s.Said.Raw() != "530 Password *** is wrong" {
		t.Errorf("%+v", s)
	}
}

// TestFTPTLSThatHangs has a server that agrees to TLS and falls silent: nobody in
// particular goes on without it, and a user with a password does not.
func TestFTPTLSThatHangs(t *testing.T) {
	f := newFTPFake(t)
	f.answer = func(command, argument string) (string, bool) {
		return "234 Go ahead", command == "AUTH"
	}
	out := f.try(t, TestOptions{})
	if s := ftpStep(t, out, "ftp-auth-tls"); s.Result != exposure.StepFailed || ftpWords(out) != "ok ok ok ok" || out.Service.Facts["tls_control"] != false {
		t.Errorf("%+v, %s", s, ftpWords(out))
	}
	out = f.try(t, TestOptions{User: "alice", Password: func() (string, error) { return "Hato-3-ha", nil }})
	if s := ftpStep(t, out, "ftp-auth-tls"); s.Result != exposure.StepFailed || slices.Contains(f.heard(), "PASS Hato-3-ha") {
		t.Errorf("%+v", s)
	}
}

// TestFTPFullServers has a server that is full after the recognition: what is
// refused is said to be refused.
func TestFTPFullServers(t *testing.T) {
	f := newFTPFake(t)
	f.greet = func(n int) string {
		if n > 3 {
			return "421 Too many connections"
		}
		return "220 FTP fake"
	}
	out := f.try(t, TestOptions{})
	if s := ftpStep(t, out, "ftp-login"); s.Result != exposure.StepRefused || s.Said.Raw() != "421 Too many connections" {
		t.Errorf("%+v", s)
	}
	if s := ftpStep(t, out, "ftp-pasv-list"); s.Result != exposure.StepSkipped || s.Why != "ftp-no-login" {
		t.Errorf("%+v", s)
	}
}

// TestFTPOptionsAreHeld refuses what cannot be meant, before anything is sent.
func TestFTPOptionsAreHeld(t *testing.T) {
	f := newFTPFake(t)
	for name, o := range map[string]TestOptions{
		"max":       {Values: map[string][]string{ftpMaxOption: {"0"}}},
		"most":      {Values: map[string][]string{ftpMaxOption: {"262145"}}},
		"tls":       {Values: map[string][]string{ftpTLSOption: {"perhaps"}}},
		"file":      {Values: map[string][]string{ftpFileOption: {"a\r\nDELE b"}}},
		"user":      {User: "a\r\nDELE b", Password: func() (string, error) { return "x", nil }},
		"password":  {User: "a", Password: func() (string, error) { return "x\r\nDELE b", nil }},
		"nobody":    {User: "a"},
		"forgotten": {User: "a", Password: func() (string, error) { return "", errors.New("forgotten") }},
	} {
		o.Port = f.port()
		_, err := RunTest(t.Context(), "ftp", exposure.Target{Address: netip.MustParseAddr("127.0.0.1")}, o)
		var option *OptionError
		if !errors.As(err, &option) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if heard := f.heard(); len(heard) > 0 {
		t.Errorf("heard %q", heard)
	}
	named := f.try(t, TestOptions{Values: map[string][]string{ftpFileOption: {"large.txt"}}})
	if s := ftpStep(t, named, "ftp-pasv-get"); !strings.HasSuffix(s.Asked, "RETR large.txt") {
		t.Errorf("%+v", s)
	}
}

// FuzzFTPTrial runs the test against a host whose every port says the same: it
// comes to an end, and what it tells is inert in every output.
func FuzzFTPTrial(f *testing.F) {
	addRecorded(f, "ftp")
	f.Add([]byte("220 FTP\r\n502 no\r\n502 no\r\n331 go\r\n230 in\r\n220 FTP\r\n227 (1,2,3,4,5,6)\r\n150 go\r\n226 done\r\n229 (|||5000|)\r\n"))
	f.Fuzz(func(t *testing.T, said []byte) {
		test, p, _ := testNamed("ftp")
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		defer cancel()
		out := runTest(ctx, fixedPeer(said), p, test, TestOptions{Values: ftpWriting})
		doc, err := json.Marshal(out)
		if err != nil {
			t.Fatal(err)
		}
		inert(t, string(doc))
		for _, s := range out.Steps {
			inert(t, s.Asked+s.Detail)
		}
	})
}
