//go:build linux && lab

package lab

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/vishvananda/netlink"
)

func TestRefusesWhatIsNotSealed(t *testing.T) {
	for _, tc := range []struct {
		name string
		// breach opens the lab, as a mistake in a test would.
		breach func(t *testing.T, l *Lab)
		want   string
	}{
		{"cable-to-a-stranger", func(t *testing.T, l *Lab) {
			stranger, err := newHost("stranger", t.TempDir())
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { stranger.process.stop() })
			if err := join(l.Home, "leak0", stranger.process, "eth0"); err != nil {
				t.Fatal(err)
			}
		}, "refused: home: the other end of interface leak0 is in no host of this lab"},
		{"foreign-interface", func(t *testing.T, l *Lab) {
			tun := &netlink.Tuntap{LinkAttrs: netlink.NewLinkAttrs(), Mode: netlink.TUNTAP_MODE_TUN}
			tun.Name = "uplink"
			if err := l.Outside.Do(func() error { return netlink.LinkAdd(tun) }); err != nil {
				t.Fatal(err)
			}
		}, "refused: outside: interface uplink of kind \"tuntap\" is none that the lab makes"},
		{"process-of-the-machine", func(t *testing.T, l *Lab) {
			cmd := exec.Command("cat")
			stdin, err := cmd.StdinPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := l.Router.Do(cmd.Start); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { stdin.Close(); cmd.Wait() })
		}, "of the machine is in the network of router"},
		{"host-in-the-network-of-the-test", func(t *testing.T, l *Lab) {
			self, err := os.FindProcess(os.Getpid())
			if err != nil {
				t.Fatal(err)
			}
			l.Home = &Host{Name: "home", process: &process{name: "home", cmd: &exec.Cmd{Process: self}}}
		}, "refused: home is in the network of the test"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			l := *New(t)
			if err := l.prove(); err != nil {
				t.Fatalf("a lab that is sealed: %v", err)
			}
			tc.breach(t, &l)
			if err := l.prove(); err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("prove: %v; want %s", err, tc.want)
			}
			said := Refusal(t, func(t T) { l.Link(t, WAN, Impairment{}) })
			if !strings.Contains(said, tc.want) {
				t.Errorf("a new cable: %q; want %s", said, tc.want)
			}
		})
	}
}

// TestRunsInNoNetworkOfTheMachine shows that the test process has left it.
func TestRunsInNoNetworkOfTheMachine(t *testing.T) {
	own, err := netnsOf("self")
	if err != nil || machineNetns == "" || own == machineNetns {
		t.Fatalf("test is in %s, the machine in %s, %v", own, machineNetns, err)
	}
	links, err := netlink.LinkList()
	if err != nil || len(links) != 1 || links[0].Attrs().Name != "lo" {
		t.Errorf("the test's interfaces are %v, %v; want loopback alone", links, err)
	}
}
