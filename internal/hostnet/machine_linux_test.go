package hostnet

import (
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"sekisho/internal/exposure"
)

// plant makes the tree of a machine out of a file of sections: "-- name --" and
// the content, or "-- links --" and lines of "name -> target". A \0 is a NUL.
func plant(t *testing.T, name string) string {
	t.Helper()
	root := t.TempDir()
	text, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	sections := strings.Split("\n"+string(text), "\n-- ")
	if len(sections) < 2 {
		t.Fatalf("%s holds no section", name)
	}
	for _, section := range sections[1:] {
		head, content, ok := strings.Cut(section+"\n", " --\n")
		if !ok {
			t.Fatalf("%s: section without end: %.40q", name, section)
		}
		content = strings.TrimRight(content, "\n")
		if head == "links" {
			for line := range strings.SplitSeq(content, "\n") {
				from, to, _ := strings.Cut(line, " -> ")
				plantAt(t, filepath.Join(root, from), func(path string) error { return os.Symlink(to, path) })
			}
			continue
		}
		content = strings.ReplaceAll(content, `\0`, "\x00")
		plantAt(t, filepath.Join(root, head), func(path string) error { return os.WriteFile(path, []byte(content), 0o600) })
	}
	return root
}

func plantAt(t *testing.T, path string, plant func(string) error) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := plant(path); err != nil {
		t.Fatal(err)
	}
}

// refused is netlink in a sandbox.
func refused(table) ([]socket, error) { return nil, unix.EPERM }

// telling is netlink that tells these sockets, each in its own table.
func telling(sockets ...socket) askFunc {
	return func(t table) ([]socket, error) {
		var some []socket
		for _, s := range sockets {
			if s.transport == t.transport && s.local.Addr().Is6() == (t.family == unix.AF_INET6) {
				some = append(some, s)
			}
		}
		return some, nil
	}
}

func tcp(local string, uid uint32, inode uint64) socket {
	return socket{transport: exposure.TCP, local: netip.MustParseAddrPort(local), uid: uid, inode: inode}
}

func udp(local string, uid uint32, inode uint64) socket {
	s := tcp(local, uid, inode)
	s.transport = exposure.UDP
	return s
}

// in says in which group below root the socket was made.
func (s socket) in(t *testing.T, root, group string) socket {
	t.Helper()
	var stat unix.Stat_t
	if err := unix.Stat(filepath.Join(root, group), &stat); err != nil {
		t.Fatal(err)
	}
	s.cgroup = stat.Ino
	return s
}

var addresses = cmp.Comparer(func(a, b netip.Addr) bool { return a == b })

func TestMachines(t *testing.T) {
	v4, v6 := netip.MustParseAddr, netip.MustParseAddr
	no := false
	tests := []struct {
		tree   string
		ask    func(t *testing.T, root string) askFunc
		want   []exposure.Listener
		unseen []Unseen
	}{
		{
			tree: "nginx.tree",
			ask:  func(*testing.T, string) askFunc { return refused },
			want: []exposure.Listener{
				{Transport: exposure.TCP, Address: v4("0.0.0.0"), Port: 80, Process: "nginx", PID: 489, User: "root", Unit: "nginx.service", Command: "nginx: master process /usr/sbin/nginx -g daemon on;"},
				{Transport: exposure.TCP, Address: v6("::"), Port: 80, Process: "nginx", PID: 489, User: "root", Unit: "nginx.service", Command: "nginx: master process /usr/sbin/nginx -g daemon on;"},
				{Transport: exposure.TCP, Address: v4("127.0.0.1"), Port: 8081, Process: "nginx", PID: 489, User: "root", Unit: "nginx.service", Command: "nginx: master process /usr/sbin/nginx -g daemon on;"},
			},
			unseen: []Unseen{{Kind: UnseenBindings, Count: 4}},
		},
		{
			tree: "systemd.tree",
			ask: func(t *testing.T, root string) askFunc {
				ssh := tcp("[::]:22", 0, 700)
				ssh.v6only = &no
				return telling(ssh,
					tcp("127.0.0.1:631", 0, 701).in(t, root, "sys/fs/cgroup/system.slice/cups.socket"),
					udp("127.0.0.53:53", 101, 702), tcp("127.0.0.1:8384", 1000, 703), udp("127.0.0.1:5335", 61907, 704))
			},
			want: []exposure.Listener{
				{Transport: exposure.TCP, Address: v6("::"), Port: 22, V6Only: &no, Process: "sshd", PID: 900, User: "root", Unit: "ssh.service", Command: "sshd: /usr/sbin/sshd -D [listener] 0 of 10-100 startups"},
				{Transport: exposure.TCP, Address: v4("127.0.0.1"), Port: 631, Process: "systemd", PID: 1, User: "root", Unit: "cups.socket", Command: "/sbin/init"},
				{Transport: exposure.TCP, Address: v4("127.0.0.1"), Port: 8384, Process: "syncthing", PID: 1300, User: "alice", Unit: "syncthing.service", Command: "/usr/bin/syncthing serve --no-browser"},
				{Transport: exposure.UDP, Address: v4("127.0.0.53"), Port: 53, Process: "systemd-resolved", PID: 612, User: "101", Unit: "systemd-resolved.service", Command: "/lib/systemd/systemd-resolved"},
				{Transport: exposure.UDP, Address: v4("127.0.0.1"), Port: 5335, Process: "unbound", PID: 1400, User: "unbound", Unit: "unbound.service", Command: "/usr/sbin/unbound -d -p"},
			},
		},
		{
			tree: "docker.tree",
			ask: func(*testing.T, string) askFunc {
				return telling(tcp("0.0.0.0:8080", 0, 800), tcp("[::]:8080", 0, 801), tcp("0.0.0.0:6379", 999, 802), tcp("0.0.0.0:9000", 0, 803))
			},
			want: []exposure.Listener{
				{Transport: exposure.TCP, Address: v4("0.0.0.0"), Port: 6379, Process: "redis-server", PID: 2300, User: "999", Container: "docker 0a1b2c3d4e5f", Command: "redis-server *:6379"},
				{Transport: exposure.TCP, Address: v4("0.0.0.0"), Port: 8080, Process: "docker-proxy", PID: 2101, User: "root", Unit: "docker.service", Container: "docker 172.17.0.2:80", Command: "/usr/bin/docker-proxy -proto tcp -host-ip 0.0.0.0 -host-port 8080 -container-ip 172.17.0.2 -container-port 80 -use-listen-fd"},
				{Transport: exposure.TCP, Address: v6("::"), Port: 8080, Process: "docker-proxy", PID: 2102, User: "root", Unit: "docker.service", Command: "/usr/bin/docker-proxy -proto tcp -host-ip :: -host-port 8080 -container-ip not-an-address -container-port 80"},
				{Transport: exposure.TCP, Address: v4("0.0.0.0"), Port: 9000, Process: "conmon", PID: 2400, User: "root", Container: "podman fedcba987654", Command: "/usr/bin/conmon --api-version 1"},
			},
		},
		{
			tree: "refused.tree",
			ask: func(t *testing.T, root string) askFunc {
				return telling(tcp("0.0.0.0:22", 0, 901).in(t, root, "sys/fs/cgroup/unified/system.slice/ssh.service"),
					udp("0.0.0.0:68", 0, 902), tcp("0.0.0.0:8000", 1000, 903))
			},
			want: []exposure.Listener{
				{Transport: exposure.TCP, Address: v4("0.0.0.0"), Port: 22, User: "root", Unit: "ssh.service"},
				{Transport: exposure.TCP, Address: v4("0.0.0.0"), Port: 8000, Process: "python3", PID: 1300, User: "alice", Unit: "session-3.scope", Command: "python3 -m http.server 8000"},
				{Transport: exposure.UDP, Address: v4("0.0.0.0"), Port: 68, User: "root"},
			},
			unseen: []Unseen{{Kind: UnseenOwners, Count: 2}},
		},
		{
			tree: "hidepid.tree",
			ask: func(*testing.T, string) askFunc {
				return telling(tcp("0.0.0.0:22", 0, 901), tcp("0.0.0.0:8000", 1000, 903))
			},
			want: []exposure.Listener{
				{Transport: exposure.TCP, Address: v4("0.0.0.0"), Port: 22, User: "root"},
				{Transport: exposure.TCP, Address: v4("0.0.0.0"), Port: 8000, Process: "python3", PID: 1300, User: "alice", Unit: "session-3.scope", Command: "python3 -m http.server 8000"},
			},
			unseen: []Unseen{{Kind: UnseenOwners, Count: 1}},
		},
		{
			tree: "kernel.tree",
			ask: func(t *testing.T, root string) askFunc {
				return telling(udp("0.0.0.0:51820", 0, 990).in(t, root, `sys/fs/cgroup/system.slice/system-wg\x2dquick.slice/wg-quick@wg0.service`),
					tcp("0.0.0.0:2049", 0, 0))
			},
			want: []exposure.Listener{
				{Transport: exposure.TCP, Address: v4("0.0.0.0"), Port: 2049, User: "root", Unowned: true},
				{Transport: exposure.UDP, Address: v4("0.0.0.0"), Port: 51820, User: "root", Unit: "wg-quick@wg0.service", Unowned: true},
			},
		},
		{
			tree: "hostile.tree",
			ask: func(*testing.T, string) askFunc {
				return telling(tcp("0.0.0.0:1", 666, 900), tcp("0.0.0.0:2", 666, 901), tcp("0.0.0.0:3", 666, 902))
			},
			want: []exposure.Listener{
				{Transport: exposure.TCP, Address: v4("0.0.0.0"), Port: 1, Process: "x) R 1 (y", PID: 3000, User: `ev\x1b[31mil`, Unit: "session-1.scope", Command: `\x1b]0;owned\x07--password=*** ` + strings.Repeat("A", 231) + "…"},
				{Transport: exposure.TCP, Address: v4("0.0.0.0"), Port: 2, Process: `\u202edhss`, PID: 3001, User: `ev\x1b[31mil`, Command: "/tmp/.x --token *** postgres://app:***@db/app Authorization: ***"},
				{Transport: exposure.TCP, Address: v4("0.0.0.0"), Port: 3, User: `ev\x1b[31mil`, Unowned: true},
			},
		},
	}
	for _, test := range tests {
		t.Run(strings.TrimSuffix(test.tree, ".tree"), func(t *testing.T) {
			root := plant(t, test.tree)
			found, hidden, err := machine{root: root, ask: test.ask(t, root)}.listeners(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, found, addresses); diff != "" {
				t.Errorf("listeners (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(test.unseen, hidden); diff != "" {
				t.Errorf("unseen (-want +got):\n%s", diff)
			}
		})
	}
}

func TestEveryTreeIsRead(t *testing.T) {
	trees, err := filepath.Glob("testdata/*.tree")
	if err != nil || len(trees) != 7 {
		t.Errorf("found %d trees in testdata, %v; TestMachines reads 7", len(trees), err)
	}
}
