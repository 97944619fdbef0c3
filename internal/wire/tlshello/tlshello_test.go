package tlshello_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"math/big"
	"net"
	"slices"
	"testing"
	"time"

	"sekisho/internal/wire/tlshello"
)

// answers shows a hello to a server of crypto/tls and returns all that it said.
func answers(t testing.TB, h tlshello.Hello, config *tls.Config) []byte {
	t.Helper()
	client, server := net.Pipe()
	defer client.Close()
	go func() {
		defer server.Close()
		tls.Server(server, config).Handshake()
	}()
	client.SetDeadline(time.Now().Add(20 * time.Second))
	if _, err := client.Write(h.Bytes()); err != nil {
		t.Fatal(err)
	}
	var said bytes.Buffer
	buf := make([]byte, 1024)
	for {
		n, err := client.Read(buf)
		said.Write(buf[:n])
		if _, parsed := tlshello.Parse(said.Bytes()); err != nil || !errors.Is(parsed, tlshello.ErrShort) {
			return said.Bytes()
		}
	}
}

func server(t testing.TB) *tls.Config {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), DNSNames: []string{"home.example"}}
	der, err := x509.CreateCertificate(rand.Reader, c, c, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return &tls.Config{
		Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}, MinVersion: tls.VersionTLS10,
		CipherSuites: []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA, tls.TLS_ECDHE_ECDSA_WITH_RC4_128_SHA},
	}
}

// TestARealServerUnderstands shows each version to crypto/tls, with all suites,
// with the weak ones, and with none that it has.
func TestARealServerUnderstands(t *testing.T) {
	config := server(t)
	config.GetConfigForClient = func(h *tls.ClientHelloInfo) (*tls.Config, error) {
		if h.ServerName != "home.example" {
			t.Errorf("server name %q", h.ServerName)
		}
		return nil, nil
	}
	for _, version := range []uint16{tlshello.TLS10, tlshello.TLS11, tlshello.TLS12} {
		for _, c := range []struct {
			suites []uint16
			want   uint16
		}{
			{tlshello.All(), tls.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA},
			{tlshello.Weak(), tls.TLS_ECDHE_ECDSA_WITH_RC4_128_SHA},
			{[]uint16{1}, 0},
		} {
			a, err := tlshello.Parse(answers(t, tlshello.Hello{Version: version, Suites: c.suites, Name: "home.example"}, config))
			if err != nil || a.Refused != (c.want == 0) || a.Suite != c.want || a.Refused && a.Alert != 40 {
				t.Errorf("%x: %+v, %v; want suite %x", version, a, err, c.want)
			}
			if !a.Refused && (a.Version != version || len(a.Certificates) != 1 || !bytes.Equal(a.Certificates[0], config.Certificates[0].Certificate[0]) || !a.Done) {
				t.Errorf("%x: %+v", version, a)
			}
		}
	}
	config.MinVersion = tls.VersionTLS12
	for _, version := range []uint16{tlshello.SSL30, tlshello.TLS11} {
		config.GetConfigForClient = nil
		if a, err := tlshello.Parse(answers(t, tlshello.Hello{Version: version, Suites: tlshello.All()}, config)); err != nil || !a.Refused || a.Alert != 70 {
			t.Errorf("%x: %+v, %v; want the alert protocol_version", version, a, err)
		}
	}
}

// TestEveryBeginning holds that an answer cut anywhere is short and not wrong.
func TestEveryBeginning(t *testing.T) {
	whole := answers(t, tlshello.Hello{Version: tlshello.TLS12, Suites: tlshello.All()}, server(t))
	for n := range whole {
		if _, err := tlshello.Parse(whole[:n]); n > 0 && !errors.Is(err, tlshello.ErrShort) {
			a, _ := tlshello.Parse(whole[:n])
			if !a.Done {
				t.Fatalf("%d of %d bytes: %v", n, len(whole), err)
			}
		}
	}
}

// TestGroup reads the size of a Diffie-Hellman group.
func TestGroup(t *testing.T) {
	hello := append([]byte{2, 0, 0, 38, 3, 3}, make([]byte, 32)...)
	hello = append(hello, 0, 0, 0x9e, 0)
	exchange := append([]byte{12, 0, 0, 131, 0, 129, 0, 0x80}, make([]byte, 127)...)
	stream := append([]byte{22, 3, 3, 0, byte(len(hello) + len(exchange))}, append(hello, exchange...)...)
	if a, err := tlshello.Parse(stream); !errors.Is(err, tlshello.ErrShort) || a.DHBits != 1024 || a.Suite != 0x9e {
		t.Errorf("%+v, %v", a, err)
	}
}

func TestWhatIsNoTLS(t *testing.T) {
	for _, said := range []string{"HTTP/1.1 400 Bad Request\r\n", "220 ready\r\n", "\x16\x03\x01\x00\x05\x0b\x00\x00\x01\x00", "\x16\x03\x01\x00\x08\x02\x00\x00\x04\x00\x00\x00\x00", "\x15\x03\x01\x00\x00"} {
		if a, err := tlshello.Parse([]byte(said)); !errors.Is(err, tlshello.ErrBad) {
			t.Errorf("%q: %+v, %v", said, a, err)
		}
	}
	// A warning is no refusal: a server may not know the name (RFC 6066 section 3).
	if a, err := tlshello.Parse([]byte("\x15\x03\x01\x00\x02\x01\x70")); !errors.Is(err, tlshello.ErrShort) || a.Refused {
		t.Errorf("%+v, %v", a, err)
	}
}

func TestSuites(t *testing.T) {
	all, weak := tlshello.All(), tlshello.Weak()
	for i, id := range all {
		if slices.Contains(all[:i], id) {
			t.Errorf("%04x is there twice", id)
		}
		s, _ := tlshello.ByID(id)
		if name := tls.CipherSuiteName(id); name[:2] != "0x" && name != s.Name {
			t.Errorf("%04x is %s, want %s", id, s.Name, name)
		}
	}
	for _, c := range tls.CipherSuites() {
		if slices.Contains(weak, c.ID) {
			t.Errorf("%s is weak", c.Name)
		}
	}
	if _, known := tlshello.ByID(0xfafa); known {
		t.Error("a suite that is none")
	}
	for _, id := range tlshello.Ephemeral() {
		if slices.Contains(weak, id) {
			t.Errorf("%04x is weak", id)
		}
	}
}

func FuzzParse(f *testing.F) {
	config := server(f)
	for _, suites := range [][]uint16{tlshello.All(), {1}} {
		f.Add(answers(f, tlshello.Hello{Version: tlshello.TLS12, Suites: suites}, config))
	}
	f.Add([]byte("\x15\x03\x01\x00\x02\x02\x46"))
	f.Fuzz(func(t *testing.T, stream []byte) {
		a, err := tlshello.Parse(stream)
		if err == nil && !a.Refused && !a.Done {
			t.Error("neither refused nor done, and no error")
		}
		if len(a.Certificates) > 10 {
			t.Errorf("%d certificates", len(a.Certificates))
		}
		if _, err := io.Copy(io.Discard, bytes.NewReader(bytes.Join(a.Certificates, nil))); err != nil {
			t.Error(err)
		}
	})
}
