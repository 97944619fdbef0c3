// Package coap reads and writes messages of the Constrained Application
// Protocol (RFC 7252) as far as it takes to ask a server what it has.
package coap

import (
	"encoding/binary"
	"errors"
)

// Kinds of messages (RFC 7252 section 3).
const (
	Confirmable     = 0
	NonConfirmable  = 1
	Acknowledgement = 2
	Reset           = 3
)

// Codes (RFC 7252 section 12.1): a class of three bits, a detail of five.
const (
	Get          = 0x01 // 0.01
	Content      = 0x45 // 2.05
	Unauthorized = 0x81 // 4.01
	Forbidden    = 0x83 // 4.03
	NotFound     = 0x84 // 4.04
)

// Options (RFC 7252 section 12.2, RFC 7959 section 6).
const (
	optionPath  = 11
	optionBlock = 23
)

// blockSize is the exponent of the size of the blocks that are asked for: 2 to
// the power of it and 4, 256 bytes (RFC 7959 section 2.2). Small ones bring no
// more back than must be.
const blockSize = 4

// BlockSize is how many bytes a block has, but for the last.
const BlockSize = 1 << (blockSize + 4)

// Message is one message.
type Message struct {
	Kind    byte
	Code    byte
	ID      uint16
	Token   []byte
	Payload []byte
	Block   int  // number of the block that the payload is, 0 when there is one only
	More    bool // more blocks follow
}

// Request is a confirmable GET of a block of what lies at a path.
func Request(id uint16, token [4]byte, block int, path ...string) []byte {
	b := binary.BigEndian.AppendUint16([]byte{1<<6 | Confirmable<<4 | byte(len(token)), Get}, id)
	b = append(b, token[:]...)
	last := 0
	for _, part := range path {
		b = appendOption(b, optionPath-last, []byte(part))
		last = optionPath
	}
	value := []byte{byte(block<<4 | blockSize)}
	if block > 0xf {
		value = binary.BigEndian.AppendUint16(nil, uint16(block<<4|blockSize))
	}
	return appendOption(b, optionBlock-last, value)
}

// appendOption writes an option that stands delta after the last (section 3.1).
// No value of ours is longer than 268 bytes.
func appendOption(b []byte, delta int, value []byte) []byte {
	head, more := byte(delta), []byte(nil)
	if delta > 12 {
		head, more = 13, []byte{byte(delta - 13)}
	}
	if n := len(value); n > 12 {
		return append(append(append(append(b, head<<4|13), more...), byte(n-13)), value...)
	}
	return append(append(append(b, head<<4|byte(len(value))), more...), value...)
}

// ErrMessage is what Parse returns for what is no message.
var ErrMessage = errors.New("no CoAP message")

// Parse reads a message. An error names what breaks RFC 7252 section 3.
func Parse(b []byte) (Message, error) {
	const header = 4
	if len(b) < header || b[0]>>6 != 1 || b[0]&0xf > 8 || len(b) < header+int(b[0]&0xf) {
		return Message{}, ErrMessage
	}
	m := Message{Kind: b[0] >> 4 & 3, Code: b[1], ID: binary.BigEndian.Uint16(b[2:]), Token: b[header : header+int(b[0]&0xf)]}
	for rest, number := b[header+len(m.Token):], 0; len(rest) > 0; {
		if rest[0] == 0xff {
			if len(rest) == 1 {
				return Message{}, ErrMessage
			}
			m.Payload = rest[1:]
			break
		}
		delta, length := int(rest[0]>>4), int(rest[0]&0xf)
		rest = rest[1:]
		var ok bool
		if delta, rest, ok = extended(delta, rest); !ok {
			return Message{}, ErrMessage
		}
		if length, rest, ok = extended(length, rest); !ok || length > len(rest) {
			return Message{}, ErrMessage
		}
		if number += delta; number == optionBlock && length <= 3 {
			value := 0
			for _, c := range rest[:length] {
				value = value<<8 | int(c)
			}
			m.Block, m.More = value>>4, value&8 != 0
		}
		rest = rest[length:]
	}
	return m, nil
}

// extended reads what does not fit into four bits.
func extended(n int, rest []byte) (value int, after []byte, ok bool) {
	switch {
	case n < 13:
		return n, rest, true
	case n == 13 && len(rest) >= 1:
		return int(rest[0]) + 13, rest[1:], true
	case n == 14 && len(rest) >= 2:
		return int(binary.BigEndian.Uint16(rest)) + 269, rest[2:], true
	}
	return 0, nil, false
}
