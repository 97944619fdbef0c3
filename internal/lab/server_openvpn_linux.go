package lab

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// tunnelled has a command find the device of tunnels, which the /dev of a host
// has not.
const tunnelled = "[ -e /dev/net/tun ] || { mkdir -p /dev/net && mknod /dev/net/tun c 10 200; }\n"

// StartOpenVPN starts a server of OpenVPN on a port of both families, over TCP
// where the arguments hold tcp6-server. They say how it is protected: without a
// static key it answers whoever asks.
func (h *Host) StartOpenVPN(t T, port uint16, args ...string) *Server {
	t.Helper()
	transport := "tcp"
	if !slices.Contains(args, "tcp6-server") {
		transport, args = "udp", append([]string{"--proto", "udp6"}, args...)
	}
	const dir = "/etc/openvpn/lab"
	h.writeCertificate(t, dir, time.Time{})
	command := append([]string{
		"exec", "openvpn", "--dev", "tun", "--server", fmt.Sprintf("10.8.%d.0", port%256), "255.255.255.0", "--port", fmt.Sprint(port),
		"--dh", "none", "--ca", dir + "/cert.pem", "--cert", dir + "/cert.pem", "--key", dir + "/key.pem",
	}, args...)
	return h.start(t, "openvpn", []wanted{{transport, port, 1}}, "sh", "-c", tunnelled+strings.Join(command, " "))
}
