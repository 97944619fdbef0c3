package hostnet

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseStat(t *testing.T) {
	after := " S 1 489 489 0 -1 4194368 27 0 0 0 0 0 0 0 20 0 1 0 199071 10502144 360"
	tests := []struct {
		name, stat, comm string
		started          uint64
		ok               bool
	}{
		{"recorded", "489 (nginx)" + after, "nginx", 199071, true},
		{"brackets", "1 (a) R (b))" + after, "a) R (b)", 199071, true},
		{"empty-name", "1 ()" + after, "", 199071, true},
		{"short", "1 (a) S 1 2", "", 0, false},
		{"no-bracket", "1 a S", "", 0, false},
		{"reversed", ")(", "", 0, false},
		{"not-a-number", "1 (a)" + strings.Replace(after, "199071", "-1", 1), "", 0, false},
		{"empty", "", "", 0, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			comm, started, err := parseStat([]byte(test.stat))
			if comm != test.comm || started != test.started || (err == nil) != test.ok {
				t.Errorf("parseStat(%q) = %q, %d, %v", test.stat, comm, started, err)
			}
		})
	}
}

func TestParseStatus(t *testing.T) {
	tests := []struct {
		status string
		uid    uint32
		ok     bool
	}{
		{"Name:\tx\nUid:\t0\t33\t34\t35\nGid:\t1\t2\t3\t4\n", 33, true},
		{"Name:\tUid:\t7\t7\nUid:\t0\t4294967294\t0\t0\n", 4294967294, true},
		{"Uid:\t0\n", 0, false},
		{"Uid:\t0\t4294967296\n", 0, false},
		{"", 0, false},
	}
	for _, test := range tests {
		if uid, ok := parseStatus([]byte(test.status)); ok != test.ok || ok && uid != test.uid {
			t.Errorf("parseStatus(%q) = %d, %v", test.status, uid, ok)
		}
	}
}

func TestFullName(t *testing.T) {
	tests := []struct {
		name, program string
		args          []string
		want          string
	}{
		{"sshd", "/usr/sbin/other", []string{"sshd-longer"}, "sshd"},
		{"systemd-resolve", "/usr/lib/systemd/systemd-resolved", nil, "systemd-resolved"},
		{"systemd-resolve", "", []string{"/lib/systemd/systemd-resolved", "-x"}, "systemd-resolved"},
		{"systemd-timesyn", "/usr/lib/systemd/systemd-timesyncd (deleted)", nil, "systemd-timesyncd"},
		{"fail2ban-server", "/usr/bin/python3.11", []string{"/usr/bin/python3", "/usr/bin/fail2ban-server"}, "fail2ban-server"},
		{"exactly-fifteen", "", nil, "exactly-fifteen"},
		{"exe", "/usr/bin/rootlesskit", []string{"/proc/self/exe"}, "rootlesskit"},
		{"exe", "", []string{"/proc/self/exe", "x"}, "exe"},
		{"exe", "", []string{"rootlesskit"}, "rootlesskit"},
		{"exe", "", nil, "exe"},
	}
	for _, test := range tests {
		if got := fullName(test.name, test.program, test.args); got != test.want {
			t.Errorf("fullName(%q, %q, %q) = %q, want %q", test.name, test.program, test.args, got, test.want)
		}
	}
}

func TestDockerProxy(t *testing.T) {
	tests := []struct{ process, args, want string }{
		{"docker-proxy", "docker-proxy -container-ip 172.17.0.2 -container-port 80", "docker 172.17.0.2:80"},
		{"docker-proxy", "docker-proxy --container-ip=fd00::2 --container-port=443", "docker [fd00::2]:443"},
		{"docker-proxy", "docker-proxy -container-ip fe80::1%\x1b[2J -container-port 443", "docker [fe80::1]:443"},
		{"docker-proxy", "docker-proxy -container-ip 172.17.0.2", ""},
		{"docker-proxy", "docker-proxy -container-ip 172.17.0.2 -container-port 65536", ""},
		{"docker-proxy", "docker-proxy container-ip 172.17.0.2 -container-port 80", ""},
		{"docker-proxy", "docker-proxy -container-port", ""},
		{"nginx", "docker-proxy -container-ip 172.17.0.2 -container-port 80", ""},
	}
	for _, test := range tests {
		if got, ok := dockerProxy(test.process, strings.Split(test.args, " ")); got != test.want || ok != (test.want != "") {
			t.Errorf("dockerProxy(%q, %q) = %q, %v, want %q", test.process, test.args, got, ok, test.want)
		}
	}
}

func TestParsePasswd(t *testing.T) {
	tests := []struct {
		line, name string
		uid        uint32
		ok         bool
	}{
		{"root:x:0:0:root:/root:/bin/bash", "root", 0, true},
		{"a:x:4294967295:", "a", 4294967295, true},
		{"a:x:4294967296:", "", 0, false},
		{"+::::::", "", 0, false},
		{"+nisuser::1:1", "+nisuser", 1, true},
		{":x:0:0", "", 0, false},
		{"# comment", "", 0, false},
		{"", "", 0, false},
	}
	for _, test := range tests {
		uid, name, ok := parsePasswd(test.line)
		if ok != test.ok || ok && (uid != test.uid || name != test.name) {
			t.Errorf("parsePasswd(%q) = %d, %q, %v", test.line, uid, name, ok)
		}
	}
}

func TestParseSocketLink(t *testing.T) {
	for link, want := range map[string]uint64{
		"socket:[4711]": 4711, "socket:[]": 0, "socket:[1": 0, "pipe:[1]": 0, "/tmp/socket:[1]": 0,
		"socket:[-1]": 0, "socket:[18446744073709551616]": 0, "socket:[1] (deleted)": 0, "": 0,
	} {
		if inode, ok := parseSocketLink([]byte(link)); ok != (want != 0) || ok && inode != want {
			t.Errorf("parseSocketLink(%q) = %d, %v", link, inode, ok)
		}
	}
}

func TestParseCmdline(t *testing.T) {
	for cmdline, want := range map[string][]string{
		"":                            nil,
		"\x00\x00":                    nil,
		"sshd\x00-D\x00":              {"sshd", "-D"},
		"nginx: worker process\x00  ": {"nginx: worker process"},
		"a\x00\x00b":                  {"a", "", "b"},
	} {
		if diff := cmp.Diff(want, parseCmdline([]byte(cmdline))); diff != "" {
			t.Errorf("parseCmdline(%q) (-want +got):\n%s", cmdline, diff)
		}
	}
}

// FuzzProcess feeds every reader of a file below /proc/PID and of passwd.
func FuzzProcess(f *testing.F) {
	f.Add([]byte("489 (nginx) S 1 489 489 0 -1 4194368 27 0 0 0 0 0 0 0 20 0 1 0 199071 1"))
	f.Add([]byte("Name:\tx\nUid:\t0\t33\t34\t35\n"))
	f.Add([]byte("/usr/bin/docker-proxy\x00-container-ip\x00172.17.0.2\x00-container-port\x0080\x00"))
	f.Add([]byte("mysql\x00--password\x00x\x00--token=y\x00mysql://u:p@h\x00Authorization: z\x00"))
	f.Add([]byte("root:x:0:0:root:/root:/bin/bash"))
	f.Add([]byte("socket:[4711]"))
	f.Fuzz(func(t *testing.T, text []byte) {
		name, _, _ := parseStat(text)
		parseStatus(text)
		parseSocketLink(text)
		if _, user, _ := parsePasswd(string(text)); clean(user, 8*maxName) != user {
			t.Errorf("parsePasswd(%q) lets %q through", text, user)
		}
		args := parseCmdline(text)
		fullName(name, string(text), args)
		if container, ok := dockerProxy("docker-proxy", args); ok && clean(container, maxCommand) != container {
			t.Errorf("dockerProxy(%q) lets %q through", args, container)
		}
		if line := commandLine(args); len(args) == 1 && !strings.ContainsAny(args[0], "=:@") && line != args[0] {
			t.Errorf("commandLine(%q) = %q", args, line)
		}
	})
}
