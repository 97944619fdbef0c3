package probe

import (
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"sekisho/internal/exposure"
	"sekisho/internal/untrusted"
)

// TestSSHWholeHandshake talks to a server of the library over loopback: keys of
// three types, and the methods that it would take, of which none is tried.
func TestSSHWholeHandshake(t *testing.T) {
	t.Parallel()
	tried := make(chan string, 16)
	config := &ssh.ServerConfig{
		ServerVersion: "SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u7",
		PasswordCallback: func(ssh.ConnMetadata, []byte) (*ssh.Permissions, error) {
			tried <- "password"
			return nil, errors.New("no")
		},
		PublicKeyCallback: func(ssh.ConnMetadata, ssh.PublicKey) (*ssh.Permissions, error) {
			tried <- "publickey"
			return nil, errors.New("no")
		},
	}
	addSSHKeys(t, config)
	svc := identifyServer(t, func(c net.Conn) {
		conn, _, _, err := ssh.NewServerConn(c, config)
		if err == nil {
			_ = conn.Close()
		}
	})
	if svc.Protocol != "ssh" || svc.Version.String() != "9.2p1" || svc.Confidence != exposure.Confirmed || svc.Error != "" {
		t.Errorf("found %+v", svc)
	}
	var types []string
	for _, key := range svc.Facts.Texts("host_keys") {
		words := strings.Fields(key.Raw())
		if len(words) != 3 || !strings.HasPrefix(words[2], "SHA256:") || len(words[2]) != len("SHA256:")+43 {
			t.Errorf("host key %q is not type, bits and fingerprint", key)
		}
		types = append(types, strings.Join(words[:2], " "))
	}
	if want := []string{"ecdsa-sha2-nistp256 256", "ssh-ed25519 256", "ssh-rsa 2048"}; !slices.Equal(types, want) {
		t.Errorf("host keys %q, want %q", types, want)
	}
	if got := raw(svc.Facts.Texts("auth_methods")); !slices.Equal(got, []string{"password", "publickey"}) {
		t.Errorf("methods %q", got)
	}
	select {
	case method := <-tried:
		t.Errorf("the probe tried %s", method)
	default:
	}
}

// TestSSHOpenDoor has a server that lets everybody in.
func TestSSHOpenDoor(t *testing.T) {
	t.Parallel()
	config := &ssh.ServerConfig{NoClientAuth: true}
	addSSHKeys(t, config)
	svc := identifyServer(t, func(c net.Conn) {
		conn, channels, requests, err := ssh.NewServerConn(c, config)
		if err != nil {
			return
		}
		go ssh.DiscardRequests(requests)
		go func() {
			for range channels {
				t.Error("the probe opened a channel")
			}
		}()
		_ = conn.Wait()
	})
	if got := raw(svc.Facts.Texts("auth_methods")); !slices.Equal(got, []string{"none"}) {
		t.Errorf("methods %q of %+v", got, svc)
	}
}

func addSSHKeys(t *testing.T, config *ssh.ServerConfig) {
	t.Helper()
	_, ed, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	ec, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	rs, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range []any{ed, ec, rs} {
		signer, err := ssh.NewSignerFromKey(key)
		if err != nil {
			t.Fatal(err)
		}
		config.AddHostKey(signer)
	}
}

func raw(list []untrusted.Text) []string {
	var words []string
	for _, text := range list {
		words = append(words, text.Raw())
	}
	return words
}

// identifyServer identifies a loopback port that serve serves.
func identifyServer(t *testing.T, serve func(net.Conn)) exposure.Service {
	t.Helper()
	return identifyListener(t, listenLoopback(t), serve, Options{Timeout: 20 * time.Second})
}

func listenLoopback(t testing.TB) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l
}

func identifyListener(t *testing.T, l net.Listener, serve func(net.Conn), o Options) exposure.Service {
	t.Helper()
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				serve(c)
			}()
		}
	}()
	at := netip.MustParseAddrPort(l.Addr().String())
	return Identify(context.Background(), exposure.Target{Address: at.Addr()}, exposure.TCP, at.Port(), o)
}

func TestSSHKeyTypes(t *testing.T) {
	offered := []string{
		"rsa-sha2-512", "rsa-sha2-256", "ssh-rsa", "ecdsa-sha2-nistp256", "ssh-ed25519", "ssh-dss",
		"sk-unknown@example.org", "ssh-ed25519-cert-v01@openssh.com",
	}
	for _, c := range []struct{ have, want string }{
		{"", "rsa-sha2-512 ecdsa-sha2-nistp256 ssh-ed25519 ssh-dss"},
		{"ssh-rsa", "ecdsa-sha2-nistp256 ssh-ed25519 ssh-dss"},
		{"ssh-ed25519 ecdsa-sha2-nistp256", "rsa-sha2-512 ssh-dss"},
	} {
		got := sshKeyTypes(offered, strings.Fields(c.have))
		// DSA is gone from newer versions of the library.
		want := slices.DeleteFunc(strings.Fields(c.want), func(name string) bool {
			return !slices.Contains(slices.Concat(ssh.SupportedAlgorithms().HostKeys, ssh.InsecureAlgorithms().HostKeys), name)
		})
		if !slices.Equal(got, want) {
			t.Errorf("with %q: %q, want %q", c.have, got, want)
		}
	}
}

func TestSSHWeak(t *testing.T) {
	for name, want := range map[string]bool{
		"diffie-hellman-group1-sha1": true, "gss-gex-sha1-toWM5Slw5Ew8Mqkay+al2g==": true, "curve25519-sha256": false,
		"diffie-hellman-group14-sha256": false, "ssh-rsa": true, "rsa-sha2-256": false, "ssh-dss": true,
		"aes128-cbc": true, "aes128-ctr": false, "arcfour": true, "hmac-md5-96": true, "hmac-sha1": false, "umac-64@openssh.com": false,
	} {
		if got := len(sshOffer{kex: []string{name}}.weak()) == 1; got != want {
			t.Errorf("%s: weak %v, want %v", name, got, want)
		}
	}
}

// TestTerrapin holds which offers let packets be taken out unseen.
func TestTerrapin(t *testing.T) {
	etm, plain := []string{"hmac-sha2-256-etm@openssh.com"}, []string{"hmac-sha2-256"}
	for name, c := range map[string]struct {
		offer sshOffer
		want  []string
	}{
		"chacha":     {sshOffer{ciphers: []string{"aes128-ctr", "chacha20-poly1305@openssh.com"}, macs: plain}, []string{"chacha20-poly1305@openssh.com"}},
		"strict":     {sshOffer{kex: []string{"curve25519-sha256", sshStrict}, ciphers: []string{"chacha20-poly1305@openssh.com"}, macs: etm}, nil},
		"clients":    {sshOffer{kex: []string{"kex-strict-c-v00@openssh.com"}, ciphers: []string{"chacha20-poly1305@openssh.com"}}, []string{"chacha20-poly1305@openssh.com"}},
		"cbc-etm":    {sshOffer{ciphers: []string{"aes128-cbc", "aes128-ctr"}, macs: etm}, []string{"aes128-cbc"}},
		"cbc":        {sshOffer{ciphers: []string{"aes128-cbc"}, macs: plain}, nil},
		"ctr-etm":    {sshOffer{ciphers: []string{"aes128-ctr", "aes256-gcm@openssh.com"}, macs: etm}, nil},
		"client-way": {sshOffer{ciphers: []string{"aes128-ctr"}, macs: plain, upCiphers: []string{"3des-cbc"}, upMACs: etm}, []string{"3des-cbc"}},
	} {
		if got := c.offer.terrapin(); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}
