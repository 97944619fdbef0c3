// Package dhcp writes the one request of DHCP that takes no address, DHCPINFORM,
// and reads its answer (RFC 2131, RFC 2132).
package dhcp

import (
	"bytes"
	"encoding/binary"
	"errors"
	"net/netip"
)

const (
	headerSize = 236
	request    = 1
	reply      = 2
	ethernet   = 1

	ack    = 5 // DHCPACK
	inform = 8 // DHCPINFORM
)

// magic begins the options (RFC 2131 section 3).
var magic = []byte{99, 130, 83, 99}

// The options that are written or read (RFC 2132).
const (
	optionPad       = 0
	optionMask      = 1
	optionRouter    = 3
	optionDNS       = 6
	optionDomain    = 15
	optionNTP       = 42
	optionType      = 53
	optionServer    = 54
	optionWanted    = 55
	optionClient    = 61
	optionBootFile  = 67
	optionEnd       = 255
	maxAddresses    = 8
	maxOptionLength = 255
)

// Inform asks for the settings of the network on behalf of a host that has its
// address already (RFC 2131 section 4.4.3). Nothing is leased. The hardware
// address plays no part, since the answer goes to the address.
func Inform(id uint32, own netip.Addr, hardware [6]byte, name string) []byte {
	b := make([]byte, headerSize, headerSize+64)
	b[0], b[1], b[2] = request, ethernet, byte(len(hardware))
	binary.BigEndian.PutUint32(b[4:], id)
	if own.Unmap().Is4() {
		a := own.Unmap().As4()
		copy(b[12:], a[:])
	}
	copy(b[28:], hardware[:])
	b = append(b, magic...)
	b = append(b, optionType, 1, inform)
	name = name[:min(len(name), maxOptionLength-1)]
	b = append(append(b, optionClient, byte(1+len(name)), 0), name...)
	wanted := []byte{optionMask, optionRouter, optionDNS, optionDomain, optionNTP, optionServer, optionBootFile}
	return append(append(append(b, optionWanted, byte(len(wanted))), wanted...), optionEnd)
}

// Settings are what a server tells.
type Settings struct {
	Server                netip.Addr
	Routers, Names, Times []netip.Addr
	Domain, BootFile      []byte
}

// ErrMessage is a message that is none of DHCP, or lies about its lengths.
var ErrMessage = errors.New("broken dhcp message")

// Answers reports whether a message acknowledges a request.
func Answers(asked, b []byte) bool {
	if len(asked) < headerSize || len(b) < headerSize+len(magic) || b[0] != reply || !bytes.Equal(b[4:8], asked[4:8]) {
		return false
	}
	acknowledged := false
	err := options(b, func(kind byte, value []byte) {
		acknowledged = acknowledged || kind == optionType && len(value) == 1 && value[0] == ack
	})
	return err == nil && acknowledged
}

// Parse reads an answer. What was read before a lie stands beside the error.
func Parse(b []byte) (Settings, error) {
	var s Settings
	err := options(b, func(kind byte, value []byte) {
		switch kind {
		case optionServer:
			if all := addresses(value); len(all) > 0 {
				s.Server = all[0]
			}
		case optionRouter:
			s.Routers = addresses(value)
		case optionDNS:
			s.Names = addresses(value)
		case optionNTP:
			s.Times = addresses(value)
		case optionDomain:
			s.Domain = bytes.TrimRight(value, "\x00")
		case optionBootFile:
			s.BootFile = bytes.TrimRight(value, "\x00")
		}
	})
	return s, err
}

// options calls back with each option of a message.
func options(b []byte, each func(kind byte, value []byte)) error {
	if len(b) < headerSize+len(magic) || !bytes.Equal(b[headerSize:headerSize+len(magic)], magic) {
		return ErrMessage
	}
	for b = b[headerSize+len(magic):]; len(b) > 0; {
		kind := b[0]
		switch {
		case kind == optionEnd:
			return nil
		case kind == optionPad:
			b = b[1:]
			continue
		case len(b) < 2 || len(b) < 2+int(b[1]):
			return ErrMessage
		}
		each(kind, b[2:2+int(b[1])])
		b = b[2+int(b[1]):]
	}
	return nil
}

// addresses reads a list of addresses, at most maxAddresses.
func addresses(b []byte) (list []netip.Addr) {
	for ; len(b) >= 4 && len(list) < maxAddresses; b = b[4:] {
		list = append(list, netip.AddrFrom4([4]byte(b)))
	}
	return list
}
