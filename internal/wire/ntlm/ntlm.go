// Package ntlm asks a server for the challenge with which it would begin an
// NTLM log-in, and reads what stands in it: who the server is. Nothing here
// answers a challenge, so nobody logs in (MS-NLMP sections 2.2.1.1, 2.2.1.2).
package ntlm

import (
	"bytes"
	"encoding/binary"
	"errors"
	"time"
	"unicode/utf16"
)

// ErrFormat is the cause when bytes hold no challenge.
var ErrFormat = errors.New("no challenge of NTLM")

var signature = []byte("NTLMSSP\x00")

// The flags asked for: names in Unicode, the name and the description of the
// server, its version, and what every server wants besides.
const (
	flagUnicode    = 0x00000001
	flagTarget     = 0x00000004
	flagNTLM       = 0x00000200
	flagAlways     = 0x00008000
	flagExtended   = 0x00080000
	flagTargetInfo = 0x00800000
	flagVersion    = 0x02000000
	flag128        = 0x20000000
	flag56         = 0x80000000

	negotiateFlags = flagUnicode | flagTarget | flagNTLM | flagAlways | flagExtended | flagTargetInfo | flagVersion | flag128 | flag56
)

// Negotiate is the first message, 40 bytes. It names nobody.
func Negotiate() []byte {
	b := append(bytes.Clone(signature), 1, 0, 0, 0)
	b = binary.LittleEndian.AppendUint32(b, negotiateFlags)
	b = append(b, make([]byte, 16)...)        // neither domain nor workstation
	return append(b, 6, 1, 0, 0, 0, 0, 0, 15) // a version, which must be one
}

// Wrapped is Negotiate inside the token of SPNEGO (RFC 4178 section 4.2) that
// SMB wants: NTLM is the one mechanism, and this its first message.
func Wrapped() []byte {
	oid := []byte{0x06, 0x0a, 0x2b, 6, 1, 4, 1, 0x82, 0x37, 2, 2, 10}
	token := der(0xa2, der(0x04, Negotiate()))
	inner := der(0x30, append(der(0xa0, der(0x30, oid)), token...))
	spnego := []byte{0x06, 0x06, 0x2b, 6, 1, 5, 5, 2}
	return der(0x60, append(spnego, der(0xa0, inner)...))
}

// der encodes a value of less than 128 bytes, which all of these are.
func der(tag byte, content []byte) []byte { return append([]byte{tag, byte(len(content))}, content...) }

// Challenge is what a server says before it would check a password.
type Challenge struct {
	Target      string // the domain, or the server itself when it is in none
	Computer    string // NetBIOS name
	Domain      string // NetBIOS name
	DNSComputer string
	DNSDomain   string
	DNSForest   string
	Major       uint8
	Minor       uint8
	Build       uint16 // 0 when the server does not tell, as Samba
	Time        time.Time
}

// Kinds of what stands in the description of the server (MS-NLMP section
// 2.2.2.1).
const (
	kindComputer    = 1
	kindDomain      = 2
	kindDNSComputer = 3
	kindDNSDomain   = 4
	kindDNSForest   = 5
	kindTime        = 7
)

// maxPairs bounds the description; servers send eight.
const maxPairs = 32

// Parse finds the challenge in what a server answered, whatever it is wrapped
// in, and reads it.
func Parse(b []byte) (Challenge, error) {
	at := bytes.Index(b, signature)
	if at < 0 || len(b) < at+48 || binary.LittleEndian.Uint32(b[at+8:]) != 2 {
		return Challenge{}, ErrFormat
	}
	b = b[at:]
	var c Challenge
	flags := binary.LittleEndian.Uint32(b[20:])
	if target, ok := field(b, 12); ok {
		c.Target = text(target, flags&flagUnicode != 0)
	}
	if flags&flagVersion != 0 && len(b) >= 56 {
		c.Major, c.Minor, c.Build = b[48], b[49], binary.LittleEndian.Uint16(b[50:])
	}
	info, _ := field(b, 40)
	for range maxPairs {
		if len(info) < 4 {
			break
		}
		kind, size := binary.LittleEndian.Uint16(info), int(binary.LittleEndian.Uint16(info[2:]))
		if kind == 0 || size > len(info)-4 {
			break
		}
		c.set(kind, info[4:4+size])
		info = info[4+size:]
	}
	return c, nil
}

func (c *Challenge) set(kind uint16, value []byte) {
	switch kind {
	case kindComputer:
		c.Computer = text(value, true)
	case kindDomain:
		c.Domain = text(value, true)
	case kindDNSComputer:
		c.DNSComputer = text(value, true)
	case kindDNSDomain:
		c.DNSDomain = text(value, true)
	case kindDNSForest:
		c.DNSForest = text(value, true)
	case kindTime:
		if len(value) == 8 {
			c.Time = FileTime(binary.LittleEndian.Uint64(value))
		}
	}
}

// field takes what a length and an offset at a place point to.
func field(b []byte, at int) ([]byte, bool) {
	size, from := int(binary.LittleEndian.Uint16(b[at:])), int(binary.LittleEndian.Uint32(b[at+4:]))
	if from < 0 || from > len(b) || size > len(b)-from {
		return nil, false
	}
	return b[from : from+size], true
}

// text decodes UTF-16 of the little end, or takes bytes as they are.
func text(b []byte, wide bool) string {
	if !wide {
		return string(b)
	}
	units := make([]uint16, len(b)/2)
	for i := range units {
		units[i] = binary.LittleEndian.Uint16(b[2*i:])
	}
	return string(utf16.Decode(units))
}

// FileTime is a time of Windows: tenths of microseconds since 1601 (MS-DTYP
// section 2.3.3). What no clock can show is the zero Time, and so is 0.
func FileTime(ticks uint64) time.Time {
	const epoch = 116444736000000000 // 1970 in such ticks
	if ticks == 0 || ticks > 1<<62 {
		return time.Time{}
	}
	since := int64(ticks) - epoch
	return time.Unix(since/1e7, since%1e7*100).UTC()
}
