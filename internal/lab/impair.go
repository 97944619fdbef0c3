package lab

import (
	"encoding/binary"
	"time"
)

// Impairment is what a cable does to the packets of each direction. The zero
// value does nothing to them.
//
// Chance is drawn from the seed, the packet's flow and how many packets of
// that flow came before it, and from nothing else: with the same seed the
// third packet of a flow always meets the same fate, however flows interleave.
// Address resolution (ARP, neighbour discovery) always passes: what is asked
// for is loss of the way, and a lost one costs a second of silence.
type Impairment struct {
	Loss      float64       // share of packets lost; 1 is an outage
	Duplicate float64       // share of packets that arrive twice
	Delay     time.Duration // how much later every packet arrives
	Jitter    time.Duration // up to how much later still, drawn per packet: packets overtake each other
	Rate      int           // packets a second that the narrowest place lets through; 0 is no limit
	Queue     int           // packets that may wait at the narrowest place; what comes then is lost
	Seed      uint64
}

// shaper applies an impairment to one direction of a cable. It has no clock
// and no socket: time is what it is told.
type shaper struct {
	Impairment
	direction uint64
	free      time.Duration // when the narrowest place has sent all that waits
	// passed counts the packets of each flow. Flows share a counter when their
	// keys meet, which changes their fate but not that it repeats.
	passed [1 << 20]uint16
}

// admit decides over a packet of a flow that comes now: it returns when the
// packet arrives, twice for a duplicate, and how many of these count: 0 when
// it is lost.
func (s *shaper) admit(now time.Duration, flow uint64) (due [2]time.Duration, n int) {
	count := &s.passed[flow%uint64(len(s.passed))]
	key := mix(mix(mix(s.Seed^s.direction)^flow) ^ uint64(*count))
	*count++

	if chance(key, 'l') < s.Loss {
		return due, 0
	}
	depart := now
	if s.Rate > 0 {
		interval := time.Second / time.Duration(s.Rate)
		s.free = max(s.free, now)
		if s.free-now > time.Duration(s.Queue)*interval {
			return due, 0
		}
		s.free += interval
		depart = s.free
	}
	arrive := func(salt uint64) time.Duration {
		return depart + s.Delay + time.Duration(chance(key, salt)*float64(s.Jitter))
	}
	due[0], n = arrive('j'), 1
	if chance(key, 'd') < s.Duplicate {
		due[1], n = arrive('k'), 2
	}
	return due, n
}

// mix spreads a number over all 64 bits (the finalizer of splitmix64).
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// chance is a number in [0, 1) that a key yields for a purpose.
func chance(key, purpose uint64) float64 {
	return float64(mix(key^purpose)>>11) / (1 << 53)
}

// flowOf tells the flow of an Ethernet frame: addresses, protocol and ports,
// or type and code of an ICMP message. It is false for frames that only keep
// the cable going.
func flowOf(frame []byte) (uint64, bool) {
	const header = 14
	if len(frame) < header {
		return 0, false
	}
	packet := frame[header:]
	var proto byte
	var addresses, inner []byte
	switch binary.BigEndian.Uint16(frame[12:]) {
	case 0x0800:
		if len(packet) < 20 {
			return 0, false
		}
		length := int(packet[0]&0xf) * 4
		proto, addresses = packet[9], packet[12:20]
		// Later fragments carry no ports.
		if binary.BigEndian.Uint16(packet[6:])&0x1fff == 0 && length >= 20 && len(packet) >= length {
			inner = packet[length:]
		}
	case 0x86dd:
		if len(packet) < 40 {
			return 0, false
		}
		proto, addresses, inner = packet[6], packet[8:40], packet[40:]
	default:
		return 0, false
	}
	const hopByHop, icmp, tcp, udp, icmp6 = 0, 1, 6, 17, 58
	var place uint64
	switch {
	case proto == hopByHop: // multicast listener reports
		return 0, false
	case proto == icmp6 && len(inner) > 0 && inner[0] >= 133 && inner[0] <= 137: // RFC 4861 section 4
		return 0, false
	case (proto == tcp || proto == udp) && len(inner) >= 4:
		place = uint64(binary.BigEndian.Uint32(inner))
	case (proto == icmp || proto == icmp6) && len(inner) >= 2:
		place = uint64(binary.BigEndian.Uint16(inner))
	}
	key := mix(uint64(proto)<<32 ^ place)
	for i := 0; i < len(addresses); i += 4 {
		key = mix(key ^ uint64(binary.BigEndian.Uint32(addresses[i:])))
	}
	return key, true
}
