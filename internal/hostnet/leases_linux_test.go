package hostnet

import (
	"net/netip"
	"os"
	"path/filepath"
	"testing"
)

func TestLeaseNotes(t *testing.T) {
	root := t.TempDir()
	for name, text := range map[string]string{
		"var/lib/dhcp/dhclient.eth0.leases": "lease {\n  interface \"eth0\";\n  fixed-address 192.168.1.10;\n  option routers 192.168.1.1;\n}\n",
		"run/systemd/netif/leases/2":        "# private\nADDRESS=192.168.2.10\nROUTER=192.168.2.1\nSERVER_ADDRESS=192.168.2.2\n",
		"var/lib/udhcpc/eth0":               "ip=192.168.3.10\nrouter=192.168.3.1\n",
	} {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	notes := leaseNotes(root)
	for address, want := range map[string]bool{
		"192.168.1.10": true, "192.168.2.10": true, "192.168.3.10": true, "192.168.1.1": false, "192.168.2.1": false, "192.168.2.2": false, "192.168.3.1": false, "192.168.1.100": false,
	} {
		if got := noted(notes, netip.MustParseAddr(address)); got != want {
			t.Errorf("%s: %v, want %v", address, got, want)
		}
	}
}
