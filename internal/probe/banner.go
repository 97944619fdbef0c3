package probe

import (
	"context"
	"regexp"
	"strings"

	"sekisho/internal/exposure"
	"sekisho/internal/untrusted"
)

const bannerName = "banner"

func init() {
	register(Probe{
		Name: bannerName, Transport: exposure.TCP, Run: runBanner,
		Greets: func(first []byte) Fit {
			if len(first) == 0 {
				return No
			}
			return Any
		},
	})
}

// runBanner keeps what the peer said, and names the protocol where the shape of
// a greeting leaves no doubt. It says nothing itself.
func runBanner(_ context.Context, s *Session) (exposure.Service, error) {
	said := s.heardFirst()
	svc := exposure.Service{
		Confidence: exposure.Likely,
		Banner:     untrusted.New(strings.TrimRight(string(said), "\r\n\x00"), maxBanner),
		Facts:      exposure.Facts{"speaks_first": s.unasked},
	}
	if !s.unasked {
		return svc, nil // an answer to another protocol is no greeting
	}
	svc.Protocol = bannerProtocol(said)
	return svc, s.cut
}

// bannerProtocol names the protocol of a greeting, empty when none is sure.
func bannerProtocol(said []byte) string {
	for _, shape := range bannerShapes {
		if shape.match.Match(said) {
			return shape.protocol
		}
	}
	return ""
}

// bannerShapes are greetings that only one protocol has.
var bannerShapes = []struct {
	protocol string
	match    *regexp.Regexp
}{
	{"managesieve", regexp.MustCompile(`^"IMPLEMENTATION" ".*\n`)},
	{"zabbix", regexp.MustCompile(`^ZBXD\x01`)},
}
