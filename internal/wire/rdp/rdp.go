// Package rdp encodes and decodes the first words of a remote desktop: the
// negotiation of how the connection is secured (MS-RDPBCGR section 2.2.1), and
// the question of CredSSP that makes a server say who it is (MS-CSSP section
// 2.2.1). Nothing here logs in. Bytes in, structs out: no I/O, no clock.
package rdp

import (
	"encoding/binary"
	"errors"
)

// ErrFormat is the cause when bytes are no message of the kind wanted.
var ErrFormat = errors.New("no message of RDP")

// Security is a set of ways to secure a connection (MS-RDPBCGR section
// 2.2.1.1.1). None of them is RDP's own.
type Security uint32

// The ways.
const (
	Standard Security = 0      // RDP's own
	TLS      Security = 1      // TLS, and then the log-in screen
	Hybrid   Security = 2      // CredSSP: the user proves who he is first (NLA)
	RDSTLS   Security = 4      // with a ticket of a broker
	HybridEx Security = 8      // CredSSP with a word more
	AAD      Security = 0x0010 // with a ticket of Entra ID
)

// String is the way as people call it; of a set the first.
func (s Security) String() string {
	switch {
	case s == Standard:
		return "rdp"
	case s&TLS != 0:
		return "tls"
	case s&Hybrid != 0:
		return "credssp"
	case s&HybridEx != 0:
		return "credssp-ex"
	case s&RDSTLS != 0:
		return "rdstls"
	case s&AAD != 0:
		return "aad"
	}
	return "unknown"
}

// Request asks for a connection that is secured in one of the ways, 19 bytes.
func Request(s Security) []byte {
	b := []byte{
		3, 0, 0, 19, // TPKT, RFC 1006
		14, 0xe0, 0, 0, 0, 0, 0, // X.224 connection request
		1, 0, 8, 0,
	}
	return binary.LittleEndian.AppendUint32(b, uint32(s))
}

// Header is the size of what stands before each packet.
const Header = 4

// Length takes the length of a packet with its header out of the header; ok is
// false when it is none of RFC 1006.
func Length(b [Header]byte) (n int, ok bool) {
	n = int(binary.BigEndian.Uint16(b[2:]))
	return n, b[0] == 3 && b[1] == 0 && n >= 11
}

// Confirmed is the answer to Request.
type Confirmed struct {
	Negotiates bool // it knows of more than RDP's own security
	Chosen     Security
	Failure    uint32 // why it refuses, 0 when it does not
	Flags      byte
}

// The failures (MS-RDPBCGR section 2.2.1.2.2).
const (
	FailureTLSRequired    = 1
	FailureTLSNotAllowed  = 2
	FailureNoCertificate  = 3
	FailureFlags          = 4
	FailureHybridRequired = 5
	FailureUserTLS        = 6
)

// The flags of an answer that restrict what an administrator sends
// (MS-RDPBCGR section 2.2.1.2.1).
const (
	FlagRestrictedAdmin = 0x08
	FlagRemoteGuard     = 0x10
)

// ParseConfirm decodes the answer to Request, header included.
func ParseConfirm(b []byte) (Confirmed, error) {
	const fixed = 11
	if len(b) < fixed {
		return Confirmed{}, ErrFormat
	}
	if n, ok := Length([Header]byte(b)); !ok || n != len(b) || b[5] != 0xd0 {
		return Confirmed{}, ErrFormat
	}
	rest := b[fixed:]
	if len(rest) < 8 || binary.LittleEndian.Uint16(rest[2:]) != 8 {
		return Confirmed{}, nil
	}
	value := binary.LittleEndian.Uint32(rest[4:])
	switch rest[0] {
	case 2:
		return Confirmed{Negotiates: true, Chosen: Security(value), Flags: rest[1]}, nil
	case 3:
		return Confirmed{Negotiates: true, Failure: value}, nil
	}
	return Confirmed{}, nil
}

// Credentials is the first message of CredSSP, with the first one of NTLM in
// it: what the server answers says who it is.
func Credentials(token []byte) []byte {
	der := func(tag byte, content []byte) []byte { return append([]byte{tag, byte(len(content))}, content...) }
	tokens := der(0xa1, der(0x30, der(0x30, der(0xa0, der(0x04, token)))))
	return der(0x30, append([]byte{0xa0, 3, 2, 1, 6}, tokens...))
}
