package probe

import (
	"encoding/binary"
	"errors"
	"slices"
	"strings"
)

// maxSSHPacket is the largest packet that RFC 4253 section 6.1 has everybody
// take.
const maxSSHPacket = 35000

// sshMsgKexinit is the number of the message (RFC 4253 section 12).
const sshMsgKexinit = 20

// sshOffer is what a server puts forward in its KEXINIT (RFC 4253 section 7.1),
// server to client where it names both directions.
type sshOffer struct {
	kex, hostKeys, ciphers, macs []string
	upCiphers, upMACs            []string // client to server
}

var errKexinit = errors.New("no readable KEXINIT")

// parseKexinit reads the first packet of a stream, which is not encrypted: its
// length, its padding length, the message. It is read here because the library
// keeps to itself what it does not speak.
func parseKexinit(stream []byte) (sshOffer, error) {
	if len(stream) < 6 {
		return sshOffer{}, errKexinit
	}
	length := binary.BigEndian.Uint32(stream)
	if length < 2 || length > maxSSHPacket || int(length) > len(stream)-4 {
		return sshOffer{}, errKexinit
	}
	packet := stream[4 : 4+length]
	padding := int(packet[0])
	const cookie = 16
	if padding+1 > len(packet) || len(packet)-padding < 2+cookie || packet[1] != sshMsgKexinit {
		return sshOffer{}, errKexinit
	}
	rest := packet[2+cookie : len(packet)-padding]
	lists := make([][]string, 8)
	for i := range lists {
		var ok bool
		if lists[i], rest, ok = sshNames(rest); !ok {
			return sshOffer{}, errKexinit
		}
	}
	return sshOffer{kex: lists[0], hostKeys: lists[1], upCiphers: lists[2], ciphers: lists[3], upMACs: lists[4], macs: lists[5]}, nil
}

// maxSSHNames bounds a list of names; OpenSSH offers up to a dozen.
const maxSSHNames = 64

// sshNames reads a name-list (RFC 4251 section 5).
func sshNames(b []byte) (names []string, rest []byte, ok bool) {
	if len(b) < 4 {
		return nil, nil, false
	}
	n := binary.BigEndian.Uint32(b)
	if uint64(n) > uint64(len(b)-4) {
		return nil, nil, false
	}
	text := string(b[4 : 4+n])
	rest = b[4+n:]
	for name := range strings.SplitSeq(text, ",") {
		if name != "" && len(names) < maxSSHNames {
			names = append(names, name)
		}
	}
	return names, rest, true
}

// sshWeak are algorithms that their own standards gave up: SHA-1 in the key
// exchange and in signatures, and small groups (RFC 9142), DSA (RFC 8332
// section 1 and FIPS 186-5), RC4 (RFC 8758), CBC for its plaintext recovery
// (RFC 4344 section 5 asks for CTR instead), DES, MD5 and MACs cut to 96 bits.
var sshWeak = []string{
	"diffie-hellman-group1-sha1", "diffie-hellman-group14-sha1", "diffie-hellman-group-exchange-sha1", "rsa1024-sha1",
	"gss-group1-sha1-*", "gss-gex-sha1-*", "gss-group14-sha1-*",
	"ssh-rsa", "ssh-dss", "ssh-rsa-cert-v01@openssh.com", "ssh-dss-cert-v01@openssh.com",
	"*-cbc", "rijndael-cbc@lysator.liu.se", "arcfour", "arcfour128", "arcfour256", "none", "des",
	"hmac-md5", "hmac-md5-96", "hmac-sha1-96", "hmac-ripemd160",
	"hmac-md5-etm@openssh.com", "hmac-md5-96-etm@openssh.com", "hmac-sha1-96-etm@openssh.com",
}

// weak returns which of the offered algorithms are weak.
func (o sshOffer) weak() []string {
	var found []string
	for _, name := range slices.Concat(o.kex, o.hostKeys, o.ciphers, o.macs) {
		if slices.ContainsFunc(sshWeak, func(w string) bool { return sshMatches(w, name) }) && !slices.Contains(found, name) {
			found = append(found, name)
		}
	}
	return found
}

// sshStrict is what a server says of itself that counts packets in a way that
// cannot be shifted (OpenSSH's PROTOCOL, section 1.10).
const sshStrict = "kex-strict-s-v00@openssh.com"

// terrapin returns the ciphers with which somebody on the way can take packets
// out of the beginning of a connection unseen (CVE-2023-48795): ChaCha20-Poly1305,
// and CBC with a MAC over what is encrypted. Where both sides count strictly
// there is none.
func (o sshOffer) terrapin() []string {
	if slices.Contains(o.kex, sshStrict) {
		return nil
	}
	var found []string
	for _, way := range [][2][]string{{o.ciphers, o.macs}, {o.upCiphers, o.upMACs}} {
		etm := slices.ContainsFunc(way[1], func(name string) bool { return strings.HasSuffix(name, "-etm@openssh.com") })
		for _, name := range way[0] {
			cbc := strings.HasSuffix(name, "-cbc") || name == "rijndael-cbc@lysator.liu.se"
			if (strings.HasPrefix(name, "chacha20-poly1305") || cbc && etm) && !slices.Contains(found, name) {
				found = append(found, name)
			}
		}
	}
	return found
}

// sshMatches compares a name with a pattern that may begin or end in a star.
func sshMatches(pattern, name string) bool {
	if tail, ok := strings.CutPrefix(pattern, "*"); ok {
		return strings.HasSuffix(name, tail)
	}
	if head, ok := strings.CutSuffix(pattern, "*"); ok {
		return strings.HasPrefix(name, head)
	}
	return pattern == name
}
