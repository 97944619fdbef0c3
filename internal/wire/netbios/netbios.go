// Package netbios encodes and decodes the messages of NetBIOS over TCP/IP (RFC
// 1001, RFC 1002) that find names out: queries for a name, the status of an
// adapter, and the request that opens a session. Bytes in, structs out: no
// I/O, no clock.
package netbios

import (
	"encoding/binary"
	"errors"
	"net/netip"
	"strings"
)

// ErrFormat is the cause when bytes are no message of the kind wanted.
var ErrFormat = errors.New("no message of NetBIOS")

// NameLength is the size of a name without the byte that tells its kind.
const NameLength = 15

// Name is a NetBIOS name: up to 15 bytes of text, padded with spaces where it
// is shorter, and a byte that tells what it is the name of.
type Name struct {
	Text   string
	Suffix byte
}

// Any is the name that every node answers to (RFC 1002 section 4.2.17), Server
// the one under which file servers take sessions from those who do not know
// their names.
var (
	Any    = Name{Text: "*"}
	Server = Name{Text: "*SMBSERVER", Suffix: SuffixServer}
)

// encodedName is the size of a name on the wire: its length, two letters for
// each of sixteen bytes, and the root of the scope.
const encodedName = 1 + 2*16 + 1

// append encodes a name by its first level: each half of a byte is a letter
// from A on (RFC 1001 section 14.1). The name * is padded with zeros.
func (n Name) append(b []byte) []byte {
	pad := byte(' ')
	if n.Text == "*" {
		pad = 0
	}
	b = append(b, 32)
	for i := range 16 {
		c := pad
		switch {
		case i == NameLength:
			c = n.Suffix
		case i < len(n.Text):
			c = n.Text[i]
		}
		b = append(b, 'A'+c>>4, 'A'+c&15)
	}
	return append(b, 0)
}

// Encoded is the name as it stands in messages: its length, two letters for
// each of its 16 bytes, and the root of the scope.
func (n Name) Encoded() []byte { return n.append(nil) }

// readName decodes a name without a scope and returns what follows it.
func readName(b []byte) (Name, []byte, error) {
	if len(b) < encodedName || b[0] != 32 || b[encodedName-1] != 0 {
		return Name{}, nil, ErrFormat
	}
	var raw [16]byte
	for i := range raw {
		high, low := b[1+2*i]-'A', b[2+2*i]-'A'
		if high > 15 || low > 15 {
			return Name{}, nil, ErrFormat
		}
		raw[i] = high<<4 | low
	}
	return plainName(raw[:]), b[encodedName:], nil
}

func plainName(raw []byte) Name {
	return Name{strings.TrimRight(string(raw[:NameLength]), " \x00"), raw[NameLength]}
}

// Kinds of question (RFC 1002 section 4.2.1.2).
const (
	kindName   = 0x0020
	kindStatus = 0x0021
	classIN    = 0x0001
)

// StatusQuery asks a node for the names of its adapter (RFC 1002 section
// 4.2.17), 50 bytes.
func StatusQuery(id uint16) []byte { return query(id, 0, Any, kindStatus) }

// NameQuery asks who has a name: a node or name server itself, or everybody on
// a LAN (RFC 1002 section 4.2.12).
func NameQuery(id uint16, n Name, broadcast bool) []byte {
	flags := uint16(0x0100) // recursion desired
	if broadcast {
		flags |= 0x0010
	}
	return query(id, flags, n, kindName)
}

func query(id, flags uint16, n Name, kind uint16) []byte {
	b := make([]byte, 0, 12+encodedName+4)
	b = binary.BigEndian.AppendUint16(b, id)
	b = binary.BigEndian.AppendUint16(b, flags)
	b = append(b, 0, 1, 0, 0, 0, 0, 0, 0)
	b = n.append(b)
	b = binary.BigEndian.AppendUint16(b, kind)
	return binary.BigEndian.AppendUint16(b, classIN)
}

// response takes the one record out of a response to a query: its name and its
// data. The code says why there is none: 3 is a name that nobody has.
func response(b []byte, id, kind uint16) (n Name, data []byte, code byte, err error) {
	const header = 12
	if len(b) < header || binary.BigEndian.Uint16(b) != id || b[2]&0x80 == 0 {
		return Name{}, nil, 0, ErrFormat
	}
	if code = b[3] & 15; code != 0 {
		return Name{}, nil, code, nil
	}
	if binary.BigEndian.Uint16(b[6:]) == 0 {
		return Name{}, nil, 0, ErrFormat
	}
	n, rest, err := readName(b[header:])
	if err != nil || len(rest) < 10 || binary.BigEndian.Uint16(rest) != kind {
		return Name{}, nil, 0, ErrFormat
	}
	length := int(binary.BigEndian.Uint16(rest[8:]))
	rest = rest[10:]
	// A datagram that is cut short says less than its length does; what is there
	// is taken.
	return n, rest[:min(length, len(rest))], 0, nil
}

// Status is what an adapter tells of itself (RFC 1002 section 4.2.18).
type Status struct {
	Names []Held
	MAC   [6]byte // zeros where the node does not tell, as Samba
}

// Held is a name that a node has.
type Held struct {
	Name
	Group    bool // of many nodes, and not of this one alone
	Conflict bool // another node has it too
	Active   bool
}

// maxNames bounds the names of one node; their number is a byte.
const maxNames = 255

// ParseStatus decodes the answer to StatusQuery. What is cut short is taken as
// far as it goes.
func ParseStatus(b []byte, id uint16) (Status, error) {
	n, data, code, err := response(b, id, kindStatus)
	if err != nil || code != 0 || n != Any || len(data) == 0 {
		return Status{}, ErrFormat
	}
	const size = 18
	count := int(data[0])
	data = data[1:]
	s := Status{Names: make([]Held, 0, min(count, len(data)/size, maxNames))}
	for ; count > 0 && len(data) >= size; count-- {
		flags := binary.BigEndian.Uint16(data[16:])
		s.Names = append(s.Names, Held{
			Name: plainName(data), Group: flags&0x8000 != 0, Conflict: flags&0x0800 != 0, Active: flags&0x0400 != 0,
		})
		data = data[size:]
	}
	copy(s.MAC[:], data)
	return s, nil
}

// Owner is an address that has a name.
type Owner struct {
	Address netip.Addr
	Group   bool
}

// ParseAnswer decodes the answer to NameQuery. No owners and no error say that
// the name is nobody's.
func ParseAnswer(b []byte, id uint16) ([]Owner, error) {
	_, data, code, err := response(b, id, kindName)
	if err != nil || code != 0 {
		return nil, err
	}
	const size = 6
	owners := make([]Owner, 0, len(data)/size)
	for ; len(data) >= size; data = data[size:] {
		owners = append(owners, Owner{netip.AddrFrom4([4]byte(data[2:6])), data[0]&0x80 != 0})
	}
	if len(owners) == 0 {
		return nil, ErrFormat
	}
	return owners, nil
}
