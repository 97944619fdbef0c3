package hostnet

import (
	"errors"
	"io/fs"
	"net/netip"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"
)

func TestParseLine(t *testing.T) {
	const rest = " 00000000:00000000 00:00000000 00000000  1000        0 56288 1 00000000fe27fecd 100 0 0 10 0"
	tests := []struct {
		name, line string
		table      int
		local      string // "": none
		ok         bool
	}{
		{"listening", "   0: 0100007F:1F91 00000000:0000 0A" + rest, 0, "127.0.0.1:8081", true},
		{"connected", "   0: 0100007F:1F91 0100007F:C350 01" + rest, 0, "", true},
		{"v6-loopback", "   0: 00000000000000000000000001000000:0016 00000000000000000000000000000000:0000 0A" + rest, 1, "[::1]:22", true},
		{"v6-mapped", "   0: 0000000000000000FFFF00000100007F:0016 00000000000000000000000000000000:0000 0A" + rest, 1, "[::ffff:127.0.0.1]:22", true},
		{"v6-link-local", "   0: 000080FE00000000FF00FC000100FEFF:0222 00000000000000000000000000000000:0000 07" + rest, 3, "[fe80::fc:ff:fffe:1]:546", true},
		{"udp-bound", "  17: 00000000:0044 00000000:0000 07" + rest, 2, "0.0.0.0:68", true},
		{"udp-connected", "  17: 0100007F:A0F1 0100007F:0035 01" + rest, 2, "", true},
		{"long-port", "   0: 0100007F:11F91 00000000:0000 0A" + rest, 0, "", false},
		{"odd-address", "   0: 0100007:1F91 00000000:0000 0A" + rest, 0, "", false},
		{"not-hexadecimal", "   0: 01000G7F:1F91 00000000:0000 0A" + rest, 0, "", false},
		{"no-port", "   0: 0100007F 00000000:0000 0A" + rest, 0, "", false},
		{"no-state", "   0: 0100007F:1F91 00000000:0000 1FF" + rest, 0, "", false},
		{"short", "   0: 0100007F:1F91 00000000:0000 0A", 0, "", false},
		{"empty", "", 0, "", false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s, listens, err := tables[test.table].parseLine([]byte(test.line))
			if (err == nil) != test.ok || listens != (test.local != "") {
				t.Fatalf("listens %v, error %v", listens, err)
			}
			if !listens {
				return
			}
			want := socket{transport: tables[test.table].transport, local: netip.MustParseAddrPort(test.local), uid: 1000, inode: 56288, partial: true}
			if s != want {
				t.Errorf("got %+v, want %+v", s, want)
			}
		})
	}
}

func FuzzParseLine(f *testing.F) {
	f.Add([]byte("   0: 0100007F:1F91 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 56288 1 0"))
	f.Add([]byte("   0: 00000000000000000000000001000000:0016 00000000000000000000000000000000:0000 07 0:0 0:0 0 0 0 1 2"))
	f.Fuzz(func(t *testing.T, line []byte) {
		for _, table := range append(connected(), tables...) {
			s, listens, err := table.parseLine(line)
			if listens && (err != nil || !s.local.IsValid()) {
				t.Errorf("parseLine(%q) = %+v, %v", line, s, err)
			}
		}
	})
}

func TestSocketsFallBack(t *testing.T) {
	heading := "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
	line := "   0: 0100007F:1F91 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 56288 1 0\n"
	plantNet := func(t *testing.T, files map[string]string) machine {
		root := t.TempDir()
		for name, content := range files {
			plantAt(t, filepath.Join(root, "proc/thread-self/net", name), func(path string) error {
				return os.WriteFile(path, []byte(content), 0o600)
			})
		}
		return machine{root: root, ask: refused}
	}

	t.Run("no-ipv6", func(t *testing.T) {
		m := plantNet(t, map[string]string{"tcp": heading + line, "udp": heading})
		got, err := m.sockets(t.Context(), tables)
		if err != nil || len(got) != 1 || !got[0].partial {
			t.Errorf("got %+v, %v, want one partial socket", got, err)
		}
	})
	t.Run("only-one-table-refused", func(t *testing.T) {
		m := plantNet(t, map[string]string{"tcp": heading + line})
		m.ask = func(table table) ([]socket, error) {
			if table.file == "tcp" {
				return nil, unix.ENOENT
			}
			return nil, nil
		}
		got, err := m.sockets(t.Context(), tables)
		if err != nil || len(got) != 1 {
			t.Errorf("got %+v, %v, want one socket", got, err)
		}
	})
	t.Run("nothing-to-read", func(t *testing.T) {
		_, err := plantNet(t, nil).sockets(t.Context(), tables)
		var e *Error
		if !errors.As(err, &e) || !errors.Is(err, fs.ErrNotExist) || filepath.Base(e.Source) != "tcp" {
			t.Errorf("got %v, want an Error that names the file", err)
		}
	})
	t.Run("malformed", func(t *testing.T) {
		_, err := plantNet(t, map[string]string{"tcp": heading + "gibberish\n"}).sockets(t.Context(), tables)
		if !errors.Is(err, errLine) {
			t.Errorf("got %v, want %v", err, errLine)
		}
	})
	t.Run("endless-line", func(t *testing.T) {
		_, err := plantNet(t, map[string]string{"tcp": heading + string(make([]byte, 1<<20))}).sockets(t.Context(), tables)
		if err == nil {
			t.Error("a line of a megabyte was taken")
		}
	})
}

// TestTablesAgree reads this machine by both ways: they differ only in what the
// text form does not tell.
func TestTablesAgree(t *testing.T) {
	opened := openSockets(t)
	m := machine{root: "/", ask: askKernel}
	byInode := func(read func(table) ([]socket, error)) map[uint64]socket {
		found := map[uint64]socket{}
		for _, table := range tables {
			sockets, err := read(table)
			if err != nil {
				t.Fatal(err)
			}
			for _, s := range sockets {
				s.index, s.v6only, s.cgroup, s.partial = 0, nil, 0, false
				found[s.inode] = s
			}
		}
		return found
	}
	asked, read := byInode(m.ask), byInode(m.procNet)
	for _, o := range opened {
		if diff := cmp.Diff(asked[o.inode].String(), read[o.inode].String()); diff != "" {
			t.Errorf("%s: sock_diag and /proc/net disagree (-diag +proc):\n%s", o.what, diff)
		}
	}
}
