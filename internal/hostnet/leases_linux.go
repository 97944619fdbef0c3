package hostnet

import (
	"io"
	"net/netip"
	"os"
	"path/filepath"
	"strings"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// leaseFolders are where DHCP clients note what they got: dhclient, dhcpcd,
// systemd-networkd, NetworkManager, busybox.
var leaseFolders = []string{"var/lib/dhcp", "var/lib/dhcpcd", "run/systemd/netif/leases", "var/lib/NetworkManager", "run/NetworkManager/devices", "var/lib/udhcpc"}

// Bounds of the notes of DHCP clients.
const (
	maxLeaseFiles = 64
	maxLeaseFile  = 1 << 18
)

// Leased are the addresses of this machine that it has for a time only: from
// DHCP, by the lifetime that the kernel keeps or by the notes of the client, or by
// router advertisements. Known says that the others are fixed.
func Leased() (list []netip.Addr, known bool) {
	addresses, err := netlink.AddrList(nil, netlink.FAMILY_ALL)
	if err != nil {
		return nil, false
	}
	notes := leaseNotes("/")
	for _, a := range addresses {
		if a.IPNet == nil {
			continue
		}
		address, ok := netip.AddrFromSlice(a.IP)
		if !ok {
			continue
		}
		address = address.Unmap()
		if a.Flags&unix.IFA_F_PERMANENT == 0 || noted(notes, address) {
			list = append(list, address)
		}
	}
	return list, true
}

// leaseNotes are the texts that clients keep, under a root.
func leaseNotes(root string) []string {
	var notes []string
	for _, folder := range leaseFolders {
		files, err := os.ReadDir(filepath.Join(root, folder))
		if err != nil {
			continue
		}
		for _, f := range files {
			if !f.Type().IsRegular() || len(notes) == maxLeaseFiles {
				continue
			}
			if text, err := readSome(filepath.Join(root, folder, f.Name())); err == nil {
				notes = append(notes, text)
			}
		}
	}
	return notes
}

func readSome(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxLeaseFile))
	return string(b), err
}

// noted reports whether a client notes an address as the one that it got:
// fixed-address of dhclient, ADDRESS of systemd and NetworkManager, ip of
// udhcpc. The addresses of servers and routers stand behind other words.
func noted(notes []string, a netip.Addr) bool {
	for _, text := range notes {
		for line := range strings.Lines(text) {
			line = strings.ToLower(strings.TrimRight(strings.TrimSpace(line), ";"))
			for _, word := range []string{"fixed-address ", "address=", "ip=", "ip_address="} {
				if value, ok := strings.CutPrefix(line, word); ok && strings.TrimSpace(value) == a.String() {
					return true
				}
			}
		}
	}
	return false
}
