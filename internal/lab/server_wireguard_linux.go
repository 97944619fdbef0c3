package lab

import (
	"fmt"
	"strings"
)

// WireGuard says how a server of WireGuard is to run. Keys are as wg genkey prints
// them.
type WireGuard struct {
	Port      uint16 // 51820 when zero
	Private   string // its own
	Peer      string // the public key of its one peer
	Preshared string // of that peer; none when empty
}

// StartWireGuard starts wireguard-go, since not every kernel has WireGuard.
func (h *Host) StartWireGuard(t T, o WireGuard) *Server {
	t.Helper()
	port := portOr(o.Port, 51820)
	device := fmt.Sprintf("wg%d", port)
	conf := fmt.Sprintf("[Interface]\nPrivateKey = %s\nListenPort = %d\n[Peer]\nPublicKey = %s\nAllowedIPs = 10.99.0.2/32\n", o.Private, port, o.Peer)
	if o.Preshared != "" {
		conf += "PresharedKey = " + o.Preshared + "\n"
	}
	file := "/etc/wireguard/" + device + ".conf"
	h.WriteFile(t, file, conf)
	h.WriteFile(t, "/var/run/wireguard/.keep", "")
	// It takes its configuration once it runs, and listens when its interface is up.
	script := tunnelled + strings.NewReplacer("DEVICE", device, "FILE", file).Replace(`

export LOG_LEVEL=verbose
wireguard-go -f DEVICE &
trap 'kill $!' TERM
n=0
until wg setconf DEVICE FILE 2>/tmp/wg.log; do
	n=$((n + 1))
	[ $n -lt 500 ] || { cat /tmp/wg.log; exit 1; }
	sleep 0.02
done
ip link set DEVICE up
wait
`)
	return h.start(t, "wireguard-go", []wanted{{"udp", port, 2}}, "sh", "-c", script)
}
