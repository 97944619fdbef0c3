package msrpc

import (
	"bytes"
	"encoding/binary"
)

// The connectionless protocol (C706 section 12.5).
const (
	datagramHeader = 80
	atActivity     = 40
	atSequence     = 64
	kindReject     = 6
)

// The flags of a datagram: the call may be repeated; a fragment is not the last
// of more.
const (
	flagIdempotent = 0x20
	flagFragment   = 0x04
	flagLast       = 0x02
)

// DatagramLookup is Lookup as a datagram. The activity is a number of the
// caller's, of 16 bytes, and the call its number in that.
func DatagramLookup(activity []byte, call uint32, at Handle, most uint32) []byte {
	body := lookup(at, most)
	b := make([]byte, datagramHeader, datagramHeader+len(body))
	b[0], b[1], b[2], b[4] = 4, kindRequest, flagIdempotent, 0x10
	mapper := Mapper.mixed()
	copy(b[24:], mapper[:])
	copy(b[atActivity:atActivity+16], activity)
	binary.LittleEndian.PutUint32(b[60:], 3)
	binary.LittleEndian.PutUint32(b[atSequence:], call)
	binary.LittleEndian.PutUint16(b[68:], opLookup)
	b[70], b[71], b[72], b[73] = 0xff, 0xff, 0xff, 0xff // no hints
	binary.LittleEndian.PutUint16(b[74:], uint16(len(body)))
	return append(b, body...)
}

// ParseDatagram decodes the answer to a request in one datagram: a response, or
// a fault or a rejection with its status, which then is of KindFault.
func ParseDatagram(b, request []byte) (Packet, error) {
	if len(b) < datagramHeader || len(request) < datagramHeader || b[0] != 4 || b[4]&0xf0 != 0x10 ||
		!bytes.Equal(b[atActivity:atActivity+16], request[atActivity:atActivity+16]) ||
		!bytes.Equal(b[atSequence:atSequence+4], request[atSequence:atSequence+4]) {
		return Packet{}, ErrFormat
	}
	body := b[datagramHeader:]
	size := int(binary.LittleEndian.Uint16(b[74:]))
	switch kind := b[1] & 0x1f; {
	case kind == KindResponse && size <= len(body) && (b[2]&flagFragment == 0 || b[2]&flagLast != 0):
		return Packet{Kind: KindResponse, Last: true, Body: body[:size]}, nil
	case (kind == KindFault || kind == kindReject) && len(body) >= 4:
		return Packet{Kind: KindFault, Last: true, Status: binary.LittleEndian.Uint32(body)}, nil
	}
	return Packet{}, ErrFormat
}
