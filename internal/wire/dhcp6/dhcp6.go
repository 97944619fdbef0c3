// Package dhcp6 writes the one request of DHCPv6 that takes no address,
// Information-request (RFC 8415 section 18.2.6), and reads what its answer tells
// of the way to the IPv4 Internet: Softwire46 (RFC 7598), the other end of
// DS-Lite (RFC 6334) and delegated prefixes. No I/O.
package dhcp6

import (
	"bytes"
	"encoding/binary"
	"errors"
	"net/netip"

	"sekisho/internal/wire/mape"
)

// Messages (RFC 8415 section 7.3).
const (
	reply              = 7
	informationRequest = 11
)

// Options (RFC 8415 section 21, RFC 6334, RFC 7598).
const (
	optionClient      = 1
	optionServer      = 2
	optionWanted      = 6
	optionElapsed     = 8
	optionIAPD        = 25
	optionIAPrefix    = 26
	optionAFTR        = 64
	optionRule        = 89
	optionRelay       = 90
	optionDefault     = 91 // of translation (MAP-T)
	optionBinding     = 92
	optionPorts       = 93
	optionMAPE        = 94
	optionMAPT        = 95
	optionLightweight = 96
)

const (
	headerSize = 4
	// maxRules bounds what is kept of a container: a household has one basic rule,
	// and a handful of others at most.
	maxRules = 64
	// maxName is the longest name of DNS on the wire (RFC 1035 section 3.1).
	maxName = 255
)

// ErrMessage is a message that is none of DHCPv6, or lies about its lengths.
var ErrMessage = errors.New("broken dhcpv6 message")

// InformationRequest asks for the settings of a network. The id is the message's,
// of which 24 bits count; the hardware address makes up the client's own
// identifier (DUID-LL, RFC 8415 section 11.4), and centiseconds how long it has
// been asking.
func InformationRequest(id uint32, hardware []byte, centiseconds uint16) []byte {
	b := binary.BigEndian.AppendUint32(nil, informationRequest<<24|id&0xffffff)
	duid := append([]byte{0, 3, 0, 1}, hardware...)
	b = option(b, optionClient, duid)
	var wanted []byte
	for _, o := range []uint16{optionAFTR, optionMAPE, optionMAPT, optionLightweight} {
		wanted = binary.BigEndian.AppendUint16(wanted, o)
	}
	b = option(b, optionWanted, wanted)
	return option(b, optionElapsed, binary.BigEndian.AppendUint16(nil, centiseconds))
}

func option(b []byte, kind uint16, value []byte) []byte {
	b = binary.BigEndian.AppendUint16(b, kind)
	b = binary.BigEndian.AppendUint16(b, uint16(len(value)))
	return append(b, value...)
}

// Answers reports whether a message is the reply to a request of ours.
func Answers(asked, b []byte) bool {
	return len(asked) >= headerSize && len(b) >= headerSize && b[0] == reply && bytes.Equal(asked[1:headerSize], b[1:headerSize])
}

// Container is one way to the IPv4 Internet that a server offers.
type Container struct {
	Rules  []mape.Rule
	Relays []netip.Addr // border relays of MAP-E, or the other end of a lightweight softwire
	// Default is the prefix that MAP-T translates everything else with.
	Default netip.Prefix
	// Address is the whole or shared IPv4 address of a lightweight softwire (RFC
	// 7596), with its ports in Ports.
	Address netip.Addr
	Ports   mape.Rule
}

// Settings are what a server tells.
type Settings struct {
	Server      []byte         // its identifier
	Delegated   []netip.Prefix // IA_PD (RFC 8415 section 21.21)
	AFTR        string         // the other end of a DS-Lite tunnel, a name without the dot at its end
	MAPE        *Container
	MAPT        *Container
	Lightweight *Container
}

// Parse reads a reply. What was read before a lie stands beside the error.
func Parse(b []byte) (Settings, error) {
	var s Settings
	if len(b) < headerSize {
		return s, ErrMessage
	}
	err := options(b[headerSize:], func(kind uint16, value []byte) error {
		var err error
		switch kind {
		case optionServer:
			s.Server = value
		case optionIAPD:
			err = s.delegation(value)
		case optionAFTR:
			s.AFTR, err = name(value)
		case optionMAPE:
			s.MAPE, err = container(value)
		case optionMAPT:
			s.MAPT, err = container(value)
		case optionLightweight:
			s.Lightweight, err = container(value)
		}
		return err
	})
	return s, err
}

// options calls back with each option until one is broken.
func options(b []byte, each func(kind uint16, value []byte) error) error {
	for len(b) > 0 {
		if len(b) < 4 {
			return ErrMessage
		}
		kind, n := binary.BigEndian.Uint16(b), int(binary.BigEndian.Uint16(b[2:]))
		if b = b[4:]; n > len(b) {
			return ErrMessage
		}
		if err := each(kind, b[:n]); err != nil {
			return err
		}
		b = b[n:]
	}
	return nil
}

// delegation reads an IA_PD: an id and two times, then prefixes.
func (s *Settings) delegation(b []byte) error {
	if len(b) < 12 {
		return ErrMessage
	}
	return options(b[12:], func(kind uint16, value []byte) error {
		if kind != optionIAPrefix {
			return nil
		}
		// Two lifetimes, a length and the address (RFC 8415 section 21.22).
		if len(value) < 25 || value[8] > 128 {
			return ErrMessage
		}
		if len(s.Delegated) < maxRules {
			s.Delegated = append(s.Delegated, netip.PrefixFrom(netip.AddrFrom16([16]byte(value[9:25])), int(value[8])).Masked())
		}
		return nil
	})
}

// container reads the options of one of the containers (RFC 7598 section 5).
func container(b []byte) (*Container, error) {
	c := &Container{}
	err := options(b, func(kind uint16, value []byte) error {
		switch kind {
		case optionRule:
			r, err := rule(value)
			if err == nil && len(c.Rules) < maxRules {
				c.Rules = append(c.Rules, r)
			}
			return err
		case optionRelay:
			if len(value) != 16 {
				return ErrMessage
			}
			if len(c.Relays) < maxRules {
				c.Relays = append(c.Relays, netip.AddrFrom16([16]byte(value)))
			}
		case optionDefault:
			var err error
			c.Default, _, err = prefix6(value)
			return err
		case optionBinding:
			return c.binding(value)
		}
		return nil
	})
	for i := range c.Rules {
		if len(c.Relays) > 0 {
			c.Rules[i].Relay = c.Relays[0]
		}
	}
	return c, err
}

// rule reads OPTION_S46_RULE (RFC 7598 section 4.1): flags, the length of the
// embedded address bits, the IPv4 prefix in full, the IPv6 prefix in as many bytes
// as it needs, options.
func rule(b []byte) (mape.Rule, error) {
	r := mape.Rule{Offset: mape.DefaultOffset}
	if len(b) < 8 || b[2] > 32 {
		return r, ErrMessage
	}
	r.EA = int(b[1])
	r.IPv4 = netip.PrefixFrom(netip.AddrFrom4([4]byte(b[3:7])), int(b[2])).Masked()
	six, rest, err := prefix6(b[7:])
	if err != nil {
		return r, err
	}
	r.IPv6 = six
	return r, ports(rest, &r)
}

// prefix6 reads a length and as many bytes of an IPv6 prefix as it needs.
func prefix6(b []byte) (netip.Prefix, []byte, error) {
	if len(b) < 1 || b[0] > 128 {
		return netip.Prefix{}, nil, ErrMessage
	}
	n := (int(b[0]) + 7) / 8
	if len(b) < 1+n {
		return netip.Prefix{}, nil, ErrMessage
	}
	var a [16]byte
	copy(a[:], b[1:1+n])
	return netip.PrefixFrom(netip.AddrFrom16(a), int(b[0])).Masked(), b[1+n:], nil
}

// ports reads OPTION_S46_PORTPARAMS (RFC 7598 section 4.5): offset, length of the
// PSID, and the PSID itself to the left of 16 bits.
func ports(b []byte, r *mape.Rule) error {
	return options(b, func(kind uint16, value []byte) error {
		if kind != optionPorts {
			return nil
		}
		if len(value) != 4 || value[0] > 15 || value[1] > 16 {
			return ErrMessage
		}
		r.Offset, r.PSIDLength = int(value[0]), int(value[1])
		r.PSID = binary.BigEndian.Uint16(value[2:]) >> (16 - r.PSIDLength)
		return nil
	})
}

// binding reads OPTION_S46_V4V6BIND (RFC 7598 section 4.4): an IPv4 address, the
// IPv6 prefix that it is bound to, options.
func (c *Container) binding(b []byte) error {
	if len(b) < 5 {
		return ErrMessage
	}
	c.Address = netip.AddrFrom4([4]byte(b[:4]))
	six, rest, err := prefix6(b[4:])
	if err != nil {
		return err
	}
	c.Ports = mape.Rule{IPv6: six, IPv4: netip.PrefixFrom(c.Address, 32)}
	return ports(rest, &c.Ports)
}

// name reads a name of DNS, which may not be compressed (RFC 6334 section 3).
func name(b []byte) (string, error) {
	if len(b) > maxName {
		return "", ErrMessage
	}
	var out []byte
	for len(b) > 0 {
		n := int(b[0])
		switch {
		case n == 0:
			if len(b) != 1 || len(out) == 0 {
				return "", ErrMessage
			}
			return string(out), nil
		case n > 63 || n >= len(b):
			return "", ErrMessage
		}
		if len(out) > 0 {
			out = append(out, '.')
		}
		out = append(out, b[1:1+n]...)
		b = b[1+n:]
	}
	return "", ErrMessage
}
