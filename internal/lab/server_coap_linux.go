package lab

import "fmt"

// StartCoAP starts the example server of libcoap on all addresses, for
// everybody: what it has may be read, and some of it be changed.
func (h *Host) StartCoAP(t T, port uint16) *Server {
	t.Helper()
	port = portOr(port, 5683)
	return h.start(t, "coap-server-openssl", []wanted{{"udp", port, 1}}, "coap-server-openssl", "-A", "::", "-p", fmt.Sprint(port), "-k", "secret")
}
