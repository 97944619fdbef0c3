// Package ntp reads and writes the messages of the Network Time Protocol that
// a client of it and an observer need: the header of the modes 3 and 4 (RFC
// 5905 section 7.3), control messages of mode 6 (RFC 9327) and the one request
// of mode 7 that is known for what it brings back. Every request is made from
// what the caller gives, so that it can be repeated byte for byte.
package ntp

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"time"
)

// The modes that are spoken here (RFC 5905 figure 10).
const (
	Client  = 3
	Server  = 4
	Control = 6
	Private = 7
)

// HeaderSize is the header without extensions, in bytes.
const HeaderSize = 48

// Where timestamps stand in the header.
const (
	originAt   = 24
	receiveAt  = 32
	transmitAt = 40
)

// ErrMessage is a message that is too short, or not what it was read as.
var ErrMessage = errors.New("broken ntp message")

// Header is the part of a server's answer that is of fixed size.
type Header struct {
	Leap           uint8 // 0 to 3; 3: the clock is not synchronised
	Version        uint8
	Stratum        uint8         // 0: a kiss-o'-death, its code in Reference; 16: not synchronised
	Precision      int8          // of the clock, as the logarithm of seconds to base 2
	RootDelay      time.Duration // to the reference clock and back
	RootDispersion time.Duration // the largest error, relative to the reference clock
	Reference      [4]byte       // a name, an IPv4 address, or a digest of an IPv6 address
	Received       time.Time     // when the request came, by the server's clock
	Transmitted    time.Time     // when the answer left, by the server's clock
}

// Request is what a client of version 4 sends. The server repeats the number as
// the origin; apart from it all is zero, so that nothing is told of our clock.
func Request(number uint64) []byte {
	b := make([]byte, HeaderSize)
	b[0] = 4<<3 | Client
	binary.BigEndian.PutUint64(b[transmitAt:], number)
	return b
}

// Answers reports whether a message is a server's answer to the request: in its
// mode, with the request's number as the origin (RFC 5905 section 8, test 2).
func Answers(request, b []byte) bool {
	return len(b) >= HeaderSize && len(request) == HeaderSize && b[0]&7 == Server &&
		binary.BigEndian.Uint64(b[originAt:]) == binary.BigEndian.Uint64(request[transmitAt:])
}

// ParseHeader reads the header of an answer that came at about the given time,
// which tells the era of its timestamps: they repeat every 136 years (RFC 5905
// section 6).
func ParseHeader(b []byte, about time.Time) (Header, error) {
	if len(b) < HeaderSize {
		return Header{}, fmt.Errorf("%w: %d bytes", ErrMessage, len(b))
	}
	return Header{
		Leap: b[0] >> 6, Version: b[0] >> 3 & 7, Stratum: b[1], Precision: int8(b[3]),
		RootDelay: short(b[4:]), RootDispersion: short(b[8:]), Reference: [4]byte(b[12:16]),
		Received: stamp(b[receiveAt:], about), Transmitted: stamp(b[transmitAt:], about),
	}, nil
}

// short reads a duration of 16 bits of seconds and 16 of their fraction.
func short(b []byte) time.Duration {
	return time.Duration(uint64(binary.BigEndian.Uint32(b)) * uint64(time.Second) >> 16)
}

// epoch is where the seconds of era 0 begin, before that of Unix.
const epoch = 2208988800

// stamp reads a timestamp in the era that is nearest to a time.
func stamp(b []byte, about time.Time) time.Time {
	seconds, fraction := int64(binary.BigEndian.Uint32(b)), int64(binary.BigEndian.Uint32(b[4:]))
	near := about.Unix() + epoch
	seconds += near &^ (1<<32 - 1)
	switch {
	case seconds-near > 1<<31:
		seconds -= 1 << 32
	case near-seconds > 1<<31:
		seconds += 1 << 32
	}
	return time.Unix(seconds-epoch, fraction*int64(time.Second)>>32)
}

// Offset is how far the server's clock is ahead of ours, and Delay how long the
// way there and back took, when the request left and the answer came at these
// times of ours (RFC 5905 section 8).
func (h Header) Offset(left, came time.Time) (offset, delay time.Duration) {
	there, back := h.Received.Sub(left), h.Transmitted.Sub(came)
	return there/2 + back/2, came.Sub(left) - h.Transmitted.Sub(h.Received)
}

// Kiss is the code of a kiss-o'-death (RFC 5905 section 7.4), empty when the
// answer is none.
func (h Header) Kiss() string {
	if h.Stratum != 0 {
		return ""
	}
	return h.ReferenceName()
}

// ReferenceName is the reference as text: the name of a clock or a code at
// stratum 0 and 1, else an address, which for one of IPv6 is the begin of its
// digest and leads nowhere.
func (h Header) ReferenceName() string {
	if h.Stratum > 1 {
		return netip.AddrFrom4(h.Reference).String()
	}
	return strings.TrimRight(string(h.Reference[:]), "\x00 ")
}
