package lab

import (
	"fmt"
	"strings"
	"time"
)

// awaitText returns when the server has said a text, which some do after they
// listen and before they serve.
func (s *Server) awaitText(t T, text string) {
	t.Helper()
	late := time.NewTimer(startTimeout)
	defer late.Stop()
	look := time.NewTicker(2 * time.Millisecond)
	defer look.Stop()
	for !strings.Contains(s.Log(), text) {
		select {
		case <-look.C:
		case <-s.done:
			t.Fatalf("%s: %s ended before it said %q; it said:\n%s", s.host.Name, s.Name, text, s.Log())
		case <-late.C:
			t.Fatalf("%s: %s has not said %q after %v; it said:\n%s", s.host.Name, s.Name, text, startTimeout, s.Log())
		}
	}
}

// StartMemcachedUDP starts memcached on all addresses, for everybody, over TCP
// and UDP.
func (h *Host) StartMemcachedUDP(t T, port uint16) *Server {
	t.Helper()
	return h.start(t, "memcached", []wanted{{"tcp", port, 2}, {"udp", port, 2}}, "memcached", "-u", "nobody", "-m", "8", "-t", "1", "-l", "0.0.0.0,::", "-p", fmt.Sprint(port), "-U", fmt.Sprint(port))
}

// StartMemcached starts memcached on all addresses, for everybody, without UDP
// and with further arguments.
func (h *Host) StartMemcached(t T, port uint16, arguments ...string) *Server {
	t.Helper()
	command := append([]string{"memcached", "-u", "nobody", "-m", "8", "-l", "0.0.0.0,::", "-p", fmt.Sprint(port)}, arguments...)
	return h.start(t, "memcached", []wanted{{"tcp", port, 2}}, command...)
}

// StartNATS starts nats-server on all addresses, with further arguments.
func (h *Host) StartNATS(t T, port uint16, arguments ...string) *Server {
	t.Helper()
	return h.start(t, "nats-server", []wanted{{"tcp", port, 1}}, append([]string{"nats-server", "-p", fmt.Sprint(port)}, arguments...)...)
}

// StartEtcd starts etcd on all addresses, for everybody.
func (h *Host) StartEtcd(t T) *Server {
	t.Helper()
	return h.start(t, "etcd", []wanted{{"tcp", 2379, 1}, {"tcp", 2380, 1}}, "etcd", "--data-dir", "/var/lib/etcd-lab",
		"--listen-client-urls", "http://0.0.0.0:2379", "--advertise-client-urls", "http://127.0.0.1:2379", "--listen-peer-urls", "http://127.0.0.1:2380")
}

// LockEtcd has the etcd of StartEtcd ask everybody for a password: that of root
// is secret.
func (h *Host) LockEtcd(t T) {
	t.Helper()
	for _, call := range [][2]string{
		{"user/add", `{"name":"root","password":"secret"}`},
		{"role/add", `{"name":"root"}`},
		{"user/grant", `{"user":"root","role":"root"}`},
		{"enable", `{}`},
	} {
		h.Run(t, "bash", "-c", `exec 3<>/dev/tcp/127.0.0.1/2379 &&
			printf 'POST /v3/auth/%s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s' "$1" "${#2}" "$2" >&3 && grep -q '^HTTP/1.1 200' <&3`, "lock", call[0], call[1])
	}
}

// StartXvfb starts an X server without a screen on all addresses, display 5 at
// port 6005, with further arguments: -ac lets everybody in.
func (h *Host) StartXvfb(t T, arguments ...string) *Server {
	t.Helper()
	return h.start(t, "Xvfb", []wanted{{"tcp", 6005, 2}}, append([]string{"Xvfb", ":5", "-listen", "tcp", "-nolisten", "unix"}, arguments...)...)
}

// StartXvfbLocked starts an X server as StartXvfb does, for programs with a cookie
// only.
func (h *Host) StartXvfbLocked(t T) *Server {
	t.Helper()
	// For all displays of all hosts (Xau, "Xauthority").
	const name, cookie = "MIT-MAGIC-COOKIE-1", "sixteen letters."
	const file = "/etc/lab.xauth"
	h.WriteFile(t, file, "\xff\xff\x00\x00\x00\x00\x00\x12"+name+"\x00\x10"+cookie)
	return h.StartXvfb(t, "-auth", file)
}

// StartOidentd starts an ident server on all addresses, with further arguments.
func (h *Host) StartOidentd(t T, arguments ...string) *Server {
	t.Helper()
	return h.start(t, "oidentd", []wanted{{"tcp", 113, 2}}, append([]string{"oidentd", "-i", "-S", "-u", "nobody", "-g", "nogroup"}, arguments...)...)
}

// StartInetd starts inetd with the lines of its configuration, for the ports.
func (h *Host) StartInetd(t T, config string, ports ...uint16) *Server {
	t.Helper()
	h.WriteFile(t, "/etc/inetd-lab.conf", config)
	var sockets []wanted
	for _, port := range ports {
		sockets = append(sockets, wanted{"tcp", port, 1})
	}
	return h.start(t, "inetutils-inetd", sockets, "inetutils-inetd", "--debug", "--pidfile", "--rate=100000", "/etc/inetd-lab.conf")
}
