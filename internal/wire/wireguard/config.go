package wireguard

import (
	"bufio"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Key is a private, public or pre-shared key.
type Key [32]byte

// ParseKey reads a key as wg genkey prints it.
func ParseKey(text string) (Key, error) {
	b, err := base64.StdEncoding.Strict().DecodeString(strings.TrimSpace(text))
	if err != nil || len(b) != len(Key{}) {
		return Key{}, errKeyText
	}
	return Key(b), nil
}

var errKeyText = errors.New("a key is 44 characters of base64, as wg genkey prints them")

// Config is what a peer knows: its own key and the servers that it talks to.
type Config struct {
	Private Key
	Peers   []Peer
}

// Peer is one other end of a Config.
type Peer struct {
	Public    Key
	Preshared Key    // the zero Key for none
	Port      uint16 // of its Endpoint; 0 when none is named
}

// maxPeers bounds a Config.
const maxPeers = 1000

// ParseConfig reads the file of a peer: a private key alone, or a whole
// configuration of wg or wg-quick.
func ParseConfig(text string) (Config, error) {
	var c Config
	if key, err := ParseKey(text); err == nil {
		c.Private = key
		return c, nil
	}
	lines := bufio.NewScanner(strings.NewReader(text))
	section := ""
	for n := 1; lines.Scan(); n++ {
		line, _, _ := strings.Cut(lines.Text(), "#")
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "[") {
			section = strings.ToLower(strings.Trim(line, "[] \t"))
			if section == "peer" {
				if len(c.Peers) == maxPeers {
					return Config{}, fmt.Errorf("more than %d peers", maxPeers)
				}
				c.Peers = append(c.Peers, Peer{})
			}
			continue
		}
		name, value, ok := strings.Cut(line, "=")
		if !ok {
			continue
		}
		if err := c.set(section, strings.ToLower(strings.TrimSpace(name)), strings.TrimSpace(value)); err != nil {
			return Config{}, fmt.Errorf("line %d: %s: %w", n, strings.TrimSpace(name), err)
		}
	}
	if c.Private == (Key{}) {
		return Config{}, errNoPrivate
	}
	return c, nil
}

var errNoPrivate = errors.New("neither a private key, as wg genkey prints it, nor a configuration with a line PrivateKey")

// set takes one line of a configuration. What is for the interface and the
// routes is left alone.
func (c *Config) set(section, name, value string) (err error) {
	switch {
	case section == "interface" && name == "privatekey":
		c.Private, err = ParseKey(value)
	case section == "peer" && name == "publickey":
		c.Peers[len(c.Peers)-1].Public, err = ParseKey(value)
	case section == "peer" && name == "presharedkey":
		c.Peers[len(c.Peers)-1].Preshared, err = ParseKey(value)
	case section == "peer" && name == "endpoint":
		port, bad := strconv.ParseUint(value[strings.LastIndexByte(value, ':')+1:], 10, 16)
		if bad != nil || port == 0 {
			return errEndpoint
		}
		c.Peers[len(c.Peers)-1].Port = uint16(port)
	}
	return err
}

var errEndpoint = errors.New("an endpoint is host:port")
