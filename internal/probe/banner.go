package probe

import (
	"bytes"
	"context"
	"encoding/binary"
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
	if version, ok := mysqlGreeting(said); ok {
		svc.Protocol = "mysql"
		svc.Product, svc.Version = match(mysqlProducts, version)
		svc.Banner = untrusted.New(version, maxBanner)
		return svc, s.cut
	}
	if svc.Protocol = bannerProtocol(said); svc.Protocol != "" {
		svc.Product, svc.Version = match(bannerProducts, string(said))
	}
	return svc, s.cut
}

// bannerProtocol names the protocol of a greeting, empty when none is sure.
func bannerProtocol(said []byte) string {
	for _, shape := range bannerShapes {
		if shape.match.Match(said) {
			return shape.protocol
		}
	}
	if _, whole := mysqlGreeting(said); whole {
		return "mysql"
	}
	return ""
}

// bannerShapes are greetings that only one protocol has.
var bannerShapes = []struct {
	protocol string
	match    *regexp.Regexp
}{
	{"vnc", regexp.MustCompile(`^RFB \d{3}\.\d{3}\n`)},
	{"rsync", regexp.MustCompile(`^@RSYNCD: \d.*\n`)},
	{"irc", regexp.MustCompile(`^(?::\S+ )?(?:NOTICE (?:AUTH|\*)|020 \*) :.*\n`)},
	{"managesieve", regexp.MustCompile(`^"IMPLEMENTATION" ".*\n`)},
	{"nats", regexp.MustCompile(`^INFO \{.*"server_id".*\n`)},
	{"zabbix", regexp.MustCompile(`^ZBXD\x01`)},
}

// bannerProducts are servers that name themselves in such a greeting.
var bannerProducts = []pattern{
	{"rsync", regexp.MustCompile(`^@RSYNCD: `)},
	{"NATS", regexp.MustCompile(`^INFO \{.*"version":"(?P<version>\d[\w.-]*)"`)},
}

var mysqlProducts = []pattern{
	{"MariaDB", regexp.MustCompile(`^(?:5\.5\.5-)?(?P<version>\d+\.\d+\.\d+)-MariaDB`)},
	{"MySQL", regexp.MustCompile(`^(?P<version>\d+\.\d+\.\d+[\w.-]*)`)},
}

// mysqlGreeting reads the version out of the first packet of MySQL: three bytes
// of length, number 0, protocol 10 and the version up to a zero byte.
func mysqlGreeting(b []byte) (version string, ok bool) {
	if len(b) < 6 || b[3] != 0 || b[4] != 10 {
		return "", false
	}
	length := int(binary.LittleEndian.Uint16(b)) | int(b[2])<<16
	end := bytes.IndexByte(b[5:], 0)
	if end < 1 || length < end+2 || length > len(b)-4 || !mysqlVersion.Match(b[5:5+end]) {
		return "", false
	}
	return string(b[5 : 5+end]), true
}

var mysqlVersion = regexp.MustCompile(`^\d+\.\d+[\w.~+:-]*$`)
