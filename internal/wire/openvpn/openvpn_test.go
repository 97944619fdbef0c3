package openvpn

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

// keyText is a static key of the bytes 0 to 255.
func keyText() string {
	var b strings.Builder
	b.WriteString("#\n# 2048 bit OpenVPN static key\n#\n-----BEGIN OpenVPN Static key V1-----\n")
	for line := range 16 {
		for i := range 16 {
			fmt.Fprintf(&b, "%02x", 16*line+i)
		}
		b.WriteString("\n")
	}
	return b.String() + "-----END OpenVPN Static key V1-----\n"
}

func clientText(wrapped []byte) string {
	all := append(make([]byte, 256), wrapped...)
	return "-----BEGIN OpenVPN tls-crypt-v2 client key-----\n" + base64.StdEncoding.EncodeToString(all) + "\n-----END OpenVPN tls-crypt-v2 client key-----\n"
}

func parsed(t testing.TB, text string) Config {
	t.Helper()
	c, err := ParseConfig(text, func(name string) (string, error) {
		if name == "ta.key" {
			return keyText(), nil
		}
		return "", errors.New("no such file")
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

const session = 0x0123456789abcdef

// mirror is the server's answer under the same key: it acknowledges packet 0 of
// our session.
func mirror(w Wrap, session uint64) []byte {
	w.out, w.in = w.in, w.out
	head := binary.BigEndian.AppendUint64([]byte{serverReset2 << 3}, 77)
	body := binary.BigEndian.AppendUint64([]byte{1, 0, 0, 0, 0}, session)
	body = append(body, 0, 0, 0, 0)
	replay := []byte{0, 0, 0, 1, 9, 9, 9, 9}
	if w.Name == TLSAuth {
		return bytes.Join([][]byte{head, w.sign(w.out, replay, head, body), replay, body}, nil)
	}
	head = append(head, replay...)
	tag := w.tag(w.out, head, body)
	return bytes.Join([][]byte{head, tag, w.out.counter(tag, body)}, nil)
}

func TestAnswers(t *testing.T) {
	wrapped := append(bytes.Repeat([]byte{5}, 40), 0, 42)
	all := append(parsed(t, keyText()).Wraps, parsed(t, clientText(wrapped)).Wraps...)
	if len(all) != 11 {
		t.Fatalf("%d ways", len(all))
	}
	for i, w := range all {
		mine := session + uint64(i)
		answer := mirror(w, mine)
		for j, other := range all {
			// A server sends with the same half of the key to a client with direction 1
			// and to one with none: the sessions tell which of them it answers.
			if err := other.Check(session+uint64(j), answer); (err == nil) != (i == j) {
				t.Errorf("%s %s takes the answer of %s %s: %v", other.Name, other.Detail(), w.Name, w.Detail(), err)
			}
		}
		if w.Check(mine+1, answer) == nil {
			t.Error("the answer to another session is taken")
		}
		for at := range answer {
			broken := bytes.Clone(answer)
			broken[at] ^= 1
			if w.Check(mine, broken) == nil || w.Check(mine, answer[:at]) == nil {
				t.Errorf("%s: byte %d", w.Name, at)
			}
		}
		request := w.Reset(mine, time.Unix(1_700_000_000, 0))
		if opcode := request[0] >> 3; (opcode == clientReset3) != (w.Name == TLSCryptV2) || binary.BigEndian.Uint64(request[1:]) != mine {
			t.Errorf("% x", request)
		}
		if w.Name == TLSCryptV2 && !bytes.HasSuffix(request, wrapped) {
			t.Error("the sealed key is missing")
		}
	}
}

func TestParseConfig(t *testing.T) {
	inline := "<tls-auth>\n" + keyText() + "</tls-auth>\n"
	for _, c := range []struct {
		name, text string
		port       uint16
		tcp        bool
		wraps      []string
	}{
		{"client", "client\nremote vpn.example 443 tcp-client\nremote other.example 1194\nauth SHA512\nkey-direction 1\n<ca>\n-----BEGIN CERTIFICATE-----\n</ca>\n" + inline, 443, true, []string{"tls-auth auth SHA512, key-direction 1"}},
		{"no-direction", "remote vpn.example\r\n" + inline, 0, false, []string{"tls-auth auth SHA1"}},
		{"file", "proto udp\nport 1195\ntls-auth ta.key 1\n", 1195, false, []string{"tls-auth auth SHA1, key-direction 1"}},
		{"server", "server 10.8.0.0 255.255.255.0\nauth sha-256\ntls-auth ta.key 0\n", 0, false, []string{"tls-auth auth SHA256, key-direction 1"}},
		{"crypt", "tls-crypt \"ta.key\"\n", 0, false, []string{"tls-crypt "}},
		{"both", inline + "<tls-crypt>\n" + keyText() + "</tls-crypt>\n", 0, false, []string{"tls-crypt "}},
	} {
		got := parsed(t, c.text)
		var wraps []string
		for _, w := range got.Wraps {
			wraps = append(wraps, w.Name+" "+w.Detail())
		}
		if got.Port != c.port || got.TCP != c.tcp || strings.Join(wraps, "; ") != strings.Join(c.wraps, "; ") {
			t.Errorf("%s: %+v %q", c.name, got.Port, wraps)
		}
	}
	for name, text := range map[string]string{
		"empty": "", "no-key": "client\nremote a 1194\n", "cut": keyText()[:300], "short": "-----BEGIN OpenVPN Static key V1-----\n00\n-----END OpenVPN Static key V1-----\n",
		"digest": "auth GOST\n" + inline, "direction": "key-direction 2\n" + inline, "port": "remote a 99999\n" + inline, "missing": "tls-auth nothing.key 1\n",
		"sealed-short": clientText([]byte{0, 2}), "sealed-lie": clientText(append(make([]byte, 40), 1, 1)),
	} {
		if c, err := ParseConfig(text, func(string) (string, error) { return "", errors.New("no such file") }); err == nil {
			t.Errorf("%s: %+v", name, c)
		}
	}
}

func FuzzCheck(f *testing.F) {
	all := append(parsed(f, keyText()).Wraps, parsed(f, clientText(append(make([]byte, 40), 0, 42))).Wraps...)
	for _, w := range all {
		f.Add(mirror(w, session))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		before := bytes.Clone(b)
		for _, w := range all {
			_ = w.Check(session, b)
		}
		if !bytes.Equal(before, b) {
			t.Error("changed what it read")
		}
	})
}

func FuzzParseConfig(f *testing.F) {
	f.Add("client\nremote a 1194 udp\nkey-direction 1\n<tls-auth>\n" + keyText() + "</tls-auth>\n")
	f.Add(clientText(append(make([]byte, 40), 0, 42)))
	f.Fuzz(func(_ *testing.T, text string) {
		c, err := ParseConfig(text, func(string) (string, error) { return keyText(), nil })
		if err != nil {
			return
		}
		for _, w := range c.Wraps {
			w.Reset(1, time.Unix(0, 0))
		}
	})
}
