package smb

import (
	"encoding/binary"
	"strings"
	"unicode/utf16"
)

const (
	header1    = 32
	command1   = 0x72 // negotiate
	setup1     = 0x73 // session setup
	flags2Wide = 0x8000
)

// append1 adds the header of an SMB 1 request (MS-CIFS section 2.2.3.1): long
// names, status words, Unicode, extended security.
func append1(b []byte, command byte) []byte {
	b = append(b, 0xff, 'S', 'M', 'B', command, 0, 0, 0, 0, 0x18, 0x53, 0xc8)
	b = append(b, make([]byte, header1-12)...)
	b[header1-8], b[header1-7] = 0, 0       // no tree
	b[header1-6], b[header1-5] = 0xfe, 0xff // a process, which must be one
	return b
}

// Negotiate1 asks in SMB 1 for its last dialect, and for no newer one, so that
// the answer tells whether the server still speaks it (MS-CIFS section
// 2.2.4.52.1).
func Negotiate1() []byte {
	b := append1(make([]byte, 0, 64), command1)
	const dialect = "\x02NT LM 0.12\x00"
	b = append(b, 0)
	b = binary.LittleEndian.AppendUint16(b, uint16(len(dialect)))
	return append(b, dialect...)
}

// Negotiated1 is what a server answers to Negotiate1.
type Negotiated1 struct {
	Agreed   bool // the server speaks the dialect
	Signing  bool
	Required bool
	Extended bool // it takes a log-in in tokens, and so tells who it is
	Domain   string
	Computer string
}

// ParseNegotiated1 decodes the answer to Negotiate1 (MS-SMB section 2.2.4.5.2).
func ParseNegotiated1(b []byte) (Negotiated1, error) {
	words, data, wide, err := message1(b, command1)
	if err != nil || len(words) < 2 {
		return Negotiated1{}, ErrFormat
	}
	if binary.LittleEndian.Uint16(words) != 0 || len(words) < 34 || binary.LittleEndian.Uint32(b[5:]) != StatusOK {
		return Negotiated1{}, nil
	}
	n := Negotiated1{
		Agreed: true, Signing: words[2]&4 != 0, Required: words[2]&8 != 0,
		Extended: binary.LittleEndian.Uint32(words[19:])&0x80000000 != 0,
	}
	if challenge := int(words[33]); !n.Extended && challenge <= len(data) {
		n.Domain, data = text1(data[challenge:], wide)
		n.Computer, _ = text1(data, wide)
	}
	return n, nil
}

// Setup1 is Setup in SMB 1 (MS-SMB section 2.2.4.6.1).
func Setup1(token []byte) []byte {
	b := append1(make([]byte, 0, header1+40+len(token)), setup1)
	b = append(b, 12, 0xff, 0, 0, 0) // words; no command behind
	b = binary.LittleEndian.AppendUint16(b, 16384)
	b = append(b, 2, 0, 1, 0, 0, 0, 0, 0)
	b = binary.LittleEndian.AppendUint16(b, uint16(len(token)))
	b = append(b, 0, 0, 0, 0)
	b = binary.LittleEndian.AppendUint32(b, 0x80000054) // extended security, status words, Unicode, large files
	rest := len(token) + 4
	odd := (header1 + 1 + 24 + 2 + len(token)) % 2
	b = binary.LittleEndian.AppendUint16(b, uint16(rest+odd))
	b = append(b, token...)
	return append(b, make([]byte, odd+4)...) // neither system nor program
}

// Answered1 is what a server answers to Setup1.
type Answered1 struct {
	Token   []byte
	System  string // "Windows 5.1"
	Program string // "Samba 3.0.37"
}

// ParseSetup1 decodes the answer to Setup1 (MS-SMB section 2.2.4.6.2).
func ParseSetup1(b []byte) (Answered1, error) {
	words, data, wide, err := message1(b, setup1)
	if err != nil || len(words) < 8 {
		return Answered1{}, ErrFormat
	}
	size := int(binary.LittleEndian.Uint16(words[6:]))
	if size > len(data) {
		return Answered1{}, ErrFormat
	}
	a := Answered1{Token: data[:size]}
	rest := data[size:]
	if wide && (header1+1+len(words)+2+size)%2 != 0 && len(rest) > 0 {
		rest = rest[1:]
	}
	a.System, rest = text1(rest, wide)
	a.Program, _ = text1(rest, wide)
	return a, nil
}

// message1 takes an SMB 1 response apart: its words and its bytes, and whether
// its texts are Unicode.
func message1(b []byte, command byte) (words, data []byte, wide bool, err error) {
	if len(b) < header1+3 || b[0] != 0xff || string(b[1:4]) != "SMB" || b[4] != command || b[9]&0x80 == 0 {
		return nil, nil, false, ErrFormat
	}
	wide = binary.LittleEndian.Uint16(b[10:])&flags2Wide != 0
	size := 2 * int(b[header1])
	rest := b[header1+1:]
	if size+2 > len(rest) {
		return nil, nil, false, ErrFormat
	}
	words, rest = rest[:size], rest[size:]
	count := int(binary.LittleEndian.Uint16(rest))
	return words, rest[2:][:min(count, len(rest)-2)], wide, nil
}

// text1 takes one text that ends in a zero, and what follows it.
func text1(b []byte, wide bool) (string, []byte) {
	if !wide {
		text, rest, _ := strings.Cut(string(b), "\x00")
		return text, []byte(rest)
	}
	var units []uint16
	for len(b) >= 2 {
		unit := binary.LittleEndian.Uint16(b)
		b = b[2:]
		if unit == 0 {
			break
		}
		units = append(units, unit)
	}
	return string(utf16.Decode(units)), b
}
