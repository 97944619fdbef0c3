package probe

import (
	"context"
	"encoding/base64"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"sekisho/internal/exposure"
)

// keyFiles are a private key and a static key, as their programs make them.
func keyFiles(t testing.TB) (wireguard, openvpn string) {
	t.Helper()
	dir := t.TempDir()
	wireguard, openvpn = filepath.Join(dir, "wg.key"), filepath.Join(dir, "ta.key")
	static := "-----BEGIN OpenVPN Static key V1-----\n" + strings.Repeat("00112233445566778899aabbccddeeff\n", 16) + "-----END OpenVPN Static key V1-----\n"
	for path, text := range map[string]string{wireguard: base64.StdEncoding.EncodeToString([]byte(strings.Repeat("k", 32))), openvpn: static} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return wireguard, openvpn
}

// serverKey is the public key of nobody's server: the base point.
func serverKey() string {
	return base64.StdEncoding.EncodeToString(append([]byte{9}, make([]byte, 31)...))
}

// runKeyed runs the test of a server that answers who has its key.
func runKeyed(ctx context.Context, t *testing.T, name string, at *peer, values map[string][]string) Outcome {
	t.Helper()
	test, p, _ := testNamed(name)
	o := TestOptions{Values: values, User: "bob", Password: func() (string, error) { return "top secret", nil }}
	test, p, o = o.routed(test, p)
	o, err := o.checked(test)
	if err != nil {
		t.Fatal(err)
	}
	return runTest(ctx, at, p, test, o)
}

// TestKeyedTestsMeetHostilePeers gives each test a server that is silent, hangs
// up, sends without end or says what proves nothing.
func TestKeyedTestsMeetHostilePeers(t *testing.T) {
	wireguard, openvpn := keyFiles(t)
	for name, values := range map[string]map[string][]string{
		"wireguard": {"key-file": {wireguard}, "peer-key": {serverKey()}},
		"openvpn":   {"key-file": {openvpn}, "proto": {"tcp"}},
		"radius":    nil,
	} {
		for kind, script := range map[string][]directive{
			"silent": {{"...", ""}}, "hangup": {{"C?", ""}}, "resets": {{"C?", ""}, {"RST", ""}},
			"endless": {{"S*", strings.Repeat("A", 512)}}, "garbled": {{"S:", "\x02\x00\x00\x00\xff\xfe\x00\x80\r\n\x00\x00"}}, "trickle": {{"S1", "AAAAAAAA"}},
			"response": {{"S:", "\x02\x00\x00\x00" + strings.Repeat("\x00", 88)}}, "cookie": {{"S:", "\x03\x00\x00\x00" + strings.Repeat("\x00", 60)}},
			"long": {{"S:", "\xff\xff" + strings.Repeat("\x40", 2000)}}, "reset-packet": {{"S:", "\x00\x1a\x40" + strings.Repeat("\x01", 25)}},
		} {
			t.Run(name+"/"+kind, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					end := time.Now().Add(DefaultTestTimeout)
					ctx, cancel := context.WithDeadline(t.Context(), end)
					defer cancel()
					test, _, _ := testNamed(name)
					play := &player{t: t, end: end, always: script}
					at := play.peer(exposure.TCP, netip.AddrPortFrom(netip.MustParseAddr("192.0.2.7"), test.Port), "home.example")
					out := runKeyed(ctx, t, name, at, values)
					cancel()
					play.servers.Wait()
					if out.Service.Protocol != "" || len(out.Steps) == 0 || out.Service.Error == "" {
						t.Errorf("%+v", out)
					}
					inert(t, out.Service.Error)
					for _, s := range out.Steps {
						inert(t, s.Detail+s.Asked+s.Said.String())
						if s.Result == exposure.StepOK || strings.Contains(s.Asked+s.Detail, "top secret") {
							t.Errorf("%+v", s)
						}
					}
				})
			})
		}
	}
}

// TestKeyedOptions holds what is said when keys are missing or are none.
func TestKeyedOptions(t *testing.T) {
	wireguard, openvpn := keyFiles(t)
	for _, c := range []struct {
		test   string
		values map[string][]string
		fails  string
	}{
		{"wireguard", nil, ""},
		{"wireguard", map[string][]string{"peer-key": {serverKey()}}, "--key-file is needed"},
		{"wireguard", map[string][]string{"key-file": {wireguard}}, "--peer-key is needed"},
		{"wireguard", map[string][]string{"key-file": {wireguard}, "peer-key": {"me"}}, "--peer-key: a key is 44 characters"},
		{"wireguard", map[string][]string{"key-file": {openvpn}, "peer-key": {serverKey()}}, "neither a private key"},
		{"wireguard", map[string][]string{"key-file": {"/nowhere"}, "peer-key": {serverKey()}}, "--key-file: open /nowhere"},
		{"wireguard", map[string][]string{"key-file": {wireguard}, "peer-key": {serverKey()}, "psk-file": {openvpn}}, "--psk-file: a key is 44 characters"},
		{"openvpn", nil, ""},
		{"openvpn", map[string][]string{"key-file": {openvpn}}, ""},
		{"openvpn", map[string][]string{"key-file": {wireguard}}, "neither a static key"},
		{"openvpn", map[string][]string{"proto": {"sctp"}}, "--proto is udp or tcp"},
	} {
		test, p, _ := testNamed(c.test)
		o := TestOptions{Values: c.values}
		test, _, o = o.routed(test, p)
		_, err := o.checked(test)
		if got := errorText(err); (c.fails == "") != (err == nil) || !strings.Contains(got, c.fails) {
			t.Errorf("%s %v: %q, want %q", c.test, c.values, got, c.fails)
		}
		if strings.Contains(errorText(err), "00112233") {
			t.Errorf("the key stands in %q", err)
		}
	}
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func FuzzOpenVPN(f *testing.F) { fuzzProbe(f, "openvpn", exposure.TCP) }
