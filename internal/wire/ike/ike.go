// Package ike reads and writes the first messages of the Internet Key Exchange,
// version 2 (RFC 7296) and version 1 (RFC 2408, RFC 2409): what two sides tell
// each other before either has named itself.
package ike

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
)

// The parts of the header (RFC 7296 section 3.1, RFC 2408 section 3.1).
const (
	headerSize = 28
	spiSize    = 8 // of either side; a cookie in version 1

	version1 = 0x10
	version2 = 0x20

	exchangeMain       = 2
	exchangeAggressive = 4
	exchangeInfo       = 5
	exchangeInit       = 34
)

// The payloads (RFC 7296 section 3.2, RFC 2408 section 3.1).
const (
	sa1, ke1, id1, nonce1, notify1, vendor1 = 1, 4, 5, 10, 11, 13
	sa2, ke2, nonce2, notify2, vendor2      = 33, 34, 40, 41, 43
)

// The notifications that answer a first message (RFC 7296 section 3.10.1). The
// first has the same number in version 1.
const (
	NoProposalChosen = 14
	InvalidKE        = 17 // of version 2, with the group that it wants
)

// Marker stands before IKE where ESP shares its port (RFC 3948 section 2.2).
var Marker = make([]byte, 4)

// message puts the header before payloads, the first of which is named.
func message(spi uint64, first, version, exchange, flags byte, payloads []byte) []byte {
	b := binary.BigEndian.AppendUint64(nil, spi)
	b = append(b, make([]byte, spiSize)...)
	b = append(b, first, version, exchange, flags, 0, 0, 0, 0)
	b = binary.BigEndian.AppendUint32(b, uint32(headerSize+len(payloads)))
	return append(b, payloads...)
}

// payload is one payload, or a part of one that has the same header.
func payload(next byte, body []byte) []byte {
	b := binary.BigEndian.AppendUint16([]byte{next, 0}, uint16(4+len(body)))
	return append(b, body...)
}

// list is a chain of transforms: each but the last names the one behind it.
func list(transforms [][]byte) (b []byte) {
	for i, t := range transforms {
		more := byte(3)
		if i == len(transforms)-1 {
			more = 0
		}
		b = append(b, payload(more, t)...)
	}
	return b
}

// Init2 is the first message of version 2 (RFC 7296 section 1.2): transforms
// (section 3.3.2) of one proposal, a public value of a group, a nonce.
func Init2(spi uint64, transforms [][]byte, group byte, public, nonce []byte) []byte {
	proposal := payload(0, append([]byte{1, 1, 0, byte(len(transforms))}, list(transforms)...))
	b := payload(ke2, proposal)
	b = append(b, payload(nonce2, append([]byte{0, group, 0, 0}, public...))...)
	b = append(b, payload(0, nonce)...)
	return message(spi, sa2, version2, exchangeInit, 0x08, b)
}

// security1 is the body of a security association of version 1. Its transforms
// are numbered from 1 (RFC 2408 section 3.6).
func security1(transforms [][]byte) []byte {
	numbered := make([][]byte, len(transforms))
	for i, t := range transforms {
		numbered[i] = append([]byte{byte(i + 1), 1, 0, 0}, t...)
	}
	proposal := payload(0, append([]byte{1, 1, 0, byte(len(transforms))}, list(numbered)...))
	return append([]byte{0, 0, 0, 1, 0, 0, 0, 1}, proposal...)
}

// Main1 is the first message of main mode in version 1, which proposes and names
// nobody (RFC 2409 section 5).
func Main1(cookie uint64, transforms [][]byte) []byte {
	return message(cookie, sa1, version1, exchangeMain, 0, payload(0, security1(transforms)))
}

// Aggressive1 is the first message of aggressive mode, which names us before
// anything is agreed on (RFC 2409 section 5).
func Aggressive1(cookie uint64, transforms [][]byte, public, nonce []byte, name string) []byte {
	b := payload(ke1, security1(transforms))
	b = append(b, payload(nonce1, public)...)
	b = append(b, payload(id1, nonce)...)
	b = append(b, payload(0, append([]byte{2, 17, 0, 0}, name...))...) // FQDN, UDP (RFC 2407 section 4.6.2)
	return message(cookie, sa1, version1, exchangeAggressive, 0, b)
}

// fits reports whether a message is whole and of the initiator of another.
func fits(hello, b []byte) bool {
	return len(hello) >= headerSize && len(b) >= headerSize && bytes.Equal(b[:spiSize], hello[:spiSize]) &&
		uint64(binary.BigEndian.Uint32(b[24:])) == uint64(len(b))
}

// Answers2 reports whether a message responds to Init2 (RFC 7296 section 3.1).
func Answers2(hello, b []byte) bool {
	return fits(hello, b) && b[17]>>4 == 2 && b[18] == exchangeInit && b[19]&0x28 == 0x20
}

// Answers1 reports whether a message has the responder's cookie for Main1 or
// Aggressive1, or notifies that it will not.
func Answers1(hello, b []byte) bool {
	return fits(hello, b) && b[17]>>4 == 1 &&
		(b[18] == hello[18] && !bytes.Equal(b[spiSize:2*spiSize], hello[spiSize:2*spiSize]) || b[18] == exchangeInfo)
}

// Message is what an answer told.
type Message struct {
	Transforms []Transform // that it chose; none: it refused
	Notices    []uint16
	Group      uint16 // that it wants instead, with the notice InvalidKE
	Vendors    [][]byte
}

// ErrMessage is a message that is cut short or lies about its lengths.
var ErrMessage = errors.New("broken ike message")

// maxPayloads bounds a chain of payloads, and maxTransforms what is kept of them.
const (
	maxPayloads   = 64
	maxTransforms = 16
)

// Parse reads an answer. What was read before a lie stands beside the error.
func Parse(b []byte) (Message, error) {
	var m Message
	if len(b) < headerSize {
		return m, fmt.Errorf("%w: %d bytes", ErrMessage, len(b))
	}
	next, rest := b[16], b[headerSize:]
	for range maxPayloads {
		if next == 0 {
			return m, nil
		}
		body, more, err := cut(rest)
		if err != nil {
			return m, err
		}
		if err := m.take(next, body); err != nil {
			return m, err
		}
		next, rest = rest[0], more
	}
	return m, fmt.Errorf("%w: more than %d payloads", ErrMessage, maxPayloads)
}

// cut takes one part with the header of a payload from the front.
func cut(b []byte) (body, rest []byte, err error) {
	if len(b) < 4 {
		return nil, nil, fmt.Errorf("%w: a part of %d bytes", ErrMessage, len(b))
	}
	n := int(binary.BigEndian.Uint16(b[2:]))
	if n < 4 || n > len(b) {
		return nil, nil, fmt.Errorf("%w: a part of %d bytes announced, %d left", ErrMessage, n, len(b))
	}
	return b[4:n], b[n:], nil
}

// take reads one payload.
func (m *Message) take(kind byte, body []byte) error {
	switch kind {
	case sa2:
		return m.proposals(body, transform2)
	case sa1:
		if len(body) < 8 {
			return fmt.Errorf("%w: a security association of %d bytes", ErrMessage, len(body))
		}
		return m.proposals(body[8:], transform1)
	case vendor1, vendor2:
		if len(m.Vendors) < maxTransforms {
			m.Vendors = append(m.Vendors, body)
		}
	case notify1, notify2:
		if kind == notify1 {
			if len(body) < 4 {
				return fmt.Errorf("%w: a notice of %d bytes", ErrMessage, len(body))
			}
			body = body[4:] // the domain of interpretation
		}
		if len(body) < 4 || len(body) < 4+int(body[1]) {
			return fmt.Errorf("%w: a notice of %d bytes", ErrMessage, len(body))
		}
		notice, data := binary.BigEndian.Uint16(body[2:]), body[4+int(body[1]):]
		if len(m.Notices) < maxTransforms {
			m.Notices = append(m.Notices, notice)
		}
		if notice == InvalidKE && len(data) >= 2 {
			m.Group = binary.BigEndian.Uint16(data)
		}
	}
	return nil
}

// proposals reads those of a security association: one, in an answer.
func (m *Message) proposals(b []byte, read func([]byte, *Transform)) error {
	for len(b) > 0 {
		body, rest, err := cut(b)
		if err != nil {
			return err
		}
		if len(body) < 4 || len(body) < 4+int(body[2]) {
			return fmt.Errorf("%w: a proposal of %d bytes", ErrMessage, len(body))
		}
		var chosen Transform
		for t := body[4+int(body[2]):]; len(t) > 0; {
			one, more, err := cut(t)
			if err != nil {
				return err
			}
			if len(one) >= 4 {
				read(one, &chosen)
			}
			t = more
		}
		if len(m.Transforms) < maxTransforms {
			m.Transforms = append(m.Transforms, chosen)
		}
		b = rest
	}
	return nil
}
