package probe

import (
	"bytes"
	"encoding/binary"

	"sekisho/internal/exposure"
)

func init() {
	for _, p := range []struct {
		name  string
		hello func(nonce uint64) []byte
		match func(hello, reply []byte) bool
	}{{"ikev1", ikev1Hello, ikev1Replies}, {"ikev2", ikev2Hello, ikev2Replies}} {
		register(Probe{Name: p.name, Transport: exposure.UDP, Ports: []uint16{500}, Hello: p.hello, Match: p.match})
		register(Probe{
			Name: p.name + "-nat-t", Transport: exposure.UDP, Ports: []uint16{4500},
			Hello: func(nonce uint64) []byte { return append(bytes.Clone(ikeMarker), p.hello(nonce)...) },
			Match: func(hello, reply []byte) bool {
				asked, ok := bytes.CutPrefix(hello, ikeMarker)
				said, replied := bytes.CutPrefix(reply, ikeMarker)
				return ok && replied && p.match(asked, said)
			},
		})
	}
}

// ikeMarker stands before IKE where ESP shares its port (RFC 3948 section 2.2).
var ikeMarker = make([]byte, 4)

const (
	ikeHeader = 28
	ikeSPI    = 8 // of either side; a cookie in version 1

	ikeSA    = 1  // payload of version 1
	ike2SA   = 33 // payloads of version 2
	ike2KE   = 34
	ike2Ni   = 40
	ikeMain  = 2 // exchanges
	ikeInfo  = 5
	ike2Init = 34
)

// ikeMessage puts the header before payloads, the first of which is named.
func ikeMessage(nonce uint64, first, version, exchange, flags byte, payloads []byte) []byte {
	b := binary.BigEndian.AppendUint64(nil, nonce)
	b = append(b, make([]byte, ikeSPI)...)
	b = append(b, first, version, exchange, flags, 0, 0, 0, 0)
	b = binary.BigEndian.AppendUint32(b, uint32(ikeHeader+len(payloads)))
	return append(b, payloads...)
}

// ikePayload is one payload, or a part of one that has the same header.
func ikePayload(next byte, body []byte) []byte {
	b := binary.BigEndian.AppendUint16([]byte{next, 0}, uint16(4+len(body)))
	return append(b, body...)
}

// ike2Transforms are what most servers can agree to: AES-CBC with keys of 256
// and 128 bits, 3DES, SHA-2 and SHA-1, and the groups 31, 19, 14 and 2.
var ike2Transforms = [][]byte{
	{1, 0, 0, 12, 0x80, 14, 1, 0},
	{1, 0, 0, 12, 0x80, 14, 0, 128},
	{1, 0, 0, 3},
	{2, 0, 0, 5},
	{2, 0, 0, 2},
	{3, 0, 0, 12},
	{3, 0, 0, 2},
	{4, 0, 0, 31},
	{4, 0, 0, 19},
	{4, 0, 0, 14},
	{4, 0, 0, 2},
}

// ikev2Hello begins an exchange (RFC 7296 section 1.2). A server answers with
// its choice, or that it wants another group or none of this (section 2.21.1).
// It goes no further: nobody is named and no key comes about.
func ikev2Hello(nonce uint64) []byte {
	var transforms []byte
	for i, t := range ike2Transforms {
		more := byte(3)
		if i == len(ike2Transforms)-1 {
			more = 0
		}
		transforms = append(transforms, ikePayload(more, t)...)
	}
	proposal := ikePayload(0, append([]byte{1, 1, 0, byte(len(ike2Transforms))}, transforms...))
	payloads := ikePayload(ike2KE, proposal)
	payloads = append(payloads, ikePayload(ike2Ni, append([]byte{0, 31, 0, 0}, noise(nonce, 32)...))...)
	payloads = append(payloads, ikePayload(0, noise(nonce+1, 32))...)
	return ikeMessage(nonce, ike2SA, 0x20, ike2Init, 0x08, payloads)
}

// ikev2Replies wants a response of the same initiator's SPI (section 3.1).
func ikev2Replies(hello, b []byte) bool {
	return ikeFits(hello, b) && b[17]>>4 == 2 && b[18] == ike2Init && b[19]&0x28 == 0x20
}

// ikev1Transforms are the offers of version 1, each cipher, hash, way to prove
// and group (RFC 2409 appendix A): AES-256 and AES-128 with SHA-1 in group 14,
// AES-128 and 3DES with SHA-1 in group 2, by shared key and by certificate.
var ikev1Transforms = func() (list [][]byte) {
	for _, t := range [][]byte{{7, 2, 14, 1}, {7, 2, 14, 0}, {7, 2, 2, 0}, {5, 2, 2, 0}} {
		for _, proof := range []byte{1, 3} {
			b := []byte{0x80, 1, 0, t[0], 0x80, 2, 0, t[1], 0x80, 3, 0, proof, 0x80, 4, 0, t[2], 0x80, 11, 0, 1, 0x80, 12, 0x70, 0x80}
			if t[0] == 7 {
				b = append(b, 0x80, 14, t[3], byte(128*(1-int(t[3]))))
			}
			list = append(list, b)
		}
	}
	return list
}()

// ikev1Hello is the first message of main mode, which proposes and names nobody
// (RFC 2409 section 5, RFC 2408 section 3.4).
func ikev1Hello(nonce uint64) []byte {
	var transforms []byte
	for i, t := range ikev1Transforms {
		more := byte(3)
		if i == len(ikev1Transforms)-1 {
			more = 0
		}
		transforms = append(transforms, ikePayload(more, append([]byte{byte(i + 1), 1, 0, 0}, t...))...)
	}
	proposal := ikePayload(0, append([]byte{1, 1, 0, byte(len(ikev1Transforms))}, transforms...))
	sa := ikePayload(0, append([]byte{0, 0, 0, 1, 0, 0, 0, 1}, proposal...))
	return ikeMessage(nonce, ikeSA, 0x10, ikeMain, 0, sa)
}

// ikev1Replies wants the responder's cookie, or a notification that it will not.
func ikev1Replies(hello, b []byte) bool {
	return ikeFits(hello, b) && b[17]>>4 == 1 &&
		(b[18] == ikeMain && !bytes.Equal(b[ikeSPI:2*ikeSPI], hello[ikeSPI:2*ikeSPI]) || b[18] == ikeInfo)
}

// ikeFits reports whether a message is whole and of the initiator of another.
func ikeFits(hello, b []byte) bool {
	return len(hello) >= ikeHeader && len(b) >= ikeHeader && bytes.Equal(b[:ikeSPI], hello[:ikeSPI]) &&
		uint64(binary.BigEndian.Uint32(b[24:])) == uint64(len(b))
}
