// Package minecraft writes and reads the packets with which a client of the Java
// edition asks a server for its status and begins to log in (Minecraft Wiki,
// "Java Edition protocol").
package minecraft

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"io"
	"strings"
)

// ErrFormat is what is no packet of the protocol.
var ErrFormat = errors.New("no packet of Minecraft")

// MaxPacket is the longest packet that is read, in bytes: a status with an icon
// has twenty thousand.
const MaxPacket = 48 << 10

// What a client is up to, in its handshake.
const (
	ToStatus = 1
	ToLogin  = 2
)

// AppendVarInt appends a number in groups of seven bits, the low ones first.
func AppendVarInt(b []byte, n int32) []byte {
	return binary.AppendUvarint(b, uint64(uint32(n)))
}

// appendText appends a text with its length before it.
func appendText(b []byte, s string) []byte {
	return append(AppendVarInt(b, int32(len(s))), s...)
}

// packet puts a packet's length before it.
func packet(body []byte) []byte { return append(AppendVarInt(nil, int32(len(body))), body...) }

// Handshake is the first packet: the version of the protocol that the client
// speaks, the name and port that it thinks to be at, and what it is up to.
func Handshake(version int32, host string, port uint16, next int32) []byte {
	b := appendText(AppendVarInt([]byte{0}, version), host)
	return packet(AppendVarInt(binary.BigEndian.AppendUint16(b, port), next))
}

// StatusRequest asks for the status.
func StatusRequest() []byte { return packet([]byte{0}) }

// LoginWaits is the first version of the protocol, that of 1.20.2, in which the
// server waits for the client's word between the login and the game: before it
// whoever was let in stood in the world.
const LoginWaits = 764

// LoginStart names a player, as LoginWaits and later want it, with an id of zeros,
// which servers look up or make themselves.
func LoginStart(name string) []byte {
	return packet(append(appendText([]byte{0}, name), make([]byte, 16)...))
}

// ReadPacket reads one packet that is not compressed: its number and what is in
// it. More than MaxPacket bytes are ErrFormat.
func ReadPacket(r io.ByteReader, full io.Reader) (id int32, body []byte, err error) {
	length, err := readVarInt(r)
	if err != nil {
		return 0, nil, err
	}
	if length < 1 || length > MaxPacket {
		return 0, nil, ErrFormat
	}
	var b strings.Builder
	if _, err := io.CopyN(&b, full, int64(length)); err != nil {
		return 0, nil, err
	}
	body = []byte(b.String())
	n, used := varInt(body)
	if used == 0 {
		return 0, nil, ErrFormat
	}
	return n, body[used:], nil
}

func readVarInt(r io.ByteReader) (int32, error) {
	var n uint32
	for shift := 0; shift < 35; shift += 7 {
		b, err := r.ReadByte()
		if err != nil {
			return 0, err
		}
		n |= uint32(b&0x7f) << shift
		if b < 0x80 {
			return int32(n), nil
		}
	}
	return 0, ErrFormat
}

// varInt takes a number from the front; used is 0 when there is none.
func varInt(b []byte) (n int32, used int) {
	var sum uint32
	for i := 0; i < len(b) && i < 5; i++ {
		sum |= uint32(b[i]&0x7f) << (7 * i)
		if b[i] < 0x80 {
			return int32(sum), i + 1
		}
	}
	return 0, 0
}

// Text takes a text with its length before it.
func Text(b []byte) (string, bool) {
	n, used := varInt(b)
	if used == 0 || n < 0 || int(n) > len(b)-used {
		return "", false
	}
	return string(b[used : used+int(n)]), true
}

// Status is what a server tells everybody.
type Status struct {
	Version struct {
		Name     string `json:"name"`
		Protocol int32  `json:"protocol"`
	} `json:"version"`
	Players struct {
		Most   int `json:"max"`
		Online int `json:"online"`
		Sample []struct {
			Name string `json:"name"`
		} `json:"sample"`
	} `json:"players"`
	Description json.RawMessage `json:"description"`
	// SecureChat is told by servers that check players and want them to sign what
	// they say (enforce-secure-profile), which needs the former.
	SecureChat bool `json:"enforcesSecureChat"`
	// Forge and ModInfo are there when the server is changed by mods.
	Forge   json.RawMessage `json:"forgeData"`
	ModInfo json.RawMessage `json:"modinfo"`
}

// ReadStatus reads the answer to a StatusRequest.
func ReadStatus(body []byte) (Status, error) {
	var s Status
	text, ok := Text(body)
	if !ok || json.Unmarshal([]byte(text), &s) != nil || s.Version.Name == "" && s.Version.Protocol == 0 {
		return Status{}, ErrFormat
	}
	return s, nil
}

// maxDepth bounds how deep texts lie in one another.
const maxDepth = 8

// Plain is a text component as people read it: a text, a list of components, or
// an object with text and more of them in extra. The key of a translation stands
// for what it would say.
func Plain(component json.RawMessage) string {
	var b strings.Builder
	plain(component, &b, maxDepth)
	return strings.TrimSpace(formats.Replace(b.String()))
}

// formats are the colours and the like that a sign before one letter begins.
var formats = func() *strings.Replacer {
	var pairs []string
	for _, c := range "0123456789abcdefklmnorABCDEFKLMNOR" {
		pairs = append(pairs, "§"+string(c), "")
	}
	return strings.NewReplacer(pairs...)
}()

func plain(component json.RawMessage, b *strings.Builder, depth int) {
	if depth == 0 || len(component) == 0 {
		return
	}
	switch component[0] {
	case '"':
		var text string
		if json.Unmarshal(component, &text) == nil {
			b.WriteString(text)
		}
	case '[':
		var list []json.RawMessage
		if json.Unmarshal(component, &list) == nil {
			for _, one := range list {
				plain(one, b, depth-1)
			}
		}
	case '{':
		var object struct {
			Text      string            `json:"text"`
			Translate string            `json:"translate"`
			Extra     []json.RawMessage `json:"extra"`
		}
		if json.Unmarshal(component, &object) == nil {
			b.WriteString(object.Text + object.Translate)
			for _, one := range object.Extra {
				plain(one, b, depth-1)
			}
		}
	}
}
