//go:build linux && lab

package probe_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"sekisho/internal/exposure"
	"sekisho/internal/lab"
	"sekisho/internal/probe"
)

// lines keeps what a server says.
type lines struct {
	mu  sync.Mutex
	all bytes.Buffer
}

func (l *lines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.all.Write(b)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.all.String()
}

// serve runs a server in a host until the test ends.
func serve(t *testing.T, h *lab.Host, env []string, command ...string) {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	cmd := h.Command(ctx, command[0], command[1:]...)
	said := &lines{}
	cmd.Stdout, cmd.Stderr = said, said
	cmd.Env = append(slices.Clone(cmd.Env), env...)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		stop()
		err := cmd.Wait()
		var exit *exec.ExitError
		if err != nil && !errors.As(err, &exit) && !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", command[0], err)
		}
		if t.Failed() {
			t.Logf("%s said:\n%s", command[0], said)
		}
	})
}

// probeOver returns the probe of a protocol over UDP.
func probeOver(t *testing.T, name string) probe.Probe {
	t.Helper()
	for _, p := range probe.All() {
		if p.Name == name && p.Transport == exposure.UDP {
			return p
		}
	}
	t.Fatalf("no probe %s", name)
	return probe.Probe{}
}

// answers asks a port with the hello of a protocol until an answer matches or
// the server has had time enough to start. It reports the port that answered.
func answers(t *testing.T, from *lab.Host, to netip.AddrPort, p probe.Probe) (uint16, bool) {
	t.Helper()
	network := "udp4"
	if to.Addr().Is6() {
		network = "udp6"
	}
	pc := from.ListenPacket(t, network, ":0")
	defer pc.Close()
	hello := p.Hello(rand.Uint64())
	buf := make([]byte, 65535)
	for range 40 {
		if _, err := pc.WriteTo(hello, net.UDPAddrFromAddrPort(to)); err != nil {
			t.Fatal(err)
		}
		if err := pc.SetReadDeadline(time.Now().Add(500 * time.Millisecond)); err != nil {
			t.Fatal(err)
		}
		for {
			n, peer, err := pc.ReadFrom(buf)
			if err != nil {
				break
			}
			if p.Match(hello, buf[:n]) {
				return netip.MustParseAddrPort(peer.String()).Port(), true
			}
			t.Logf("%s: port %v said % x", p.Name, peer, buf[:min(n, 64)])
		}
	}
	return 0, false
}

// TestRealDatagramServers asks real servers, on other ports than their own
// where they let themselves be moved.
func TestRealDatagramServers(t *testing.T) {
	l := lab.New(t)
	h := l.Home
	dual := []netip.Addr{h.V4, h.V6}
	v4 := dual[:1]

	h.WriteFile(t, "/etc/lab/chrony.conf", "port 1123\nallow all\nlocal stratum 3\ncmdport 0\nbindcmdaddress /\npidfile /tmp/chrony.pid\n")
	serve(t, h, nil, "chronyd", "-x", "-d", "-u", "root", "-f", "/etc/lab/chrony.conf")

	h.WriteFile(t, "/etc/lab/snmpd.conf", "rocommunity public\nrocommunity6 public\n")
	serve(t, h, nil, "snmpd", "-f", "-Lo", "-C", "-c", "/etc/lab/snmpd.conf", "-p", "/tmp/snmpd.pid", "udp:1161,udp6:1161")

	h.WriteFile(t, "/srv/tftp/.keep", "")
	serve(t, h, nil, "in.tftpd", "-L", "--address", ":1069", "--secure", "/srv/tftp")

	serve(t, h, nil, "memcached", "-u", "nobody", "-l", "::,0.0.0.0", "-p", "1211", "-U", "1211")
	serve(t, h, nil, "rpcbind", "-f", "-w")

	h.WriteFile(t, "/etc/lab/strongswan.conf", `charon-systemd {
	port_nat_t = 4501
	load_modular = no
	load = random nonce openssl aes sha1 sha2 hmac kdf curve25519 gmp kernel-netlink socket-default
}
`)
	serve(t, h, []string{"STRONGSWAN_CONF=/etc/lab/strongswan.conf"}, "/usr/sbin/charon-systemd")

	h.WriteFile(t, "/etc/lab/xl2tpd.conf", "[global]\nport = 1702\n[lns default]\nip range = 10.9.9.2-10.9.9.9\nlocal ip = 10.9.9.1\n")
	serve(t, h, nil, "xl2tpd", "-D", "-c", "/etc/lab/xl2tpd.conf", "-C", "/tmp/l2tp-control", "-p", "/tmp/xl2tpd.pid")

	h.WriteFile(t, "/etc/lab/tls/.keep", "")
	h.Run(t, "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
		"-subj", "/CN=home.example", "-keyout", "/etc/lab/tls/key.pem", "-out", "/etc/lab/tls/cert.pem")
	for _, o := range []struct{ proto, port string }{{"udp4", "1195"}, {"udp6", "1196"}} {
		serve(t, h, nil, "openvpn", "--dev", "null", "--tls-server", "--proto", o.proto, "--port", o.port, "--dh", "none",
			"--ca", "/etc/lab/tls/cert.pem", "--cert", "/etc/lab/tls/cert.pem", "--key", "/etc/lab/tls/key.pem")
	}

	serve(t, h, nil, "turnserver", "-n", "--listening-port", "3479", "--no-tls", "--no-dtls", "--no-cli", "--no-auth",
		"-L", h.V4.String(), "-L", h.V6.String(), "--log-file", "stdout", "--pidfile", "/tmp/turn.pid", "--userdb", "/tmp/turn.db")
	// DTLS is on the port above, by two libraries.
	serve(t, h, nil, "coap-server-openssl", "-A", "::", "-p", "5690", "-k", "secret")
	serve(t, h, nil, "coap-server-gnutls", "-A", "::", "-p", "5692", "-k", "secret")

	h.WriteFile(t, "/etc/lab/avahi.conf", "[server]\nenable-dbus=no\nhost-name=home\n[publish]\npublish-workstation=yes\n")
	serve(t, h, nil, "avahi-daemon", "-f", "/etc/lab/avahi.conf", "--no-drop-root", "--no-chroot", "--no-rlimits")

	services, err := os.ReadFile("/etc/services")
	if err != nil {
		t.Fatal(err)
	}
	text := string(services)
	var inetd strings.Builder
	for name, port := range map[string]int{"echo": 7, "discard": 9, "daytime": 13, "chargen": 19, "time": 37} {
		text = fmt.Sprintf("%s %d/udp\n", name, 1000+port) + text
		fmt.Fprintf(&inetd, "%s dgram udp wait root internal\n", name)
	}
	h.WriteFile(t, "/etc/services", text)
	h.WriteFile(t, "/etc/lab/inetd.conf", inetd.String())
	serve(t, h, nil, "inetutils-inetd", "--debug", "--pidfile", "--rate=100000", "/etc/lab/inetd.conf")

	for _, c := range []struct {
		protocol string
		port     uint16
		at       []netip.Addr
		named    bool // by its answers alone, on a port that is nobody's
	}{
		{"ntp", 1123, dual, true},
		{"snmpv1", 1161, dual, false},
		{"snmpv2c", 1161, dual, false},
		{"snmpv3", 1161, dual, false},
		{"tftp", 1069, dual, false},
		{"memcached", 1211, dual, true},
		{"rpcbind", 111, dual, false},
		{"ikev1", 500, dual, false},
		{"ikev2", 500, dual, false},
		{"ikev1-nat-t", 4501, dual, false},
		{"ikev2-nat-t", 4501, dual, false},
		{"l2tp", 1702, v4, true},
		{"openvpn", 1195, v4, false},
		{"openvpn", 1196, dual[1:], false},
		{"dtls", 5691, dual, false},
		{"dtls", 5693, dual, false},
		{"stun", 3479, dual, true},
		{"coap", 5690, dual, true},
		{"mdns", 5353, v4, false},
		{"echo", 1007, v4, true},
		{"daytime", 1013, v4, true},
		{"chargen", 1019, v4, true},
		{"time", 1037, v4, false},
	} {
		for _, to := range c.at {
			p := probeOver(t, c.protocol)
			port, ok := answers(t, l.LAN, netip.AddrPortFrom(to, c.port), p)
			if !ok || (port != c.port) != p.OtherPort {
				t.Errorf("%s at port %d of %s: answered %v, from port %d", c.protocol, c.port, to, ok, port)
			}
			if !c.named {
				continue
			}
			o := probe.Options{Timeout: 20 * time.Second}
			svc := probe.IdentifyThrough(t.Context(), l.LAN.Do, exposure.Target{Address: to}, exposure.UDP, c.port, o)
			if svc.Protocol != c.protocol || svc.Error != "" {
				t.Errorf("port %d of %s is named %q, error %q; want %s", c.port, to, svc.Protocol, svc.Error, c.protocol)
			}
		}
	}
}
