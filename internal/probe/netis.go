package probe

import (
	"bytes"

	"sekisho/internal/exposure"
)

func init() {
	register(Probe{
		Name: "netis-backdoor", Transport: exposure.UDP, Ports: []uint16{53413}, Weak: true,
		// An empty command. The router asks for a login, or says that somebody
		// has logged in before; neither is used.
		Hello: func(uint64) []byte { return make([]byte, 8) },
		Match: func(_, reply []byte) bool {
			return len(reply) < 64 && (bytes.HasSuffix(reply, []byte("Login:")) || bytes.HasSuffix(reply, netisLoggedIn))
		},
	})
}

var netisLoggedIn = []byte{0, 0, 0, 5, 0, 1, 0, 0, 0, 0, 1, 0, 0}
