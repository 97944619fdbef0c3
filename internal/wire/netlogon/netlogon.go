// Package netlogon decodes what a domain controller answers to those who look
// for one (MS-ADTS section 6.3.1.9). Bytes in, struct out: no I/O, no clock.
package netlogon

import (
	"encoding/binary"
	"errors"
	"strings"
)

// ErrFormat is the cause when bytes are no such answer.
var ErrFormat = errors.New("no answer of a domain controller")

// Response is what a domain controller says of itself.
type Response struct {
	Flags         uint32
	GUID          [16]byte // of the domain
	Forest        string
	Domain        string
	Host          string
	NetBIOSDomain string
	NetBIOSName   string
	Site          string // of the controller
	ClientSite    string // of the asker, as far as its address is known there
}

const (
	opResponse = 23 // LOGON_SAM_LOGON_RESPONSE_EX
	fixed      = 24
)

// Parse decodes an answer.
func Parse(b []byte) (Response, error) {
	if len(b) < fixed || binary.LittleEndian.Uint16(b) != opResponse {
		return Response{}, ErrFormat
	}
	r := Response{Flags: binary.LittleEndian.Uint32(b[4:]), GUID: [16]byte(b[8:24])}
	at := fixed
	var user string
	for _, field := range []*string{&r.Forest, &r.Domain, &r.Host, &r.NetBIOSDomain, &r.NetBIOSName, &user, &r.Site, &r.ClientSite} {
		text, next, ok := name(b, at)
		if !ok {
			return r, ErrFormat
		}
		*field, at = text, next
	}
	r.NetBIOSName = strings.TrimLeft(r.NetBIOSName, `\`)
	return r, nil
}

// maxJumps bounds the pointers of one name, maxName its length (RFC 1035
// section 2.3.4).
const (
	maxJumps = 16
	maxName  = 255
)

// name decodes a name of labels, which may point back (RFC 1035 section
// 4.1.4), and returns where it ends.
func name(b []byte, at int) (text string, next int, ok bool) {
	var out []byte
	for jumps := 0; at < len(b); {
		n := int(b[at])
		switch {
		case n == 0:
			if jumps == 0 {
				next = at + 1
			}
			return string(out), next, true
		case n&0xc0 == 0xc0:
			if at+2 > len(b) || jumps == maxJumps {
				return "", 0, false
			}
			if jumps == 0 {
				next = at + 2
			}
			jumps++
			at = int(binary.BigEndian.Uint16(b[at:])) & 0x3fff
		case n > 63 || at+1+n > len(b) || len(out)+1+n > maxName:
			return "", 0, false
		default:
			if len(out) > 0 {
				out = append(out, '.')
			}
			out = append(out, b[at+1:at+1+n]...)
			at += 1 + n
		}
	}
	return "", 0, false
}

// roles are the flags (MS-ADTS section 6.3.1.2), in the order of their bits.
var roles = []struct {
	flag uint32
	word string
}{
	{0x00000001, "pdc"},
	{0x00000004, "global-catalog"},
	{0x00000008, "ldap"},
	{0x00000010, "directory"},
	{0x00000020, "kdc"},
	{0x00000040, "time"},
	{0x00000080, "closest"},
	{0x00000100, "writable"},
	{0x00000200, "reliable-time"},
	{0x00000800, "read-only"},
}

// Roles are what the controller is, in words of ours.
func (r Response) Roles() []string {
	var words []string
	for _, role := range roles {
		if r.Flags&role.flag != 0 {
			words = append(words, role.word)
		}
	}
	return words
}
