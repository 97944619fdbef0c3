//go:build linux && lab

package scan_test

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"testing"

	"sekisho/internal/lab"
)

// echo has a host give back on a port what it gets.
func echo(t *testing.T, h *lab.Host, port uint16) {
	t.Helper()
	ln := h.Listen(t, "tcp", fmt.Sprintf("[::]:%d", port))
	go func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				_, _ = io.Copy(conn, conn)
			}()
		}
	}()
}

// dialIn opens a connection of a host.
func dialIn(h *lab.Host, address string) (net.Conn, error) {
	var conn net.Conn
	err := h.Do(func() (err error) {
		conn, err = net.Dial("tcp", address)
		return err
	})
	return conn, err
}

// pingPong sends one byte and waits for it.
func pingPong(conn net.Conn) error {
	b := []byte{42}
	if _, err := conn.Write(b); err != nil {
		return err
	}
	_, err := io.ReadFull(conn, b)
	return err
}

// Ordinary connections of this machine to the host that is scanned, and to the
// ports that are asked, live on, and new ones can be made, also where every
// port is one that the kernel hands out by itself.
func TestEngineDisturbsNoConnectionOfThisMachine(t *testing.T) {
	for name, kernel := range map[string]string{"apart": "32768 60999", "overlapping": "1024 65535"} {
		t.Run(name, func(t *testing.T) {
			l := lab.New(t)
			err := l.LAN.Do(func() error {
				return os.WriteFile("/proc/sys/net/ipv4/ip_local_port_range", []byte(kernel), 0o644)
			})
			if err != nil {
				t.Fatal(err)
			}
			var addresses []string
			for port := uint16(8000); port < 8010; port++ {
				echo(t, l.Home, port)
				for _, a := range both(l.Home) {
					addresses = append(addresses, net.JoinHostPort(a.String(), fmt.Sprint(port)))
				}
			}
			var conns []net.Conn
			for _, address := range append(addresses, addresses...) {
				conn, err := dialIn(l.LAN, address)
				if err != nil {
					t.Fatal(err)
				}
				defer conn.Close()
				conns = append(conns, conn)
			}
			e := rawEngine(t, l.LAN, l.Home.V4)
			var end atomic.Bool
			var talking sync.WaitGroup
			var exchanged, dialed atomic.Int64
			for _, conn := range conns {
				talking.Go(func() {
					for !end.Load() {
						if err := pingPong(conn); err != nil {
							t.Errorf("%v to %v: %v", conn.LocalAddr(), conn.RemoteAddr(), err)
							return
						}
						exchanged.Add(1)
					}
				})
			}
			talking.Go(func() {
				for i := 0; !end.Load(); i++ {
					conn, err := dialIn(l.LAN, addresses[i%len(addresses)])
					if err == nil {
						err = errors.Join(pingPong(conn), conn.Close())
					}
					if err != nil {
						t.Errorf("connecting during the scan: %v", err)
						return
					}
					dialed.Add(1)
				}
			})
			want := openOnly(8000, 8001, 8002, 8003, 8004, 8005, 8006, 8007, 8008, 8009)
			for range 5 {
				want.holds(t, e, rawRequest(both(l.Home), portsBetween(7500, 8555)...))
			}
			end.Store(true)
			talking.Wait()
			for _, conn := range conns {
				if err := pingPong(conn); err != nil {
					t.Errorf("after the scans: %v", err)
				}
			}
			if exchanged.Load() < int64(len(conns)) || dialed.Load() == 0 {
				t.Errorf("%d exchanges, %d new connections", exchanged.Load(), dialed.Load())
			}
		})
	}
}

// A firewall of this machine's own that lets in only what belongs to its
// connections keeps answers from the kernel, not from the ring. Then nothing
// resets the half-open connections, whose SYN-ACKs come again and again, and
// the next scans meet them; so it is where the reset is dropped.
func TestEngineWithoutTheKernelsResets(t *testing.T) {
	for name, rules := range map[string]string{
		"input":  `table inet own { chain input { type filter hook input priority 0; ct state established,related accept; meta l4proto icmpv6 accept; drop; }; }`,
		"output": `table inet own { chain output { type filter hook output priority 0; tcp flags & rst == rst drop; }; }`,
	} {
		t.Run(name, func(t *testing.T) {
			l := lab.New(t)
			l.LAN.NFT(t, rules)
			var open []uint16
			for port := uint16(7000); port < 7050; port++ {
				l.Home.Listen(t, "tcp", fmt.Sprintf("[::]:%d", port))
				open = append(open, port)
			}
			e := rawEngine(t, l.LAN, l.Home.V4)
			for range 5 {
				openOnly(open...).holds(t, e, rawRequest(both(l.Home), portsBetween(6500, 7555)...))
			}
			if l.Home.Run(t, "ss", "-Htn", "state", "syn-recv") == "" {
				t.Error("no connection is half open: the rules do not do what they are for")
			}
		})
	}
}
