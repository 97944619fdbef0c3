package lab

import (
	"fmt"
	"time"
)

// Mosquitto says how a broker is to run.
type Mosquitto struct {
	Port   uint16 // 1883 when zero, 8883 with TLS
	TLS    bool   // with a certificate that nobody has signed
	Config string // further lines of mosquitto.conf
}

// StartMosquitto starts Mosquitto on all addresses, for everybody who connects
// unless the further lines say otherwise.
func (h *Host) StartMosquitto(t T, o Mosquitto) *Server {
	t.Helper()
	port := portOr(o.Port, 1883)
	if o.TLS {
		port = portOr(o.Port, 8883)
	}
	dir := fmt.Sprintf("/etc/mosquitto/lab-%d", port)
	config := fmt.Sprintf("user root\nlistener %d\n", port)
	if o.TLS {
		h.writeCertificate(t, dir, time.Time{})
		config += fmt.Sprintf("certfile %[1]s/cert.pem\nkeyfile %[1]s/key.pem\n", dir)
	}
	if o.Config == "" {
		o.Config = "allow_anonymous true"
	}
	h.WriteFile(t, dir+"/mosquitto.conf", config+o.Config+"\n")
	return h.start(t, "mosquitto", []wanted{{"tcp", port, 1}}, "mosquitto", "-c", dir+"/mosquitto.conf")
}
