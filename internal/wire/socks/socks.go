// Package socks holds the messages of SOCKS 4, 4a and 5 (RFC 1928 and 1929) as
// bytes, as a client needs them. No I/O.
package socks

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
)

// Method is how a client proves who it is (RFC 1928 section 3).
type Method byte

// The methods.
const (
	NoAuth       Method = 0x00
	GSSAPI       Method = 0x01
	Password     Method = 0x02
	NoAcceptable Method = 0xff // of a server: none of those offered
)

// String is the word of the method.
func (m Method) String() string {
	switch m {
	case NoAuth:
		return "none"
	case GSSAPI:
		return "gssapi"
	case Password:
		return "password"
	case NoAcceptable:
		return "no acceptable method"
	}
	return fmt.Sprintf("method %d", byte(m))
}

// Target is where a connection is to go: an address, or a name for the server
// to resolve.
type Target struct {
	Addr netip.Addr
	Name string // counts when Addr is not valid; at most 255 bytes
	Port uint16
}

// The errors of parsing. ErrShort says that more has to come.
var (
	ErrShort = errors.New("answer is not whole")
	ErrBad   = errors.New("answer is not SOCKS")
	ErrLong  = errors.New("name, user or password is longer than 255 bytes")
)

// Greeting offers methods.
func Greeting(methods ...Method) []byte {
	b := []byte{5, byte(len(methods))}
	for _, m := range methods {
		b = append(b, byte(m))
	}
	return b
}

// ParseChoice reads the method that the server chose.
func ParseChoice(b []byte) (Method, error) {
	switch {
	case len(b) > 0 && b[0] != 5:
		return 0, ErrBad
	case len(b) < 2:
		return 0, ErrShort
	}
	return Method(b[1]), nil
}

// Login shows user and password (RFC 1929 section 2).
func Login(user, password string) ([]byte, error) {
	if len(user) > 255 || len(password) > 255 || user == "" {
		return nil, ErrLong
	}
	b := append([]byte{1, byte(len(user))}, user...)
	return append(append(b, byte(len(password))), password...), nil
}

// ParseLogin reads whether they were right.
func ParseLogin(b []byte) (ok bool, err error) {
	switch {
	case len(b) > 0 && b[0] != 1:
		return false, ErrBad
	case len(b) < 2:
		return false, ErrShort
	}
	return b[1] == 0, nil
}

// The kinds of an address (RFC 1928 section 5).
const (
	kindV4   = 1
	kindName = 3
	kindV6   = 4
)

// Connect asks for a connection (RFC 1928 section 4).
func Connect(to Target) ([]byte, error) {
	b := []byte{5, 1, 0}
	switch a := to.Addr.Unmap(); {
	case a.Is4():
		b = append(append(b, kindV4), a.AsSlice()...)
	case a.IsValid():
		b = append(append(b, kindV6), a.AsSlice()...)
	case to.Name == "" || len(to.Name) > 255:
		return nil, ErrLong
	default:
		b = append(append(b, kindName, byte(len(to.Name))), to.Name...)
	}
	return binary.BigEndian.AppendUint16(b, to.Port), nil
}

// Code is what became of a request (RFC 1928 section 6).
type Code byte

// The codes.
const (
	Succeeded          Code = 0
	GeneralFailure     Code = 1
	NotAllowed         Code = 2
	NetworkUnreachable Code = 3
	HostUnreachable    Code = 4
	Refused            Code = 5
	Expired            Code = 6
	NoCommand          Code = 7
	NoAddressType      Code = 8
)

var codes = []string{
	"succeeded", "general failure", "not allowed by ruleset", "network unreachable", "host unreachable",
	"connection refused", "TTL expired", "command not supported", "address type not supported",
}

// String is the code in the words of the RFC.
func (c Code) String() string {
	if int(c) < len(codes) {
		return codes[c]
	}
	return fmt.Sprintf("code %d", byte(c))
}

// ParseReply reads the answer to a request and how many bytes of b it has: what
// is behind them is the connection's own.
func ParseReply(b []byte) (c Code, size int, err error) {
	if len(b) > 0 && b[0] != 5 || len(b) > 2 && b[2] != 0 {
		return 0, 0, ErrBad
	}
	if len(b) < 5 {
		return 0, 0, ErrShort
	}
	switch b[3] {
	case kindV4:
		size = 4 + 4 + 2
	case kindV6:
		size = 4 + 16 + 2
	case kindName:
		size = 4 + 1 + int(b[4]) + 2
	default:
		return 0, 0, ErrBad
	}
	if len(b) < size {
		return 0, 0, ErrShort
	}
	return Code(b[1]), size, nil
}

// Connect4 asks a server of version 4 for a connection, of 4a when there is
// only a name: an address that is none says that a name follows.
func Connect4(to Target, user string) ([]byte, error) {
	b := binary.BigEndian.AppendUint16([]byte{4, 1}, to.Port)
	a := to.Addr.Unmap()
	switch {
	case a.Is4():
		return append(append(append(b, a.AsSlice()...), user...), 0), nil
	case a.IsValid():
		return nil, ErrBad // version 4 knows no IPv6
	case to.Name == "" || len(to.Name) > 255:
		return nil, ErrLong
	}
	b = append(append(append(b, 0, 0, 0, 1), user...), 0)
	return append(append(b, to.Name...), 0), nil
}

// Code4 is what became of a request in version 4.
type Code4 byte

// The codes of version 4.
const (
	Granted4  Code4 = 90
	Rejected4 Code4 = 91 // or failed
	NoIdent4  Code4 = 92
	OtherID4  Code4 = 93
)

// String is the code in the words of its paper.
func (c Code4) String() string {
	switch c {
	case Granted4:
		return "request granted"
	case Rejected4:
		return "request rejected or failed"
	case NoIdent4:
		return "rejected: no identd on the client"
	case OtherID4:
		return "rejected: identd names another user"
	}
	return fmt.Sprintf("code %d", byte(c))
}

// ParseReply4 reads the answer of version 4, which has 8 bytes.
func ParseReply4(b []byte) (Code4, error) {
	if len(b) > 0 && b[0] != 0 || len(b) > 1 && (b[1] < byte(Granted4) || b[1] > byte(OtherID4)) {
		return 0, ErrBad
	}
	if len(b) < 8 {
		return 0, ErrShort
	}
	return Code4(b[1]), nil
}
