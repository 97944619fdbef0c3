package lab

// StartPebble starts Pebble, an ACME server (RFC 8555) that trusts nobody's word:
// its challenges come to the ports 80 and 443 of the names. It answers at port
// 14000, with the certificate and key in the two files.
func (h *Host) StartPebble(t T, certificate, key string) *Server {
	t.Helper()
	const path = "/etc/pebble.json"
	h.WriteFile(t, path, `{"pebble": {
		"listenAddress": "0.0.0.0:14000", "managementListenAddress": "127.0.0.1:15000",
		"certificate": "`+certificate+`", "privateKey": "`+key+`", "httpPort": 80, "tlsPort": 443, "ocspResponderURL": ""
	}}`)
	return h.start(t, "pebble", []wanted{{"tcp", 14000, 1}}, "env", "PEBBLE_VA_NOSLEEP=1", "PEBBLE_WFE_NONCEREJECT=0", "pebble", "-config", path, "-strict", "false")
}
