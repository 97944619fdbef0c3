package hostnet

import (
	"net"
	"net/netip"
	"os"
	"slices"
	"testing"

	"sekisho/internal/exposure"
)

// TestConnections reads this machine while both ends of a connection and of a
// datagram socket with a peer are held by this process.
func TestConnections(t *testing.T) {
	for _, network := range []string{"tcp4", "tcp6"} {
		t.Run(network, func(t *testing.T) {
			address := map[string]string{"tcp4": "127.0.0.1:0", "tcp6": "[::1]:0"}[network]
			l, err := net.Listen(network, address)
			if err != nil {
				t.Fatal(err)
			}
			defer l.Close()
			near, err := net.Dial(network, l.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			defer near.Close()
			far, err := l.Accept()
			if err != nil {
				t.Fatal(err)
			}
			defer far.Close()
			here, there := netip.MustParseAddrPort(near.LocalAddr().String()), netip.MustParseAddrPort(l.Addr().String())
			found := connectionsOf(t)
			for _, want := range []exposure.Connection{
				{Local: there, State: exposure.SocketListen},
				{Local: here, Remote: there, State: exposure.SocketEstablished},
				{Local: there, Remote: here, State: exposure.SocketEstablished},
			} {
				i := slices.IndexFunc(found, func(c exposure.Connection) bool {
					return c.Transport == exposure.TCP && c.Local == want.Local && c.Remote == want.Remote
				})
				if i < 0 {
					t.Errorf("%v to %v is missing", want.Local, want.Remote)
					continue
				}
				if c := found[i]; c.State != want.State || c.PID != os.Getpid() || c.Process == "" || c.Unowned {
					t.Errorf("%v to %v: %+v", want.Local, want.Remote, c)
				}
			}
		})
	}
	t.Run("udp", func(t *testing.T) {
		l, err := net.ListenPacket("udp4", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		near, err := net.Dial("udp4", l.LocalAddr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer near.Close()
		here, there := netip.MustParseAddrPort(near.LocalAddr().String()), netip.MustParseAddrPort(l.LocalAddr().String())
		found := connectionsOf(t)
		for _, want := range []exposure.Connection{{Local: there}, {Local: here, Remote: there}} {
			if !slices.ContainsFunc(found, func(c exposure.Connection) bool {
				return c.Transport == exposure.UDP && c.Local == want.Local && c.Remote == want.Remote && c.State == "" && c.PID == os.Getpid()
			}) {
				t.Errorf("%v to %v is missing", want.Local, want.Remote)
			}
		}
	})
}

func connectionsOf(t *testing.T) []exposure.Connection {
	t.Helper()
	found, _, err := Connections(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// TestConnectionStates reads a machine with a socket in each state from the
// kernel and, where that is refused, from its text: one that nobody holds any
// more is Unowned and no reason to look again.
func TestConnectionStates(t *testing.T) {
	heading := "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
	text, rest := heading, " 00000000:00000000 00:00000000 00000000     0        0 0 1 0\n"
	for _, state := range []string{"01", "02", "03", "04", "05", "06", "07", "08", "09", "0A", "0B", "0C"} {
		text += "   0: 0100007F:0016 0100007F:C350 " + state + rest
	}
	text += "   0: 00000000:0000 00000000:0000 07" + rest
	root := t.TempDir()
	for _, name := range []string{"tcp", "udp"} {
		content := text
		if name == "udp" {
			content = heading
		}
		plantAt(t, root+"/proc/thread-self/net/"+name, func(path string) error { return os.WriteFile(path, []byte(content), 0o600) })
	}
	found, unseen, err := machine{root: root, ask: refused}.connections(t.Context())
	if err != nil || len(unseen) != 0 {
		t.Fatalf("unseen %v, error %v", unseen, err)
	}
	var states []exposure.SocketState
	for _, c := range found {
		if states = append(states, c.State); !c.Unowned || c.Local.String() != "127.0.0.1:22" || c.Remote.String() != "127.0.0.1:50000" {
			t.Errorf("found %+v", c)
		}
	}
	want := []exposure.SocketState{
		exposure.SocketClosed, exposure.SocketCloseWait, exposure.SocketClosing, exposure.SocketEstablished, exposure.SocketFinWait1,
		exposure.SocketFinWait2, exposure.SocketLastAck, exposure.SocketListen, exposure.SocketSynReceived, exposure.SocketSynSent, exposure.SocketTimeWait,
	}
	if slices.Sort(want); !slices.Equal(states, want) {
		t.Errorf("states %v, want %v", states, want)
	}
}
