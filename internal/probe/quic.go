package probe

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"

	"sekisho/internal/exposure"
)

func init() {
	register(Probe{
		Name: "quic", Transport: exposure.UDP, Ports: []uint16{443, 853, 22000, 4001}, Hello: quicHello, Match: quicReplies, Run: runQUIC,
		Tests: []Test{{Name: "quic", Port: 443, Run: testQUIC}},
	})
}

const (
	quicDatagram = 1200 // RFC 9000 section 14.1
	quicID       = 8    // the least that a first packet's destination may have
)

// quicHello is a long header of a version that is reserved to be refused (RFC
// 9000 sections 6.3 and 15) with a connection id of either side, padded to the
// size below which a server answers nobody. The answer is the list of versions;
// the server keeps nothing of it, and what the protocol inside is plays no part.
func quicHello(nonce uint64) []byte {
	b := make([]byte, 0, quicDatagram)
	b = append(b, 0xc0, 0x1a, 0x2a, 0x3a, 0x4a)
	for i := range uint64(2) {
		b = append(b, quicID)
		b = append(b, noise(nonce+i, quicID)...)
	}
	return b[:quicDatagram]
}

// quicReplies wants a Version Negotiation packet with both ids, each in the
// other's place (RFC 8999 section 6).
func quicReplies(hello, b []byte) bool {
	const ids = 5
	const versions = ids + 2*(1+quicID)
	if len(hello) != quicDatagram || len(b) <= versions || (len(b)-versions)%4 != 0 {
		return false
	}
	first, second := hello[ids:ids+1+quicID], hello[ids+1+quicID:versions]
	return b[0]&0x80 != 0 && bytes.Equal(b[1:ids], make([]byte, 4)) &&
		bytes.Equal(b[ids:ids+1+quicID], second) && bytes.Equal(b[ids+1+quicID:versions], first)
}

// runQUIC asks for the versions that the server speaks.
func runQUIC(ctx context.Context, s *Session) (exposure.Service, error) {
	hello := quicHello(s.peer.nonce())
	reply, err := s.Exchange(ctx, hello, func(b []byte) bool { return quicReplies(hello, b) })
	if err != nil {
		return exposure.Service{}, s.fail("ask", err)
	}
	return quicTold(reply), nil
}

// quicTold is what a list of versions tells.
func quicTold(reply []byte) exposure.Service {
	return exposure.Service{Protocol: "quic", Confidence: exposure.Confirmed, Facts: exposure.Facts{
		"versions": texts(quicVersions(reply), maxQUICVersions),
	}}
}

// maxQUICVersions bounds the list; servers name up to a dozen.
const maxQUICVersions = 32

// quicVersions are the versions in a Version Negotiation packet that quicReplies
// has taken. What is reserved to keep others flexible is no version (RFC 9000
// section 15).
func quicVersions(reply []byte) []string {
	var versions []string
	for list := reply[min(len(reply), 5+2*(1+quicID)):]; len(list) >= 4; list = list[4:] {
		switch version := binary.BigEndian.Uint32(list); {
		case version&0x0f0f0f0f == 0x0a0a0a0a:
		case version == 1:
			versions = append(versions, "1")
		case version == 0x6b3343cf: // RFC 9369 section 3.1
			versions = append(versions, "2")
		case version>>8 == 0xff0000:
			versions = append(versions, fmt.Sprintf("draft-%d", version&0xff))
		default:
			versions = append(versions, fmt.Sprintf("0x%08x", version))
		}
	}
	return versions
}
