//go:build linux && lab

package cli_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"os/exec"
	"strings"
	"testing"

	"sekisho/internal/exposure"
	"sekisho/internal/lab"
)

// receiving starts sekisho receive and returns when it listens at so many
// sockets. What it returns waits for its end.
func receiving(t *testing.T, h *lab.Host, sockets int, args ...string) func() result {
	t.Helper()
	cmd := command(t, h, root, append([]string{"receive"}, args...)...)
	var out, errs bytes.Buffer
	cmd.Stdout = &out
	said, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(said)
	for sockets > 0 && lines.Scan() {
		errs.WriteString(lines.Text() + "\n")
		if strings.HasPrefix(lines.Text(), "listening over ") {
			sockets--
		}
	}
	if sockets > 0 {
		t.Fatalf("it does not listen: %s", errs.String())
	}
	return func() result {
		t.Helper()
		for lines.Scan() {
			errs.WriteString(lines.Text() + "\n")
		}
		err := cmd.Wait()
		var ended *exec.ExitError
		if err != nil && !errors.As(err, &ended) {
			t.Fatal(err)
		}
		return result{cmd.ProcessState.ExitCode(), out.String(), errs.String()}
	}
}

// receivedLines are the messages and the summary of receive -f jsonl.
func receivedLines(t *testing.T, r result) (messages []exposure.Received, s exposure.ReceivedSummary) {
	t.Helper()
	lines := strings.Split(strings.TrimSpace(r.out), "\n")
	for _, line := range lines[:len(lines)-1] {
		var m exposure.Received
		if err := json.Unmarshal([]byte(line), &m); err != nil {
			t.Fatalf("%v in %s", err, line)
		}
		messages = append(messages, m)
	}
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &s); err != nil {
		t.Fatalf("%v in %s", err, r.out)
	}
	return messages, s
}

// TestReceiveSyslog has logger and sekisho send to sekisho, over each transport.
func TestReceiveSyslog(t *testing.T) {
	l := lab.New(t)
	to := l.Home.V4.String()
	wait := receiving(t, l.Home, 3, "syslog", "--transport", "udp,tcp,tls", "--dir", "/srv/logs", "--split", "facility,host", "--count", "5", "--for", "60s", "-f", "jsonl")
	l.LAN.Run(t, "logger", "-n", to, "-d", "-P", "514", "-p", "local3.err", "-t", "app", "hello from logger")
	l.LAN.Run(t, "logger", "-n", to, "-T", "-P", "514", "--rfc3164", "-p", "daemon.warning", "-t", "app", "hello over tcp")
	for _, args := range [][]string{{"--facility", "mail"}, {"--transport", "tcp", "--facility", "local0", "--rfc", "3164"}, {"--transport", "tls"}} {
		sent := sekisho(t, l.LAN, nobody, append([]string{"test", "syslog", to}, args...)...)
		if !strings.Contains(sent.out, "send a message") {
			t.Errorf("test syslog %v: %s%s", args, sent.out, sent.errs)
		}
	}
	r := wait()
	messages, summary := receivedLines(t, r)
	if r.code != 0 || len(messages) != 5 || summary.Received != 5 || summary.Marked != 3 || summary.Broken != 0 || summary.Unwritten != 0 {
		t.Fatalf("exit code %d, %+v\n%s%s", r.code, summary, r.out, r.errs)
	}
	for _, kind := range []string{"local3.err", "daemon.warning", "mail.notice", "local0.notice", "user.notice"} {
		if summary.ByKind[kind] != 1 {
			t.Errorf("%d of %s", summary.ByKind[kind], kind)
		}
	}
	for _, m := range messages {
		if m.ClockMS == nil || *m.ClockMS < -5000 || *m.ClockMS > 5000 || m.From.Addr() != l.LAN.V4 {
			t.Errorf("clock %v, from %s: %+v", m.ClockMS, m.From, m.Syslog)
		}
		l.Home.Run(t, "grep", "-q", m.Syslog.Message.Raw(), "/srv/logs/"+m.File)
	}
	if names := strings.Fields(l.Home.Run(t, "ls", "/srv/logs")); len(names) != 5 || names[0] != "daemon-lan.log" {
		t.Errorf("files %q", names)
	}
}

// TestReceiveTraps has Net-SNMP and sekisho send to sekisho, which acknowledges
// what asks for it.
func TestReceiveTraps(t *testing.T) {
	l := lab.New(t)
	to := l.Home.V4.String()
	l.Home.WriteFile(t, "/srv/password", "senderpass\n")
	l.LAN.WriteFile(t, "/srv/password", "senderpass\n")
	wait := receiving(t, l.Home, 1, "snmptrap", "--user", "sender", "--priv", "AES", "--password-file", "/srv/password", "--count", "7", "--for", "60s", "-f", "jsonl")
	send := func(name string, args ...string) { l.LAN.Run(t, "env", append([]string{"MIBS=", name}, args...)...) }
	secure := []string{"-v", "3", "-u", "sender", "-l", "authPriv", "-a", "SHA", "-A", "senderpass", "-x", "AES", "-X", "senderpass"}
	send("snmptrap", "-v", "2c", "-c", "public", to, "", "1.3.6.1.6.3.1.1.5.3", "1.3.6.1.2.1.2.2.1.1.3", "i", "3")
	send("snmptrap", "-v", "1", "-c", "x", to, "1.3.6.1.4.1.14988", "192.0.2.9", "6", "42", "")
	send("snmptrap", append(append([]string{"-e", "0x8000000001020304"}, secure...), to, "", "1.3.6.1.6.3.1.1.5.5")...)
	send("snmpinform", "-v", "2c", "-c", "public", to, "", "1.3.6.1.4.1.9.9.43.2.0.1")
	send("snmpinform", append(secure, to, "", "1.3.6.1.6.3.1.1.5.2")...)
	for _, args := range [][]string{{"--inform"}, {"--inform", "--user", "sender", "--priv", "AES", "--password-file", "/srv/password"}} {
		if sent := sekisho(t, l.LAN, nobody, append([]string{"test", "snmptrap", to}, args...)...); sent.code != 0 || !strings.Contains(sent.out, "acknowledged: yes") {
			t.Errorf("test snmptrap %v: exit code %d\n%s%s", args, sent.code, sent.out, sent.errs)
		}
	}
	r := wait()
	messages, summary := receivedLines(t, r)
	if r.code != 0 || len(messages) != 7 || summary.Marked != 2 || summary.Broken != 0 {
		t.Fatalf("exit code %d\n%s%s", r.code, r.out, r.errs)
	}
	for i, want := range []struct {
		version, trap, enterprise string
		inform, signed            bool
	}{
		{"v2c", "linkDown", "", false, false},
		{"v1", "enterprises.14988.0.42", "MikroTik", false, false},
		{"v3", "authenticationFailure", "", false, true},
		{"v2c", "enterprises.9.9.43.2.0.1", "Cisco", true, false},
		{"v3", "warmStart", "", true, true},
		{"v2c", "coldStart", "", true, false},
		{"v3", "coldStart", "", true, true},
	} {
		got := messages[i].Trap
		if got == nil || got.Version != want.version || got.Trap != want.trap || got.Enterprise.Raw() != want.enterprise ||
			got.Inform != want.inform || got.Acknowledged != want.inform || got.Signed != want.signed || got.Hidden != want.signed {
			t.Errorf("message %d is %+v, want %+v", i+1, got, want)
		}
	}
}

// TestReceiveSaysWhatItCannot: a port in use, a full disk, and nothing that came.
func TestReceiveSaysWhatItCannot(t *testing.T) {
	l := lab.New(t)
	to := l.Home.V4.String()
	l.Home.StartRsyslog(t, lab.Rsyslog{})
	if r := sekisho(t, l.Home, root, "receive", "syslog", "--for", "20s"); r.code != 2 || !strings.Contains(r.errs, "listen udp port 514: address already in use. Ports below 1024") {
		t.Errorf("a port in use: exit code %d, %s", r.code, r.errs)
	}
	if r := sekisho(t, l.Home, nobody, "receive", "snmptrap", "--for", "100ms"); r.code != 2 || !strings.Contains(r.errs, "listen udp port 162: permission denied. Ports below 1024") {
		t.Errorf("without the right: exit code %d, %s", r.code, r.errs)
	}
	if r := sekisho(t, l.Home, root, "receive", "snmptrap", "--for", "100ms", "-q"); r.code != 3 || r.errs != "" || !strings.HasPrefix(r.out, "Received 0;") {
		t.Errorf("nothing came: exit code %d, %q %q", r.code, r.out, r.errs)
	}
	l.Home.WriteFile(t, "/srv/small/.keep", "")
	l.Home.Run(t, "mount", "-t", "tmpfs", "-o", "size=4k", "none", "/srv/small")
	wait := receiving(t, l.Home, 1, "syslog", "--transport", "udp", "-p", "1514", "--dir", "/srv/small", "--count", "30", "--for", "60s")
	long := strings.Repeat("x", 900)
	for range 30 {
		l.LAN.Run(t, "logger", "-n", to, "-d", "-P", "1514", "-p", "local0.info", long)
	}
	r := wait()
	if r.code != 3 || strings.Count(r.errs, "The disk is full") != 1 || !strings.Contains(r.out, "Not written to a file: 2") || strings.Count(r.out, long) != 30 {
		t.Errorf("a full disk: exit code %d, %s\n%s", r.code, r.errs, r.out[max(0, len(r.out)-300):])
	}
}

// TestFindInNamesTheFile looks on the server for what it did with each message.
func TestFindInNamesTheFile(t *testing.T) {
	l := lab.New(t)
	l.Home.StartRsyslog(t, lab.Rsyslog{Rules: "mail.* /var/log/mail.log\n*.*;mail.none;local7.none /var/log/rest.log\n"})
	r := sekisho(t, l.Home, root, "test", "syslog", "127.0.0.1", "--facility", "all", "--find-in", "/var/log", "-f", "json")
	d := decode[exposure.TestDocument](t, r)
	if r.code != 0 || d.Service.Protocol != "syslog" || d.Service.Facts["kept"] != 23.0 {
		t.Errorf("exit code %d, %+v", r.code, d.Service)
	}
	if lost := d.Service.Facts.Texts("lost"); len(lost) != 1 || lost[0].Raw() != "local7.notice" {
		t.Errorf("lost %v", lost)
	}
	files := map[string]string{}
	for _, s := range d.Steps {
		if s.ID == "syslog-found" {
			name, _, _ := strings.Cut(s.Asked, " ")
			for _, f := range s.Facts.Texts("files") {
				files[name] += f.Raw()
			}
		}
	}
	if files["mail.notice"] != "/var/log/mail.log" || files["kern.notice"] != "/var/log/rest.log" || files["local7.notice"] != "" || len(files) != 23 {
		t.Errorf("files %v", files)
	}
	none := sekisho(t, l.Home, root, "test", "syslog", "127.0.0.1", "--facility", "local7", "--find-in", "/var/log", "--timeout", "4s", "-f", "json")
	if none.code != 3 {
		t.Errorf("nothing found: exit code %d, %s", none.code, none.out)
	}
}
