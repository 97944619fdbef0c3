package openvpn

import (
	"bufio"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"strconv"
	"strings"
)

// Digest is what tls-auth signs with: the auth of a configuration.
type Digest struct {
	Name string
	new  func() hash.Hash
}

func (d Digest) size() int { return d.new().Size() }

// digests are those in use, the usual ones first: SHA1 is what a configuration
// without auth has.
var digests = []Digest{
	{"SHA1", sha1.New}, {"SHA256", sha256.New}, {"SHA512", sha512.New}, {"SHA384", sha512.New384}, {"SHA224", sha256.New224}, {"MD5", md5.New},
}

// Direction is which half of a static key a side sends with.
type Direction int8

// The directions. A configuration without one has Both, in which one key serves
// both ways.
const (
	Both    Direction = -1
	Normal  Direction = 0 // of servers, as they are usually set up
	Inverse Direction = 1
)

// key is what one direction uses.
type key struct{ cipher, hmac [64]byte }

// static is the key of a file of OpenVPN: a key for each direction.
type static [2]key

// way are the keys with which a client sends and receives.
func (s static) way(d Direction) (out, in key) {
	switch d {
	case Normal:
		return s[0], s[1]
	case Inverse:
		return s[1], s[0]
	}
	return s[0], s[0]
}

// Config is what the file of a client tells of its server.
type Config struct {
	Wraps []Wrap // those that fit the file, the likeliest first
	Port  uint16 // 0 where none is named
	TCP   bool
}

// The causes of a file that no packet can be made of.
var (
	errNoKey = errors.New("neither a static key, as openvpn --genkey makes it, nor a configuration with a key inside <tls-auth>, <tls-crypt> or <tls-crypt-v2>")
	errKey   = errors.New("not a whole key: a static key is 256 bytes in hexadecimal digits, a client's key of tls-crypt-v2 is base64")
)

// maxWrapped is the longest key that a client has from its server (tls_crypt.h).
const maxWrapped = 1024

// ParseConfig reads a static key, a client's key of tls-crypt-v2, or a
// configuration of a client or of the server that has one of them inside or
// names the file of one, which open reads. A bare static key does not say what it
// is for, so that it fits many Wraps.
func ParseConfig(text string, open func(name string) (string, error)) (Config, error) {
	f := file{blocks: map[string]string{}, files: map[string]string{}, direction: Both}
	if err := f.read(text); err != nil {
		return Config{}, err
	}
	if f.server && f.direction != Both {
		f.direction = Inverse - f.direction
	}
	c := Config{Port: f.port, TCP: f.tcp}
	for _, name := range []string{TLSCryptV2, TLSCrypt, TLSAuth, ""} {
		block, ok := f.blocks[name]
		var err error
		if path := f.files[name]; !ok && path != "" {
			block, err = open(path)
			ok = true
		}
		if !ok {
			continue
		}
		if err == nil {
			c.Wraps, err = f.wraps(name, block)
		}
		return c, err
	}
	return Config{}, errNoKey
}

// file is what was read of one.
type file struct {
	blocks    map[string]string // the inline ones; that without a name is the file itself
	files     map[string]string // those that stand in files of their own
	server    bool
	direction Direction
	directed  bool
	digest    string
	port      uint16
	tcp       bool
}

func (f *file) read(text string) error {
	if begun := strings.TrimSpace(text); !strings.Contains(text, "<tls-") && strings.Contains(begun, "-----BEGIN OpenVPN ") {
		f.blocks[""] = text
		return nil
	}
	lines := bufio.NewScanner(strings.NewReader(text))
	inside := ""
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(lines.Text())
		switch {
		case inside != "" && line == "</"+inside+">":
			inside = ""
		case inside != "":
			f.blocks[inside] += line + "\n"
		case strings.HasPrefix(line, "<") && strings.HasSuffix(line, ">"):
			inside = strings.Trim(line, "<>")
			f.blocks[inside] = ""
		default:
			if err := f.option(strings.Fields(line)); err != nil {
				return fmt.Errorf("line %d: %w", n, err)
			}
		}
	}
	return nil
}

// option takes one line of a configuration. The first server that is named is
// the one that a client tries first.
func (f *file) option(words []string) error {
	if len(words) < 2 {
		f.server = f.server || len(words) == 1 && words[0] == "tls-server"
		return nil
	}
	switch words[0] {
	case "server", "server-ipv6", "server-bridge":
		f.server = true
	case TLSAuth, TLSCrypt, TLSCryptV2:
		if words[1] != "[inline]" {
			f.files[words[0]] = strings.Trim(words[1], `"`)
		}
		if words[0] == TLSAuth && len(words) > 2 {
			return f.option([]string{"key-direction", words[2]})
		}
	case "key-direction":
		n, err := strconv.ParseUint(words[1], 10, 1)
		if err != nil {
			return errors.New("key-direction is 0 or 1")
		}
		f.direction, f.directed = Direction(n), true
	case "auth":
		f.digest = words[1]
	case "proto":
		f.tcp = strings.HasPrefix(words[1], "tcp")
	case "port", "rport":
		return f.at(words[1])
	case "remote":
		if len(words) > 3 {
			f.tcp = strings.HasPrefix(words[3], "tcp")
		}
		if len(words) > 2 && f.port == 0 {
			return f.at(words[2])
		}
	}
	return nil
}

func (f *file) at(word string) error {
	port, err := strconv.ParseUint(word, 10, 16)
	if err != nil || port == 0 {
		return errors.New("a port is a number from 1 to 65535")
	}
	f.port = uint16(port)
	return nil
}

// wraps are what a key may be for.
func (f *file) wraps(name, block string) ([]Wrap, error) {
	if name == TLSCryptV2 || strings.Contains(block, "tls-crypt-v2 client key") {
		w, err := clientKey(block)
		return []Wrap{w}, err
	}
	s, err := parseStatic(block)
	if err != nil {
		return nil, err
	}
	var all []Wrap
	if name != TLSAuth {
		w := Wrap{Name: TLSCrypt}
		w.out, w.in = s.way(Inverse)
		all = append(all, w)
	}
	if name == TLSCrypt {
		return all, nil
	}
	directions := []Direction{Inverse, Both, Normal}
	if name == TLSAuth || f.directed {
		directions = []Direction{f.direction}
	}
	for _, digest := range f.signs(name) {
		for _, d := range directions {
			w := Wrap{Name: TLSAuth, digest: digest, direction: d}
			w.out, w.in = s.way(d)
			all = append(all, w)
		}
	}
	if all == nil {
		return nil, fmt.Errorf("auth %s is not known here", f.digest)
	}
	return all, nil
}

// signs are the digests that a configuration may mean.
func (f *file) signs(name string) []Digest {
	if name == "" {
		return digests[:3]
	}
	word := f.digest
	if word == "" {
		word = digests[0].Name
	}
	plain := strings.ToUpper(strings.ReplaceAll(strings.TrimPrefix(strings.ToUpper(word), "RSA-"), "-", ""))
	for i, d := range digests {
		if d.Name == plain {
			return digests[i : i+1]
		}
	}
	return nil
}

// parseStatic reads a file of openvpn --genkey secret.
func parseStatic(text string) (s static, err error) {
	_, inner, begun := strings.Cut(text, "-----BEGIN OpenVPN Static key V1-----")
	inner, _, ended := strings.Cut(inner, "-----END OpenVPN Static key V1-----")
	b, err := hex.DecodeString(strings.Join(strings.Fields(inner), ""))
	if !begun || !ended || err != nil || len(b) != 256 {
		return static{}, errKey
	}
	for i := range s {
		copy(s[i].cipher[:], b[128*i:])
		copy(s[i].hmac[:], b[128*i+64:])
	}
	return s, nil
}

// clientKey reads a file of openvpn --genkey tls-crypt-v2-client: a static key,
// and behind it the same sealed for the server, with its length in the last two
// bytes.
func clientKey(text string) (Wrap, error) {
	_, inner, begun := strings.Cut(text, "-----BEGIN OpenVPN tls-crypt-v2 client key-----")
	inner, _, ended := strings.Cut(inner, "-----END OpenVPN tls-crypt-v2 client key-----")
	b, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(inner), ""))
	if !begun || !ended || err != nil || len(b) < 256+tagSize+2 || len(b) > 256+maxWrapped || int(binary.BigEndian.Uint16(b[len(b)-2:])) != len(b)-256 {
		return Wrap{}, errKey
	}
	var s static
	for i := range s {
		copy(s[i].cipher[:], b[128*i:])
		copy(s[i].hmac[:], b[128*i+64:])
	}
	w := Wrap{Name: TLSCryptV2, wrapped: b[256:]}
	w.out, w.in = s.way(Inverse)
	return w, nil
}
