package lab

import "time"

// StartOpenVPN starts OpenVPN at port 1194 over IPv4, without a static key: it
// answers whoever asks.
func (h *Host) StartOpenVPN(t T) *Server {
	t.Helper()
	const dir = "/etc/openvpn/lab"
	h.writeCertificate(t, dir, time.Time{})
	return h.start(t, "openvpn", []wanted{{"udp", 1194, 1}}, "openvpn", "--dev", "null", "--tls-server", "--proto", "udp4", "--port", "1194", "--dh", "none",
		"--ca", dir+"/cert.pem", "--cert", dir+"/cert.pem", "--key", dir+"/key.pem")
}
