package netio

import (
	"os"
	"strconv"
	"strings"
)

// HopLimit is how many hops packets of this machine's kernel live for, as they
// leave: its setting on Linux, elsewhere what systems have by default.
func HopLimit(v6 bool) uint8 {
	path := "/proc/sys/net/ipv4/ip_default_ttl"
	if v6 {
		path = "/proc/sys/net/ipv6/conf/default/hop_limit"
	}
	const usual = 64 // RFC 1700, and what all but Windows use
	b, err := os.ReadFile(path)
	if err != nil {
		return usual
	}
	n, err := strconv.ParseUint(strings.TrimSpace(string(b)), 10, 8)
	if err != nil || n == 0 {
		return usual
	}
	return uint8(n)
}
