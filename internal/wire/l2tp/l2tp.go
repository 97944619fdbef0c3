// Package l2tp reads and writes the control messages of L2TP version 2 (RFC
// 2661) with which a tunnel begins.
package l2tp

import (
	"encoding/binary"
	"errors"
	"fmt"
)

const (
	headerSize = 12
	// header begins a control message with a length and sequence numbers (RFC
	// 2661 section 3.1).
	header     = 0xc802
	headerMask = 0xc80f
	valueSize  = 6
	hidden     = 0x4000
	lengthMask = 0x03ff
)

// The messages that begin and end a tunnel (RFC 2661 section 6).
const (
	StartRequest = 1 // SCCRQ
	StartReply   = 2 // SCCRP
	Stop         = 4 // StopCCN
)

// The attributes that are written or read (RFC 2661 section 4.4).
const (
	messageType      = 0
	resultCode       = 1
	protocolVersion  = 2
	framings         = 3
	firmwareRevision = 6
	hostName         = 7
	vendorName       = 8
	assignedTunnel   = 9
	receiveWindow    = 10
)

// ErrMessage is a message that is cut short or lies about its lengths.
var ErrMessage = errors.New("broken l2tp message")

// Hello asks to begin a tunnel, whose number on our side is given and is not 0.
func Hello(tunnel uint16, name string) []byte {
	b := binary.BigEndian.AppendUint16(nil, header)
	b = append(b, make([]byte, headerSize-2)...)
	b = appendValue(b, messageType, 0, StartRequest)
	b = appendValue(b, protocolVersion, 1, 0)
	b = appendValue(b, framings, 0, 0, 0, 3)
	b = appendValue(b, hostName, []byte(name)...)
	b = appendValue(b, assignedTunnel, byte(tunnel>>8), byte(tunnel))
	b = appendValue(b, receiveWindow, 0, 4)
	binary.BigEndian.PutUint16(b[2:], uint16(len(b)))
	return b
}

// appendValue adds one attribute that must be understood (section 4.1).
func appendValue(b []byte, kind byte, value ...byte) []byte {
	return append(append(b, 0x80, byte(valueSize+len(value)), 0, 0, 0, kind), value...)
}

// Answers reports whether a message is one of control for the tunnel of that
// number on our side, and has received our first.
func Answers(tunnel uint16, b []byte) bool {
	return len(b) >= headerSize && binary.BigEndian.Uint16(b)&headerMask == header &&
		int(binary.BigEndian.Uint16(b[2:])) <= len(b) &&
		binary.BigEndian.Uint16(b[4:]) == tunnel && binary.BigEndian.Uint16(b[10:]) == 1
}

// Message is what a control message told.
type Message struct {
	Type     uint16
	Result   uint16 // why a tunnel was ended; 0: it was not
	Firmware uint16 // the vendor's own number; 0: not told
	Host     []byte
	Vendor   []byte
	Tunnel   uint16 // the number on the other side
}

// Parse reads a control message. What was read before a lie stands beside the
// error. An empty message only acknowledges.
func Parse(b []byte) (Message, error) {
	var m Message
	if len(b) < headerSize || binary.BigEndian.Uint16(b)&headerMask != header {
		return m, ErrMessage
	}
	size := int(binary.BigEndian.Uint16(b[2:]))
	if size < headerSize || size > len(b) {
		return m, fmt.Errorf("%w: %d bytes announced, %d came", ErrMessage, size, len(b))
	}
	for b = b[headerSize:size]; len(b) > 0; {
		if len(b) < valueSize {
			return m, fmt.Errorf("%w: an attribute of %d bytes", ErrMessage, len(b))
		}
		flags := binary.BigEndian.Uint16(b)
		n := int(flags & lengthMask)
		if n < valueSize || n > len(b) {
			return m, fmt.Errorf("%w: an attribute of %d bytes announced, %d left", ErrMessage, n, len(b))
		}
		if flags&hidden == 0 && binary.BigEndian.Uint16(b[2:]) == 0 {
			m.set(binary.BigEndian.Uint16(b[4:]), b[valueSize:n])
		}
		b = b[n:]
	}
	return m, nil
}

// set takes one attribute.
func (m *Message) set(kind uint16, value []byte) {
	number := uint16(0)
	if len(value) >= 2 {
		number = binary.BigEndian.Uint16(value)
	}
	switch kind {
	case messageType:
		m.Type = number
	case resultCode:
		m.Result = number
	case firmwareRevision:
		m.Firmware = number
	case hostName:
		m.Host = value
	case vendorName:
		m.Vendor = value
	case assignedTunnel:
		m.Tunnel = number
	}
}
