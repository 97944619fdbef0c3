// Package ftp reads and writes the words with which the two ends of an FTP
// session agree on a data connection, and reads the lists of files that servers
// send. It does no I/O.
package ftp

import (
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
)

// The errors of the parsers.
var (
	ErrPassive         = errors.New("the reply to PASV names no address and port")
	ErrExtendedPassive = errors.New("the reply to EPSV names no port")
)

// ParsePassive reads where a server waits, from the text of its reply 227 to
// PASV: h1,h2,h3,h4,p1,p2 (RFC 959 section 4.1.2). The parentheses around the
// numbers are usual and not promised, so the six numbers are looked for anywhere
// in the text (RFC 1123 section 4.1.2.6). It returns ErrPassive for a text
// without them, and for numbers that are no bytes.
func ParsePassive(text string) (netip.AddrPort, error) {
	for rest := text; rest != ""; {
		at := strings.IndexFunc(rest, digit)
		if at < 0 {
			break
		}
		rest = rest[at:]
		end := strings.IndexFunc(rest, func(r rune) bool { return !digit(r) && r != ',' && r != ' ' })
		if end < 0 {
			end = len(rest)
		}
		if a, ok := sixNumbers(rest[:end]); ok {
			return a, nil
		}
		rest = rest[end:]
	}
	return netip.AddrPort{}, ErrPassive
}

func digit(r rune) bool { return r >= '0' && r <= '9' }

// sixNumbers reads an address and a port from six bytes with commas between.
func sixNumbers(text string) (netip.AddrPort, bool) {
	fields := strings.Split(text, ",")
	if len(fields) != 6 {
		return netip.AddrPort{}, false
	}
	var b [6]byte
	for i, f := range fields {
		n, err := strconv.ParseUint(strings.TrimSpace(f), 10, 8)
		if err != nil {
			return netip.AddrPort{}, false
		}
		b[i] = byte(n)
	}
	return netip.AddrPortFrom(netip.AddrFrom4([4]byte(b[:4])), uint16(b[4])<<8|uint16(b[5])), true
}

// ParseExtendedPassive reads on which port a server waits, from the text of its
// reply 229 to EPSV: (|||6446|), where any printable character may stand for
// the bars (RFC 2428 section 3). Protocol and address between them must be
// empty; a server that fills them in is understood all the same, since only the
// port counts. It returns ErrExtendedPassive for any other text.
func ParseExtendedPassive(text string) (uint16, error) {
	open, end := strings.LastIndexByte(text, '('), strings.LastIndexByte(text, ')')
	if open < 0 || end < open+2 {
		return 0, ErrExtendedPassive
	}
	inner := text[open+1 : end]
	if inner[0] < 33 || inner[0] > 126 {
		return 0, ErrExtendedPassive
	}
	fields := strings.Split(inner, inner[:1])
	if len(fields) != 5 || fields[4] != "" {
		return 0, ErrExtendedPassive
	}
	port, err := strconv.ParseUint(fields[3], 10, 16)
	if err != nil || port == 0 {
		return 0, ErrExtendedPassive
	}
	return uint16(port), nil
}

// PortArgument is what stands behind PORT for an IPv4 address (RFC 959 section
// 4.1.2): h1,h2,h3,h4,p1,p2. Other addresses have no such form, and an empty
// text is returned for them.
func PortArgument(a netip.AddrPort) string {
	if !a.Addr().Unmap().Is4() {
		return ""
	}
	b := a.Addr().Unmap().As4()
	return fmt.Sprintf("%d,%d,%d,%d,%d,%d", b[0], b[1], b[2], b[3], a.Port()>>8, a.Port()&0xff)
}

// ExtendedPortArgument is what stands behind EPRT: |2|2001:db8::1|6275| (RFC 2428
// section 2). A zone means nothing to the other end and is left out.
func ExtendedPortArgument(a netip.AddrPort) string {
	address, family := a.Addr().Unmap().WithZone(""), 2
	if address.Is4() {
		family = 1
	}
	return fmt.Sprintf("|%d|%s|%d|", family, address, a.Port())
}
