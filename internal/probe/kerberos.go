package probe

import (
	"encoding/binary"

	"sekisho/internal/exposure"
)

func init() {
	register(Probe{Name: "kerberos", Transport: exposure.UDP, Ports: []uint16{88}, Weak: true, Hello: kerberosHello, Match: kerberosReplies})
	register(Probe{Name: "kpasswd", Transport: exposure.UDP, Ports: []uint16{464}, Weak: true, Hello: kpasswdHello, Match: kpasswdReplies})
}

// The tags of RFC 4120 section 5.10.
const (
	kerberosASReq = 0x6a
	kerberosError = 0x7e
)

// kerberosHello asks for a ticket of a realm that nobody has (RFC 2606) for a
// name that nobody has; it holds nothing that could be taken for a login. The
// answer is an error, which repeats the names only (RFC 4120 section 5.9.1).
func kerberosHello(nonce uint64) []byte {
	const realm = "SEKISHO.INVALID"
	name := func(kind byte, parts ...string) []byte {
		var list []byte
		for _, p := range parts {
			list = append(list, ber(berGeneral, []byte(p))...)
		}
		return ber(berSequence, ber(0xa0, berSmall(berInteger, kind)), ber(0xa1, ber(berSequence, list)))
	}
	body := ber(berSequence,
		ber(0xa0, ber(berBits, []byte{0, 0, 0, 0, 0})),
		ber(0xa1, name(1, "sekisho")),
		ber(0xa2, ber(berGeneral, []byte(realm))),
		ber(0xa3, name(2, "krbtgt", realm)),
		ber(0xa5, ber(berTime, []byte("19700101000000Z"))), // as long as the server likes
		ber(0xa7, berID(uint32(nonce))),
		ber(0xa8, ber(berSequence, berSmall(berInteger, 18), berSmall(berInteger, 17), berSmall(berInteger, 23))))
	return ber(kerberosASReq, ber(berSequence,
		ber(0xa1, berSmall(berInteger, 5)), ber(0xa2, berSmall(berInteger, 10)), ber(0xa4, body)))
}

// kerberosReplies wants an error of version 5.
func kerberosReplies(_, b []byte) bool {
	outer := berReader{rest: b}
	message := outer.enter(kerberosError).enter(berSequence)
	version := message.enter(0xa0)
	kind := message.enter(0xa1)
	return version.number() == 5 && kind.number() == 30 && !message.failed
}

// kpasswdHello is the header alone, in version 0, which does not exist: the
// server says so (RFC 3244 section 2) and is asked to change nothing.
func kpasswdHello(uint64) []byte { return []byte{0, 6, 0, 0, 0, 0} }

// kpasswdReplies wants the header of a reply without a ticket and the error.
func kpasswdReplies(_, b []byte) bool {
	const header = 6
	return len(b) > header && int(binary.BigEndian.Uint16(b)) == len(b) && b[2] == 0 && b[3] == 1 &&
		b[4] == 0 && b[5] == 0 && kerberosReplies(nil, b[header:])
}
