//go:build linux && lab

package probe_test

import (
	"crypto/ecdh"
	"encoding/base64"
	"net/netip"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/crypto/blake2s"

	"sekisho/internal/exposure"
	"sekisho/internal/lab"
	"sekisho/internal/probe"
)

// wireguardKey makes a private key of a word, and its public key.
func wireguardKey(t *testing.T, word string) (private, public string) {
	t.Helper()
	sum := blake2s.Sum256([]byte(word))
	k, err := ecdh.X25519().NewPrivateKey(sum[:])
	if err != nil {
		t.Fatal(err)
	}
	return base64.StdEncoding.EncodeToString(sum[:]), base64.StdEncoding.EncodeToString(k.PublicKey().Bytes())
}

// keyFile writes a file with a key.
func keyFile(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestWireGuardInDepth asks wireguard-go as a stranger, as its peer, as its peer
// with a wrong pre-shared key, and as somebody whom it does not know.
func TestWireGuardInDepth(t *testing.T) {
	l := lab.New(t)
	h := l.Home
	server, serverPublic := wireguardKey(t, "server")
	client, clientPublic := wireguardKey(t, "client")
	other, _ := wireguardKey(t, "other")
	h.StartWireGuard(t, lab.WireGuard{Private: server, Peer: clientPublic})
	h.StartWireGuard(t, lab.WireGuard{Port: 4500, Private: server, Peer: clientPublic, Preshared: other})
	file := func(name, text string) string { return keyFile(t, name, text) }
	bare := file("client.key", client+"\n")
	for name, c := range map[string]struct {
		port      uint16
		values    map[string][]string
		handshake string
		why       string
		state     exposure.State
	}{
		"stranger":       {0, nil, "skipped", "wireguard-no-key", exposure.OpenFiltered},
		"peer":           {0, map[string][]string{"key-file": {bare}, "peer-key": {serverPublic}}, "ok", "", exposure.Open},
		"unknown":        {0, map[string][]string{"key-file": {file("other.key", other)}, "peer-key": {serverPublic}}, "failed", "wireguard-silent", exposure.OpenFiltered},
		"another-server": {0, map[string][]string{"key-file": {bare}, "peer-key": {clientPublic}}, "failed", "wireguard-silent", exposure.OpenFiltered},
		"no-psk":         {4500, map[string][]string{"key-file": {bare}, "peer-key": {serverPublic}}, "failed", "wireguard-preshared", exposure.Open},
		"psk-file":       {4500, map[string][]string{"key-file": {bare}, "peer-key": {serverPublic}, "psk-file": {file("psk", other)}}, "ok", "", exposure.Open},
		// The configuration of wg-quick says all of it, the port too.
		"config": {0, map[string][]string{"key-file": {file("wg0.conf", "[Interface]\nPrivateKey = "+client+"\n[Peer]\nPublicKey = "+serverPublic+
			"\nPresharedKey = "+other+"\nEndpoint = home.example:4500\n")}}, "ok", "", exposure.Open},
		"closed": {51821, map[string][]string{"key-file": {bare}, "peer-key": {serverPublic}}, "failed", "", exposure.Closed},
	} {
		t.Run(name, func(t *testing.T) {
			targets := []exposure.Target{{Address: h.V4}, {Address: h.V6}}
			if c.state == exposure.OpenFiltered {
				t.Parallel() // it takes the whole time until nothing has come
				targets = targets[:1]
			}
			for _, at := range targets {
				out, err := probe.RunTestThrough(t.Context(), l.LAN.Do, "wireguard", at, probe.TestOptions{Port: c.port, Values: c.values})
				if err != nil {
					t.Fatal(err)
				}
				holdSteps(t, out, map[string]string{"wireguard-handshake": c.handshake})
				last := out.Steps[len(out.Steps)-1]
				if last.Why != c.why || out.State != c.state || (out.Service.Confidence == exposure.Confirmed) != (c.state == exposure.Open) {
					t.Errorf("%s: why %q, state %s, %+v, %+v", at.Address, last.Why, out.State, out.Service, out.Steps)
				}
			}
		})
	}
}

// TestOpenVPNInDepth asks OpenVPN servers with each protection of the control
// channel, without the key, with a bare key, which does not say what it is for,
// with a configuration around it, and with another key.
func TestOpenVPNInDepth(t *testing.T) {
	l := lab.New(t)
	h := l.Home
	dir := t.TempDir()
	in := func(name string) string { return filepath.Join(dir, name) }
	h.Run(t, "openvpn", "--genkey", "secret", in("ta.key"))
	h.Run(t, "openvpn", "--genkey", "secret", in("other.key"))
	h.Run(t, "openvpn", "--genkey", "tls-crypt-v2-server", in("v2.server"))
	h.Run(t, "openvpn", "--tls-crypt-v2", in("v2.server"), "--genkey", "tls-crypt-v2-client", in("v2.client"))
	text := func(name string) string {
		b, err := os.ReadFile(in(name))
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	for port, args := range map[uint16][]string{
		1194: nil,
		1195: {"--tls-auth", in("ta.key")},
		1196: {"--tls-auth", in("ta.key"), "0", "--auth", "SHA256"},
		1197: {"--tls-crypt", in("ta.key")},
		1198: {"--tls-crypt-v2", in("v2.server")},
		1199: {"--proto", "tcp6-server", "--tls-auth", in("ta.key"), "0"},
	} {
		h.StartOpenVPN(t, port, args...)
	}
	h.StartOpenVPN(t, 1194, "--proto", "tcp6-server")
	bare := map[string][]string{"key-file": {in("ta.key")}}
	for name, c := range map[string]struct {
		port          uint16
		values        map[string][]string
		stranger, key string
		wrap          string
	}{
		"open":          {1194, nil, "ok", "", ""},
		"stranger":      {1195, nil, "unknown", "skipped", ""},
		"tls-auth":      {1195, bare, "unknown", "ok", "tls-auth"},
		"direction":     {1196, bare, "unknown", "ok", "tls-auth"},
		"tls-crypt":     {1197, bare, "unknown", "ok", "tls-crypt"},
		"tls-crypt-v2":  {1198, map[string][]string{"key-file": {in("v2.client")}}, "unknown", "ok", "tls-crypt-v2"},
		"another-key":   {1195, map[string][]string{"key-file": {in("other.key")}}, "unknown", "failed", ""},
		"client-config": {0, map[string][]string{"key-file": {keyFile(t, "a.ovpn", "client\nremote home.example 1196 udp\nauth SHA256\nkey-direction 1\n<tls-auth>\n"+text("ta.key")+"</tls-auth>\n")}}, "unknown", "ok", "tls-auth"},
		"server-config": {0, map[string][]string{"key-file": {keyFile(t, "server.conf", "port 1196\nserver 10.8.0.0 255.255.255.0\nauth SHA256\ntls-auth "+in("ta.key")+" 0\n")}}, "unknown", "ok", "tls-auth"},
		"tcp":           {0, map[string][]string{"key-file": {keyFile(t, "t.ovpn", "proto tcp\nremote home.example 1199\ntls-auth "+in("ta.key")+" 1\n")}}, "unknown", "ok", "tls-auth"},
		"tcp-bare":      {1199, map[string][]string{"key-file": {in("ta.key")}, "proto": {"tcp"}}, "unknown", "ok", "tls-auth"},
		"tcp-stranger":  {1199, map[string][]string{"proto": {"tcp"}}, "unknown", "skipped", ""},
		"tcp-open":      {0, map[string][]string{"proto": {"tcp"}}, "ok", "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			targets := []exposure.Target{{Address: h.V4}, {Address: h.V6}}
			if c.key == "failed" {
				targets = targets[:1] // it takes the whole time until nothing has come
			}
			for _, at := range targets {
				out, err := probe.RunTestThrough(t.Context(), l.LAN.Do, "openvpn", at, probe.TestOptions{Port: c.port, Values: c.values})
				if err != nil {
					t.Fatal(err)
				}
				holdSteps(t, out, map[string]string{"openvpn-stranger": c.stranger, "openvpn-key": c.key})
				if wrap := out.Service.Facts.Text("wrap").Raw(); wrap != c.wrap || (out.Service.Protocol == "openvpn") != (c.stranger == "ok" || c.key == "ok") {
					t.Errorf("%s: wrap %q, %+v, %+v", at.Address, wrap, out.Service, out.Steps)
				}
			}
		})
	}
	recordAgain(t, l.LAN, netip.AddrPortFrom(h.V4, 1194), "openvpn/happy-tcp", "OpenVPN", "openvpn")
	svc := identify(t, l.LAN, h.V4, exposure.TCP, 1194, found{protocol: "openvpn", product: "OpenVPN"})
	if static, told := svc.Facts.Bool("static_key"); static || !told {
		t.Errorf("%+v", svc)
	}
}
