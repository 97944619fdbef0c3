// Package tftp reads and writes the packets of TFTP (RFC 1350) that reading a
// file needs.
package tftp

import (
	"bytes"
	"encoding/binary"
	"errors"
)

// The kinds of packet (RFC 1350 section 5).
const (
	Read        = 1
	Data        = 3
	Acknowledge = 4
	Error       = 5
)

// BlockSize is what a block of a file has, in bytes. One that has less is the
// last (section 6).
const BlockSize = 512

// The error codes that mean something to a reader (RFC 1350, appendix I).
const (
	NotDefined   = 0
	NotFound     = 1
	AccessDenied = 2
)

// ErrPacket is a packet that is none of those that a server sends to a reader.
var ErrPacket = errors.New("no packet of tftp")

// Packet is what a server sends to a reader: a block, or an error.
type Packet struct {
	Kind    uint16
	Block   uint16 // of Data
	Data    []byte // of Data
	Code    uint16 // of Error
	Message []byte // of Error, as it came
}

// ReadRequest asks for a file as it is.
func ReadRequest(file string) []byte {
	return append(append([]byte{0, Read}, file...), "\x00octet\x00"...)
}

// Ack acknowledges a block.
func Ack(block uint16) []byte { return binary.BigEndian.AppendUint16([]byte{0, Acknowledge}, block) }

// Abort ends a transfer, which would otherwise be repeated for a while.
func Abort(why string) []byte { return append(append([]byte{0, Error, 0, NotDefined}, why...), 0) }

// Parse reads a packet of a server. The message of an error ends in a zero,
// which few leave out.
func Parse(b []byte) (Packet, error) {
	if len(b) < 4 {
		return Packet{}, ErrPacket
	}
	p := Packet{Kind: binary.BigEndian.Uint16(b)}
	second, rest := binary.BigEndian.Uint16(b[2:]), b[4:]
	switch p.Kind {
	case Data:
		if len(rest) > BlockSize {
			return Packet{}, ErrPacket
		}
		p.Block, p.Data = second, rest
	case Error:
		if second > 8 { // RFC 2347 knows 8
			return Packet{}, ErrPacket
		}
		p.Code = second
		p.Message, _, _ = bytes.Cut(rest, []byte{0})
	default:
		return Packet{}, ErrPacket
	}
	return p, nil
}
