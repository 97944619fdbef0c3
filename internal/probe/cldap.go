package probe

import (
	"sekisho/internal/exposure"
)

func init() {
	register(Probe{Name: "cldap", Transport: exposure.UDP, Ports: []uint16{389}, Hello: cldapHello, Match: cldapReplies})
}

// The tags of LDAP (RFC 4511 section 4.2 and following).
const (
	cldapSearch  = 0x63
	cldapEntry   = 0x64
	cldapDone    = 0x65
	cldapPresent = 0x87
)

// cldapHello asks for the root of the directory and for none of its attributes
// (RFC 4511 section 4.5.1.8). Directories that answer over UDP are used to
// flood others with the whole root, seventy times what was asked; this answer
// is as short as the question.
func cldapHello(nonce uint64) []byte {
	zero := berSmall(berInteger, 0)
	return ber(berSequence, berID(uint32(nonce)), ber(cldapSearch,
		ber(berOctets), berSmall(berEnum, 0), berSmall(berEnum, 0), // the root itself, aliases as they are
		zero, zero, // no limit of size or time
		[]byte{0x01, 1, 0}, // types and values
		ber(cldapPresent, []byte("objectClass")),
		ber(berSequence, ber(berOctets, []byte("1.1")))))
}

// cldapReplies wants an entry or the end of the search, with our message id.
func cldapReplies(hello, b []byte) bool {
	asked, op := cldapMessage(hello)
	id, got := cldapMessage(b)
	return op == cldapSearch && id == asked && (got == cldapEntry || got == cldapDone)
}

// cldapMessage takes the id and the operation out of a message; no operation
// has the tag 0.
func cldapMessage(b []byte) (id uint64, op byte) {
	outer := berReader{rest: b}
	message := outer.enter(berSequence)
	id = message.number()
	op, _ = message.next()
	if message.failed {
		return 0, 0
	}
	return id, op
}
