package probe

import "sekisho/internal/exposure"

func init() {
	register(Probe{Name: "fins", Transport: exposure.UDP, Ports: []uint16{9600}, Weak: true, Hello: finsHello, Match: finsReplies})
}

const finsHeader = 10

// finsHello reads the clock of the controller (Omron W342, section 5-3-19). The
// service id of one byte comes back.
func finsHello(nonce uint64) []byte {
	return []byte{0x80, 0, 2, 0, 0, 0, 0, 0x63, 0, byte(nonce), 7, 1}
}

// finsReplies wants a response of the same id to the same command, back to the
// node that we said to be.
func finsReplies(hello, b []byte) bool {
	return len(hello) == finsHeader+2 && len(b) >= finsHeader+4 && b[0]&0xc0 == 0xc0 &&
		b[4] == hello[7] && b[9] == hello[9] && b[10] == hello[10] && b[11] == hello[11]
}
