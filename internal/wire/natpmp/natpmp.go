// Package natpmp is the part of NAT-PMP (RFC 6886) that changes nothing: the
// question for the outer address of a router and the answer to it. It has no
// I/O and no clock.
package natpmp

import (
	"encoding/binary"
	"errors"
	"net/netip"
	"time"
)

// Port is where a router listens (section 3.1).
const Port = 5351

// Lengths of an answer: with the address, and of a refusal, which may end
// before it (section 3.5).
const (
	wholeSize   = 12
	refusalSize = 8
)

// Result is what a router says became of a request (section 3.5).
type Result uint16

// The results. Any greater one is of a later version.
const (
	Success Result = iota
	UnsupportedVersion
	NotAuthorized
	NetworkFailure // the router has no outer address itself, from DHCP say
	OutOfResources
	UnsupportedOpcode
)

// Answer is what a router says of its outer address (section 3.2).
type Answer struct {
	Result  Result
	Since   time.Duration // how long it has kept its table of mappings
	Address netip.Addr    // not valid where Result is not Success
}

// ErrAnswer is a datagram that answers no question for the outer address.
var ErrAnswer = errors.New("no answer to the question for the outer address")

// Request asks for the outer address and maps nothing (section 3.2).
func Request() []byte { return []byte{0, 0} }

// Parse reads the answer to Request. One of a server of PCP alone says, with its
// own version, that it does not know this one (RFC 6887 section 9): that is an
// ErrAnswer.
func Parse(b []byte) (Answer, error) {
	if len(b) != refusalSize && len(b) != wholeSize || b[0] != 0 || b[1] != 0x80 {
		return Answer{}, ErrAnswer
	}
	a := Answer{
		Result: Result(binary.BigEndian.Uint16(b[2:])),
		Since:  time.Duration(binary.BigEndian.Uint32(b[4:])) * time.Second,
	}
	switch {
	case a.Result > UnsupportedOpcode, a.Result == Success && len(b) != wholeSize:
		return Answer{}, ErrAnswer
	case a.Result == Success:
		a.Address = netip.AddrFrom4([4]byte(b[8:wholeSize]))
	}
	return a, nil
}
