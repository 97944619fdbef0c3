// Package pcp is the part of the Port Control Protocol (RFC 6887) that changes
// nothing. The protocol cannot list mappings, and its MAP makes, renews or
// deletes one, so ANNOUNCE is all that may be asked of a router without leave. It
// has no I/O and no clock.
package pcp

import (
	"encoding/binary"
	"errors"
	"net/netip"
	"time"
)

// Port is where a server listens (section 19.2): that of NAT-PMP.
const Port = 5351

const (
	// version is the one of RFC 6887; 0 is NAT-PMP and 1 was of drafts.
	version = 2

	// headerSize is the length of every header (section 7), maxSize that of the
	// longest message.
	headerSize = 24
	maxSize    = 1100

	response = 0x80 // the bit of an answer before the opcode, which for ANNOUNCE is 0
)

// Result is what a server says became of a request (section 7.4).
type Result uint8

// The results that an ANNOUNCE may meet.
const (
	Success         Result = 0
	UnsuppVersion   Result = 1
	NotAuthorized   Result = 2
	AddressMismatch Result = 12 // the request came from another address than it names: something translates between
	lastResult      Result = 13
)

// Answer is the header of a server's answer to an ANNOUNCE (section 7.2).
type Answer struct {
	Version uint8 // of the server; where it is not 2, Result says so
	Result  Result
	Since   time.Duration // how long the server has kept its mappings
}

// ErrAnswer is a datagram that answers no ANNOUNCE.
var ErrAnswer = errors.New("no answer to an announcement")

// Announce is a request that does nothing (section 14.1) but have the server
// answer. It names the client's own address, which the server compares with
// where the request came from; the zero address is nobody's.
func Announce(client netip.Addr) []byte {
	b := make([]byte, headerSize)
	b[0] = version
	if client.IsValid() {
		a := client.As16() // IPv4 in its mapped form (section 5)
		copy(b[8:], a[:])
	}
	return b
}

// Parse reads the answer to Announce.
func Parse(b []byte) (Answer, error) {
	if len(b) < headerSize || len(b) > maxSize || len(b)%4 != 0 || b[0] == 0 || b[1] != response || Result(b[3]) > lastResult {
		return Answer{}, ErrAnswer
	}
	return Answer{Version: b[0], Result: Result(b[3]), Since: time.Duration(binary.BigEndian.Uint32(b[8:])) * time.Second}, nil
}
