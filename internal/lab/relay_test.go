//go:build linux && lab

package lab_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"net"
	"net/netip"
	"slices"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"sekisho/internal/lab"
)

// TestRelayLosesWhatItWasAskedTo sends the same datagrams over an impaired
// cable again and again: the share that is lost is near the one set, the same
// ones are lost with the same seed, others with another, and none without.
func TestRelayLosesWhatItWasAskedTo(t *testing.T) {
	l := lab.New(t)
	const flows, perFlow, all = 50, 40, 50 * 40
	in := l.Outside.ListenPacket(t, "udp", ":9000").(*net.UDPConn)
	roomy(t, in)
	for i, to := range []netip.Addr{l.Outside.V4, l.Outside.V6} {
		dial := func(port int) (c net.Conn) {
			err := l.Router.Do(func() (err error) {
				d := net.Dialer{LocalAddr: &net.UDPAddr{Port: port + 1000*i}}
				c, err = d.Dial("udp", netip.AddrPortFrom(to, 9000).String())
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { c.Close() })
			return c
		}
		var out [flows]net.Conn
		for n := range out {
			out[n] = dial(20000 + n)
		}
		end := dial(20999)
		// drain names what has arrived. A numbered datagram, which cannot
		// overtake, ends it, and is repeated until one comes through.
		var ended uint64
		drain := func() (got []uint32) {
			ended++
			buf := make([]byte, 16)
			for range 50 {
				if _, err := end.Write(binary.BigEndian.AppendUint64(nil, ended)); err != nil {
					t.Fatal(err)
				}
				for {
					in.SetReadDeadline(time.Now().Add(haste))
					n, _, err := in.ReadFrom(buf)
					if err != nil {
						break
					}
					switch {
					case n == 4:
						got = append(got, binary.BigEndian.Uint32(buf))
					case n == 8 && binary.BigEndian.Uint64(buf) == ended:
						return got
					}
				}
			}
			t.Fatal("nothing comes through")
			return nil
		}
		arrived := func(imp lab.Impairment, interleaved bool) []uint32 {
			l.Link(t, lab.WAN, imp)
			drain() // also has the ends find each other
			for i := range all {
				flow, n := i/perFlow, i%perFlow
				if interleaved {
					flow, n = i%flows, i/flows
				}
				if _, err := out[flow].Write(binary.BigEndian.AppendUint32(nil, uint32(flow<<16|n))); err != nil {
					t.Fatal(err)
				}
			}
			got := drain()
			slices.Sort(got)
			return got
		}
		t.Run(fmt.Sprint("v6-", to.Is6()), func(t *testing.T) {
			for _, imp := range []lab.Impairment{{}, {Loss: 0.05, Seed: 1}, {Loss: 0.2, Seed: 3}} {
				got := len(arrived(imp, false))
				if off := math.Abs(float64(all-got) - all*imp.Loss); off > 4*math.Sqrt(all*imp.Loss*(1-imp.Loss)) {
					t.Errorf("%+v: %d of %d lost", imp, all-got, all)
				}
			}
			first := arrived(lab.Impairment{Loss: 0.05, Seed: 1}, false)
			if again := arrived(lab.Impairment{Loss: 0.05, Seed: 1}, true); !slices.Equal(first, again) {
				t.Error("the same seed lost others when the flows were interleaved")
			}
			if other := arrived(lab.Impairment{Loss: 0.05, Seed: 2}, false); slices.Equal(first, other) {
				t.Error("another seed lost the same")
			}
			if got := arrived(lab.Impairment{Duplicate: 1}, false); len(got) != 2*all {
				t.Errorf("%d of %d doubled datagrams arrived", len(got), 2*all)
			}
		})
	}
}

// roomy has a socket hold a whole burst.
func roomy(t *testing.T, pc syscall.Conn) {
	raw, err := pc.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	err2 := raw.Control(func(fd uintptr) {
		err = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, 16<<20)
	})
	if err != nil || err2 != nil {
		t.Fatal(err, err2)
	}
}

// TestTransferSurvivesAnImpairedCable sends a stream through both kinds of
// impaired cable: were checksums or segments left to a network card that is
// not there, nothing of it would arrive.
func TestTransferSurvivesAnImpairedCable(t *testing.T) {
	l := lab.New(t)
	l.Forward(t, "tcp", 9000, 9000)
	imp := lab.Impairment{Loss: 0.01, Duplicate: 0.01, Delay: 2 * time.Millisecond, Jitter: time.Millisecond, Seed: 3}
	l.Link(t, lab.HomeCable, imp)
	l.Link(t, lab.WAN, imp)
	want := make([]byte, 128<<10)
	rand.NewChaCha8([32]byte{1}).Read(want)
	ln := l.Home.Listen(t, "tcp", ":9000")
	go func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				c.Write(want)
			}()
		}
	}()
	for _, to := range []netip.Addr{l.Router.V4, l.Home.V6} {
		t.Run(fmt.Sprint("v6-", to.Is6()), func(t *testing.T) {
			start := time.Now()
			got, err := hear(l.Outside, netip.AddrPortFrom(to, 9000), time.Minute)
			if err != nil || !bytes.Equal([]byte(got), want) {
				t.Errorf("%d of %d bytes arrived, %v", len(got), len(want), err)
			}
			// Two cables, there and back, once for the handshake and once more.
			if took := time.Since(start); took < 8*imp.Delay {
				t.Errorf("a transfer with a delay of %v on two cables took %v", imp.Delay, took)
			}
		})
	}
}

// TestConnectionSurvivesANewCable shows that a cable can be impaired while
// hosts talk over it.
func TestConnectionSurvivesANewCable(t *testing.T) {
	l := lab.New(t)
	ln := l.Outside.Listen(t, "tcp", ":9000")
	go func() {
		c, err := ln.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		io.Copy(c, c)
	}()
	var c net.Conn
	err := l.Home.Do(func() (err error) {
		c, err = net.DialTimeout("tcp", netip.AddrPortFrom(l.Outside.V6, 9000).String(), patience)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(patience))
	for i := range 3 {
		if _, err := fmt.Fprintln(c, i); err != nil {
			t.Fatal(err)
		}
		got := make([]byte, 2)
		if _, err := io.ReadFull(c, got); err != nil || string(got) != fmt.Sprintln(i) {
			t.Fatalf("echo %d: %q, %v", i, got, err)
		}
		l.Link(t, lab.WAN, lab.Impairment{Delay: time.Duration(i) * time.Millisecond})
	}
}

// stage takes a lab down before its benchmark ends.
type stage struct {
	*testing.B
	cleanups []func()
}

func (s *stage) Cleanup(f func()) { s.cleanups = append(s.cleanups, f) }

func (s *stage) down() {
	for _, f := range slices.Backward(s.cleanups) {
		f()
	}
}

// BenchmarkNew measures how long a test waits for its lab.
func BenchmarkNew(b *testing.B) {
	for b.Loop() {
		up := &stage{B: b}
		lab.New(up)
		b.StopTimer()
		up.down()
		b.StartTimer()
	}
}

// BenchmarkRelay sends the smallest frames as fast as one thread can through an
// impaired cable. What the relay cannot keep up with fails it.
func BenchmarkRelay(b *testing.B) {
	l := lab.New(b)
	l.Link(b, lab.WAN, lab.Impairment{Loss: 0.05, Delay: 20 * time.Millisecond, Seed: 1})
	var c net.Conn
	err := l.Router.Do(func() (err error) {
		c, err = net.Dial("udp", netip.AddrPortFrom(l.Outside.V4, 9000).String())
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	defer c.Close()
	l.Outside.Filter(b, lab.Input, "udp dport 9000", lab.Drop)
	for b.Loop() {
		if _, err := c.Write([]byte{1}); err != nil {
			b.Fatal(err)
		}
	}
}
