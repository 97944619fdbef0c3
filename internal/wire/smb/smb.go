// Package smb encodes and decodes the first two exchanges of Windows file
// sharing: the negotiation of a dialect and the session setup up to the
// server's challenge (MS-SMB2, MS-CIFS, MS-SMB). Nothing here logs in. Bytes
// in, structs out: no I/O, no clock.
package smb

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// ErrFormat is the cause when bytes are no message of the kind wanted.
var ErrFormat = errors.New("no message of SMB")

// Dialect is a version of SMB 2 and 3 as it stands on the wire.
type Dialect uint16

// The dialects.
const (
	SMB202  Dialect = 0x0202
	SMB210  Dialect = 0x0210
	SMB300  Dialect = 0x0300
	SMB302  Dialect = 0x0302
	SMB311  Dialect = 0x0311
	anySMB2 Dialect = 0x02ff // answers SMB 1's question; another negotiation follows
)

// Dialects are all of them, the oldest first.
func Dialects() []Dialect { return []Dialect{SMB202, SMB210, SMB300, SMB302, SMB311} }

// String is the dialect as people write it: 3.1.1.
func (d Dialect) String() string {
	if d&15 == 0 {
		return fmt.Sprintf("%d.%d", d>>8, d>>4&15)
	}
	return fmt.Sprintf("%d.%d.%d", d>>8, d>>4&15, d&15)
}

// The commands that are sent (MS-SMB2 section 2.2.1.2).
const (
	commandNegotiate = 0
	commandSetup     = 1
)

// Status words (MS-ERREF section 2.3) that an answer may bear here.
const (
	StatusOK           = 0x00000000
	StatusMore         = 0xc0000016 // the challenge is inside
	StatusNotSupported = 0xc00000bb // no dialect in common
)

const header2 = 64

// append2 adds the header of an SMB 2 request (MS-SMB2 section 2.2.1.2).
func append2(b []byte, command uint16, message uint64) []byte {
	b = append(b, 0xfe, 'S', 'M', 'B', header2, 0)
	b = append(b, make([]byte, header2-6)...)
	binary.LittleEndian.PutUint16(b[12:], command)
	binary.LittleEndian.PutUint16(b[14:], 31) // credits asked for
	binary.LittleEndian.PutUint64(b[24:], message)
	return b
}

// The bits of the security mode.
const (
	modeSigning  = 0x0001
	modeRequired = 0x0002
)

// The capabilities (MS-SMB2 section 2.2.3).
const (
	capEncryption = 0x00000040
	capabilities  = 0x0000007f
)

// Kinds of negotiate context (MS-SMB2 section 2.2.3.1).
const (
	contextIntegrity   = 1
	contextEncryption  = 2
	contextCompression = 3
	contextSigning     = 8
)

// Negotiate asks for one of the dialects (MS-SMB2 section 2.2.3). The client
// is a number of the caller's.
func Negotiate(dialects []Dialect, client [16]byte) []byte {
	b := append2(make([]byte, 0, 256), commandNegotiate, 0)
	b = binary.LittleEndian.AppendUint16(b, 36)
	b = binary.LittleEndian.AppendUint16(b, uint16(len(dialects)))
	b = binary.LittleEndian.AppendUint16(b, modeSigning)
	b = append(b, 0, 0)
	b = binary.LittleEndian.AppendUint32(b, capabilities)
	b = append(b, client[:]...)
	contexts := len(b)
	b = append(b, make([]byte, 8)...)
	newest := Dialect(0)
	for _, d := range dialects {
		b = binary.LittleEndian.AppendUint16(b, uint16(d))
		newest = max(newest, d)
	}
	if newest < SMB311 {
		return b
	}
	b = pad(b)
	binary.LittleEndian.PutUint32(b[contexts:], uint32(len(b)))
	binary.LittleEndian.PutUint16(b[contexts+4:], 4)
	// SHA-512, and as its salt the number of the caller's.
	b = appendContext(b, contextIntegrity, append([]byte{1, 0, 16, 0, 1, 0}, client[:]...))
	// AES-256-GCM, AES-128-GCM, AES-256-CCM, AES-128-CCM.
	b = appendContext(b, contextEncryption, []byte{4, 0, 4, 0, 2, 0, 3, 0, 1, 0})
	// LZ77, LZ77 with Huffman, LZNT1.
	b = appendContext(b, contextCompression, []byte{3, 0, 0, 0, 0, 0, 0, 0, 2, 0, 3, 0, 1, 0})
	// AES-GMAC, AES-CMAC, HMAC-SHA256.
	return appendContext(b, contextSigning, []byte{3, 0, 2, 0, 1, 0, 0, 0})
}

func appendContext(b []byte, kind uint16, data []byte) []byte {
	b = pad(b)
	b = binary.LittleEndian.AppendUint16(b, kind)
	b = binary.LittleEndian.AppendUint16(b, uint16(len(data)))
	b = append(b, 0, 0, 0, 0)
	return append(b, data...)
}

func pad(b []byte) []byte {
	for len(b)%8 != 0 {
		b = append(b, 0)
	}
	return b
}

// Negotiated is what a server answers to Negotiate.
type Negotiated struct {
	Status     uint32
	Dialect    Dialect
	Signing    bool
	Required   bool // of everybody, to sign
	Encryption bool
	Cipher     string // AES-256-GCM, empty when none was agreed on
	SignedBy   string // AES-GMAC, empty when none was agreed on
	Compresses bool
	Server     [16]byte
	SystemTime uint64 // as Windows counts, see package ntlm
	StartTime  uint64 // when the server started, 0 when it does not tell
}

// message2 takes an SMB 2 response apart: its status and its body.
func message2(b []byte, command uint16) (status uint32, body []byte, err error) {
	if len(b) < header2 || b[0] != 0xfe || string(b[1:4]) != "SMB" || binary.LittleEndian.Uint16(b[12:]) != command || b[16]&1 == 0 {
		return 0, nil, ErrFormat
	}
	return binary.LittleEndian.Uint32(b[8:]), b[header2:], nil
}

var ciphers = map[uint16]string{1: "AES-128-CCM", 2: "AES-128-GCM", 3: "AES-256-CCM", 4: "AES-256-GCM"}

var signings = map[uint16]string{0: "HMAC-SHA256", 1: "AES-CMAC", 2: "AES-GMAC"}

// ParseNegotiated decodes the answer to Negotiate (MS-SMB2 section 2.2.4). A
// server that refuses every dialect says so by the status.
func ParseNegotiated(b []byte) (Negotiated, error) {
	status, body, err := message2(b, commandNegotiate)
	if err != nil || status != StatusOK {
		return Negotiated{Status: status}, err
	}
	if len(body) < 64 {
		return Negotiated{}, ErrFormat
	}
	mode := binary.LittleEndian.Uint16(body[2:])
	caps := binary.LittleEndian.Uint32(body[24:])
	n := Negotiated{
		Dialect: Dialect(binary.LittleEndian.Uint16(body[4:])),
		Signing: mode&modeSigning != 0, Required: mode&modeRequired != 0,
		Encryption: caps&capEncryption != 0,
		Server:     [16]byte(body[8:24]),
		SystemTime: binary.LittleEndian.Uint64(body[40:]), StartTime: binary.LittleEndian.Uint64(body[48:]),
	}
	if n.Dialect == SMB311 {
		n.contexts(b, int(binary.LittleEndian.Uint32(body[60:])), int(binary.LittleEndian.Uint16(body[6:])))
	}
	return n, nil
}

// maxContexts bounds what is read of the contexts; six kinds exist.
const maxContexts = 16

// contexts reads what was agreed on beside the dialect (MS-SMB2 section
// 2.2.4.1).
func (n *Negotiated) contexts(b []byte, at, count int) {
	for range min(count, maxContexts) {
		if at < header2 || at > len(b)-8 {
			return
		}
		kind, size := binary.LittleEndian.Uint16(b[at:]), int(binary.LittleEndian.Uint16(b[at+2:]))
		data := b[at+8:]
		if size > len(data) {
			return
		}
		data = data[:size]
		chosen := uint16(0)
		if len(data) >= 4 {
			chosen = binary.LittleEndian.Uint16(data[2:])
		}
		switch {
		case len(data) < 4:
		case kind == contextEncryption:
			n.Cipher = ciphers[chosen]
			n.Encryption = n.Encryption || n.Cipher != ""
		case kind == contextSigning:
			n.SignedBy = signings[chosen]
		case kind == contextCompression:
			n.Compresses = len(data) >= 10 && binary.LittleEndian.Uint16(data[8:]) != 0
		}
		at += (8 + size + 7) &^ 7
	}
}

// Setup asks for a session and brings the first message of a log-in, for the
// sake of what the server answers to it (MS-SMB2 section 2.2.5).
func Setup(token []byte) []byte {
	b := append2(make([]byte, 0, header2+24+len(token)), commandSetup, 1)
	b = binary.LittleEndian.AppendUint16(b, 25)
	b = append(b, 0, modeSigning)
	b = append(b, make([]byte, 8)...)
	b = binary.LittleEndian.AppendUint16(b, header2+24)
	b = binary.LittleEndian.AppendUint16(b, uint16(len(token)))
	b = append(b, make([]byte, 8)...)
	return append(b, token...)
}

// ParseSetup returns the status of the answer to Setup and the token in it.
func ParseSetup(b []byte) (status uint32, token []byte, err error) {
	status, body, err := message2(b, commandSetup)
	if err != nil || len(body) < 8 {
		return status, nil, errors.Join(err)
	}
	at, size := int(binary.LittleEndian.Uint16(body[4:])), int(binary.LittleEndian.Uint16(body[6:]))
	if at < header2 || at > len(b) || size > len(b)-at {
		return status, nil, ErrFormat
	}
	return status, b[at : at+size], nil
}
