// Package mssql encodes and decodes the first message of SQL Server's own
// protocol and the questions to its browser (MS-TDS section 2.2.6.5, MC-SQLR).
// Nothing here logs in. Bytes in, structs out: no I/O, no clock.
package mssql

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// ErrFormat is the cause when bytes are no message of the kind wanted.
var ErrFormat = errors.New("no message of SQL Server")

// Header is the size of what stands before each packet.
const Header = 8

// The kinds of packet (MS-TDS section 2.2.3.1.1).
const (
	kindPrelogin = 0x12
	kindReply    = 0x04
)

// The options of the first message (MS-TDS section 2.2.6.5).
const (
	optionVersion    = 0
	optionEncryption = 1
	optionInstance   = 2
	optionThread     = 3
	optionMARS       = 4
	optionEnd        = 0xff
)

// Prelogin is the first message: a version of nobody's, encryption for nothing
// but what the server demands, no instance, no thread, one result at a time.
func Prelogin() []byte {
	values := [][]byte{{0, 0, 0, 0, 0, 0}, {EncryptionOff}, {0}, {0, 0, 0, 0}, {0}}
	at := len(values)*5 + 1
	var b, data []byte
	for option, v := range values {
		b = append(b, byte(option))
		b = binary.BigEndian.AppendUint16(b, uint16(at))
		b = binary.BigEndian.AppendUint16(b, uint16(len(v)))
		at += len(v)
		data = append(data, v...)
	}
	return Packet(append(append(b, optionEnd), data...))
}

// Packet puts the header of a first message, which is whole, before a body.
func Packet(body []byte) []byte {
	b := []byte{kindPrelogin, 1, 0, 0, 0, 0, 1, 0}
	binary.BigEndian.PutUint16(b[2:], uint16(Header+len(body)))
	return append(b, body...)
}

// Length takes the length of a packet with its header out of the header; ok is
// false when it is no answer to a first message.
func Length(b [Header]byte) (n int, ok bool) {
	n = int(binary.BigEndian.Uint16(b[2:]))
	return n, (b[0] == kindReply || b[0] == kindPrelogin) && b[1]&1 == 1 && n > Header
}

// The words of encryption (MS-TDS section 2.2.6.5).
const (
	EncryptionOff  = 0 // offered, and used for the log-in alone
	EncryptionOn   = 1
	EncryptionNone = 2
	EncryptionMust = 3
)

// Server is what the answer to Prelogin tells.
type Server struct {
	Version    string // 16.0.1000.6
	Encryption byte
	Told       bool // whether it told the encryption
}

// ParsePrelogin decodes the body of the answer to Prelogin.
func ParsePrelogin(body []byte) (Server, error) {
	var s Server
	seen := false
	for at := 0; at < len(body) && body[at] != optionEnd; at += 5 {
		if at+5 > len(body) {
			return s, ErrFormat
		}
		from, size := int(binary.BigEndian.Uint16(body[at+1:])), int(binary.BigEndian.Uint16(body[at+3:]))
		if from > len(body) || size > len(body)-from {
			return s, ErrFormat
		}
		value := body[from : from+size]
		switch {
		case body[at] == optionVersion && size >= 6:
			seen = true
			s.Version = fmt.Sprintf("%d.%d.%d.%d", value[0], value[1], binary.BigEndian.Uint16(value[2:]), binary.BigEndian.Uint16(value[4:]))
		case body[at] == optionEncryption && size == 1:
			s.Encryption, s.Told = value[0], true
		}
	}
	if !seen {
		return s, ErrFormat
	}
	return s, nil
}

// releases are the names under which versions are sold.
var releases = []struct{ version, name string }{
	{"17.", "2025"},
	{"16.", "2022"},
	{"15.", "2019"},
	{"14.", "2017"},
	{"13.", "2016"},
	{"12.", "2014"},
	{"11.", "2012"},
	{"10.50.", "2008 R2"},
	{"10.", "2008"},
	{"9.", "2005"},
	{"8.", "2000"},
	{"7.", "7.0"},
}

// Release is the name under which a version is sold: 2022; empty when nobody
// knows it.
func Release(version string) string {
	for _, r := range releases {
		if strings.HasPrefix(version, r.version) {
			return r.name
		}
	}
	return ""
}

// AskAll asks a browser for all instances, AskOne for one (MC-SQLR sections
// 2.2.2 and 2.2.3).
var AskAll = []byte{0x03}

// AskOne asks a browser for one instance.
func AskOne(instance string) []byte { return append(append([]byte{0x04}, instance...), 0) }

// Instance is a SQL Server as its browser tells.
type Instance struct {
	Server    string
	Name      string
	Version   string
	Clustered bool
	TCP       string // its port, empty when it does not listen there
	Pipe      string
}

// maxInstances bounds the list; a machine has fifty at most.
const maxInstances = 64

// ParseInstances decodes a browser's answer (MC-SQLR section 2.2.5). A datagram
// that was cut is read as far as it goes.
func ParseInstances(b []byte) ([]Instance, error) {
	const header = 3
	if len(b) <= header || b[0] != 0x05 {
		return nil, ErrFormat
	}
	size := int(binary.LittleEndian.Uint16(b[1:]))
	if size < len(b)-header {
		return nil, ErrFormat
	}
	var all []Instance
	for part := range strings.SplitSeq(string(b[header:]), ";;") {
		words := strings.Split(part, ";")
		if len(words) < 4 || !strings.EqualFold(words[0], "ServerName") {
			continue
		}
		if len(all) == maxInstances {
			break
		}
		var i Instance
		for pair := range slices.Chunk(words, 2) {
			if len(pair) == 2 {
				i.set(strings.ToLower(pair[0]), pair[1])
			}
		}
		all = append(all, i)
	}
	if len(all) == 0 {
		return nil, ErrFormat
	}
	return all, nil
}

func (i *Instance) set(name, value string) {
	switch name {
	case "servername":
		i.Server = value
	case "instancename":
		i.Name = value
	case "version":
		i.Version = value
	case "isclustered":
		i.Clustered = strings.EqualFold(value, "yes")
	case "tcp":
		i.TCP = value
	case "np":
		i.Pipe = value
	}
}
