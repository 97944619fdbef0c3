package netbios

import "encoding/binary"

// The kinds of packet of the session service (RFC 1002 section 4.3.1).
const (
	SessionMessage  = 0x00
	sessionRequest  = 0x81
	SessionPositive = 0x82
	SessionNegative = 0x83
	SessionRetarget = 0x84
	SessionKeep     = 0x85
)

// SessionHeader is the size of what stands before each packet.
const SessionHeader = 4

// SessionRequest asks for a session with a name (RFC 1002 section 4.3.2).
func SessionRequest(called, calling Name) []byte {
	b := []byte{sessionRequest, 0, 0, 2 * encodedName}
	return calling.append(called.append(b))
}

// Frame puts the header of a session message before a message, which over TCP
// without NetBIOS looks the same.
func Frame(message []byte) []byte {
	b := make([]byte, SessionHeader, SessionHeader+len(message))
	binary.BigEndian.PutUint32(b, uint32(len(message)))
	return append(b, message...)
}

// Header takes the kind and the length out of the four bytes before a packet.
// The length has 17 bits over NetBIOS and 24 over TCP; nobody sends as much.
func Header(b [SessionHeader]byte) (kind byte, length int) {
	return b[0], int(b[1])<<16 | int(b[2])<<8 | int(b[3])
}

// Refusal is why a session was refused, in a word: not-listening (on the called
// name or for the calling one), not-present, no-resources, unspecified (RFC 1002
// section 4.3.4).
func Refusal(code byte) string {
	switch code {
	case 0x80, 0x81:
		return "not-listening"
	case 0x82:
		return "not-present"
	case 0x83:
		return "no-resources"
	}
	return "unspecified"
}
