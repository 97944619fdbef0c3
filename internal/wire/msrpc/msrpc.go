// Package msrpc encodes and decodes what it takes to have an endpoint mapper
// tell what it knows: a bind, the lookup and its answers, of DCE RPC over a
// connection and over datagrams (C706, MS-RPCE). Bytes in, structs out: no
// I/O, no clock.
package msrpc

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
)

// ErrFormat is the cause when bytes are no message of the kind wanted.
var ErrFormat = errors.New("no message of DCE RPC")

// UUID names an interface or an object, in the order of its text.
type UUID [16]byte

// String is the UUID as people write it.
func (u UUID) String() string {
	const plain = "00000000-0000-0000-0000-000000000000"
	b := []byte(plain)
	hex.Encode(b, u[:4])
	hex.Encode(b[9:], u[4:6])
	hex.Encode(b[14:], u[6:8])
	hex.Encode(b[19:], u[8:10])
	hex.Encode(b[24:], u[10:])
	return string(b)
}

// ParseUUID reads a UUID as people write it, with or without braces.
func ParseUUID(s string) (UUID, error) {
	var u UUID
	plain := strings.ReplaceAll(strings.Trim(s, "{}"), "-", "")
	if len(plain) != 32 {
		return u, fmt.Errorf("%q is no UUID: write it as e1af8308-5d1f-11c9-91a4-08002b14a0fa", s)
	}
	if _, err := hex.Decode(u[:], []byte(plain)); err != nil {
		return u, fmt.Errorf("%q is no UUID: write it as e1af8308-5d1f-11c9-91a4-08002b14a0fa", s)
	}
	return u, nil
}

// mixed turns a UUID from the order of its text into that of the wire, whose
// first three fields begin with the low byte, and back.
func (u UUID) mixed() UUID {
	u[0], u[1], u[2], u[3] = u[3], u[2], u[1], u[0]
	u[4], u[5] = u[5], u[4]
	u[6], u[7] = u[7], u[6]
	return u
}

// Mapper is the interface of the endpoint mapper, version 3.
var Mapper = UUID{0xe1, 0xaf, 0x83, 0x08, 0x5d, 0x1f, 0x11, 0xc9, 0x91, 0xa4, 0x08, 0x00, 0x2b, 0x14, 0xa0, 0xfa}

// transfer is the encoding NDR, version 2.
var transfer = UUID{0x8a, 0x88, 0x5d, 0x04, 0x1c, 0xeb, 0x11, 0xc9, 0x9f, 0xe8, 0x08, 0x00, 0x2b, 0x10, 0x48, 0x60}

// The kinds of packet (C706 section 12.6.3).
const (
	KindResponse = 2
	KindFault    = 3
	KindBindAck  = 12
	KindBindNak  = 13
	kindRequest  = 0
	kindBind     = 11
)

// Header is the size of what stands before each packet on a connection.
const Header = 16

// The operations of the mapper (C706 appendix O).
const (
	opLookup = 2
	opFree   = 4
)

// appendHeader adds the header of a packet that is whole (C706 section 12.6.3.1).
func appendHeader(b []byte, kind byte, call uint32) []byte {
	b = append(b, 5, 0, kind, 3, 0x10, 0, 0, 0, 0, 0, 0, 0)
	return binary.LittleEndian.AppendUint32(b, call)
}

// sized writes the length of a packet into its header.
func sized(b []byte) []byte {
	binary.LittleEndian.PutUint16(b[8:], uint16(len(b)))
	return b
}

// Bind asks for the endpoint mapper.
func Bind() []byte {
	b := appendHeader(nil, kindBind, 1)
	b = append(b, 0xd0, 0x16, 0xd0, 0x16, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1, 0)
	mapper, ndr := Mapper.mixed(), transfer.mixed()
	b = append(append(b, mapper[:]...), 3, 0, 0, 0)
	return sized(append(append(b, ndr[:]...), 2, 0, 0, 0))
}

// Packet is one packet of a connection.
type Packet struct {
	Kind   byte
	Last   bool // of its message
	Call   uint32
	Status uint32 // of a fault
	Body   []byte // what a response carries
}

// Length takes the length of a packet out of its header; ok is false when it
// is none of this protocol.
func Length(b [Header]byte) (n int, ok bool) {
	if b[0] != 5 || b[1] > 1 {
		return 0, false
	}
	n = int(order(b[4]).Uint16(b[8:]))
	return n, n >= Header
}

// order is the byte order that the sender says it has.
func order(representation byte) binary.ByteOrder {
	if representation&0xf0 == 0 {
		return binary.BigEndian
	}
	return binary.LittleEndian
}

// Parse decodes a packet. Only servers with the low byte first are read beyond
// the header; there are no others that map endpoints.
func Parse(b []byte) (Packet, error) {
	if len(b) < Header {
		return Packet{}, ErrFormat
	}
	if n, ok := Length([Header]byte(b)); !ok || n != len(b) || b[4]&0xf0 != 0x10 {
		return Packet{}, ErrFormat
	}
	p := Packet{Kind: b[2], Last: b[3]&2 != 0, Call: binary.LittleEndian.Uint32(b[12:])}
	switch p.Kind {
	case KindResponse:
		if len(b) < Header+8 {
			return Packet{}, ErrFormat
		}
		end := len(b) - int(binary.LittleEndian.Uint16(b[10:]))
		if end < Header+8 {
			return Packet{}, ErrFormat
		}
		p.Body = b[Header+8 : end]
	case KindFault:
		if len(b) < Header+12 {
			return Packet{}, ErrFormat
		}
		p.Status = binary.LittleEndian.Uint32(b[Header+8:])
	case KindBindAck:
		p.Body = b[Header:]
	}
	return p, nil
}

// Accepted reports whether the body of a bind's answer accepts the interface
// (C706 section 12.6.4.4).
func Accepted(body []byte) bool {
	const fixed = 8
	if len(body) < fixed+2 {
		return false
	}
	at := fixed + 2 + int(binary.LittleEndian.Uint16(body[fixed:]))
	at = (at + 3) &^ 3
	return at+6 <= len(body) && body[at] > 0 && binary.LittleEndian.Uint16(body[at+4:]) == 0
}

// Handle is where a lookup stands: zeros at the beginning and at the end.
type Handle [20]byte

// Lookup asks for the next endpoints, at most as many as given.
func Lookup(call uint32, at Handle, most uint32) []byte {
	return request(call, opLookup, lookup(at, most))
}

// lookup is the body of the question for all endpoints: no object, no
// interface, all versions (C706 appendix O, ept_lookup).
func lookup(at Handle, most uint32) []byte {
	b := make([]byte, 16, 64)
	binary.LittleEndian.PutUint32(b[12:], 1) // versions
	b = append(b, at[:]...)
	return binary.LittleEndian.AppendUint32(b, most)
}

// Free ends a lookup before its end.
func Free(call uint32, at Handle) []byte { return request(call, opFree, at[:]) }

func request(call uint32, operation uint16, body []byte) []byte {
	b := appendHeader(nil, kindRequest, call)
	b = binary.LittleEndian.AppendUint32(b, uint32(len(body)))
	b = append(b, 0, 0)
	b = binary.LittleEndian.AppendUint16(b, operation)
	return sized(append(b, body...))
}
