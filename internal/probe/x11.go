package probe

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"strings"

	"sekisho/internal/exposure"
	"sekisho/internal/untrusted"
)

func init() {
	register(Probe{
		Name: "x11", Transport: exposure.TCP, Ports: []uint16{6000, 6001, 6002, 6003, 6004, 6005, 6006, 6007, 6008, 6009, 6010, 6011, 6012, 6013, 6014, 6015}, ClientFirst: true, Blind: 8, Run: runX11, Tests: x11Tests,
	})
}

// x11Setup opens a connection in little-endian order, version 11.0, without a
// name or data of authorization (X Window System Protocol, section 8).
const x11Setup = "l\x00\x0b\x00\x00\x00\x00\x00\x00\x00\x00\x00"

// maxX11Setup bounds the answer: one of two screens has six thousand bytes.
const maxX11Setup = 16 << 10

// runX11 opens a connection as any program would that has no cookie. A server
// that takes it lets everybody in.
func runX11(ctx context.Context, s *Session) (exposure.Service, error) {
	c, err := s.Connect(ctx)
	if err != nil {
		return exposure.Service{}, err
	}
	defer c.Close()
	if _, err := c.Write([]byte(x11Setup)); err != nil {
		return exposure.Service{}, s.fail("set up", err)
	}
	var head [8]byte
	if _, err := io.ReadFull(c, head[:]); err != nil {
		return exposure.Service{}, s.fail("set up", err)
	}
	length := 4 * int(binary.LittleEndian.Uint16(head[6:]))
	major := binary.LittleEndian.Uint16(head[2:])
	if head[0] > 2 || head[0] != 2 && major != 11 || length > maxX11Setup || head[0] == 2 && length == 0 || head[0] == 1 && length < 32 {
		return exposure.Service{}, s.fail("set up", ErrProtocol)
	}
	rest := make([]byte, length)
	if _, err := io.ReadFull(c, rest); err != nil {
		return exposure.Service{}, s.fail("set up", err)
	}
	svc := exposure.Service{Protocol: "x11", Confidence: exposure.Confirmed, Facts: exposure.Facts{"password_required": head[0] != 1}}
	svc.Facts["protocol_version"] = untrusted.New(fmt.Sprintf("%d.%d", major, binary.LittleEndian.Uint16(head[4:])), 0)
	switch head[0] {
	case 0: // refused, with a reason
		svc.Banner = untrusted.New(rest[:min(int(head[1]), len(rest))], maxBanner)
	case 2: // wants to know more
		delete(svc.Facts, "protocol_version")
		svc.Banner = untrusted.New(strings.TrimRight(string(rest), "\x00"), maxBanner)
	case 1:
		x11Vendor(&svc, rest)
	}
	return svc, nil
}

// x11Vendor keeps who made the server. X.Org numbers its releases as 1.20.11
// does 12011000 and 21.1.7 does 12101007 (its xorg-version.h).
func x11Vendor(svc *exposure.Service, rest []byte) {
	vendor := string(rest[32:min(len(rest), 32+int(binary.LittleEndian.Uint16(rest[16:])))])
	release := binary.LittleEndian.Uint32(rest)
	svc.Banner = untrusted.New(fmt.Sprintf("%s %d", vendor, release), maxBanner)
	svc.Product = untrusted.New(vendor, maxProduct)
	if vendor == "The X.Org Foundation" {
		svc.Product = untrusted.New("X.Org", 0)
		major, minor, patch := release/10_000_000, release/100_000%100, release/1000%100
		if minor > 20 { // 21.1.7 counts as 1.21.1.7
			major, minor, patch = minor, patch, release%1000
		}
		svc.Version = untrusted.New(fmt.Sprintf("%d.%d.%d", major, minor, patch), 0)
	}
}
