package netio

import (
	"net"
	"net/netip"
	"testing"
	"time"
)

// TestDialAnyPort has a server that answers from another port, and a stranger
// on a third one who comes too late.
func TestDialAnyPort(t *testing.T) {
	open := func() *net.UDPConn {
		c, err := net.ListenUDP("udp4", net.UDPAddrFromAddrPort(netip.MustParseAddrPort("127.0.0.1:0")))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.Close() })
		return c
	}
	door, worker, stranger := open(), open(), open()
	d := &Dialer{Limits: Limits{Deadline: time.Now().Add(time.Minute)}}
	c, err := d.DialAnyPort(t.Context(), door.LocalAddr().(*net.UDPAddr).AddrPort())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := c.Write([]byte("read")); err != nil {
		t.Fatal(err)
	}
	if from := c.LocalAddr().(*net.UDPAddr).AddrPort().Addr(); from != netip.MustParseAddr("127.0.0.1") {
		t.Errorf("we are at %v, want our address on the way there", from)
	}
	buf := make([]byte, 64)
	_, from, err := door.ReadFromUDPAddrPort(buf)
	if err != nil {
		t.Fatal(err)
	}
	say := func(who *net.UDPConn, what string) {
		if _, err := who.WriteToUDPAddrPort([]byte(what), from); err != nil {
			t.Fatal(err)
		}
	}
	say(worker, "one")
	say(stranger, "lie")
	say(worker, "two")
	for _, want := range []string{"one", "two"} {
		n, err := c.Read(buf)
		if err != nil || string(buf[:n]) != want {
			t.Errorf("%q, %v; want %q", buf[:n], err, want)
		}
	}
	if c.RemoteAddr().String() != worker.LocalAddr().String() {
		t.Errorf("the peer is %v, want %v", c.RemoteAddr(), worker.LocalAddr())
	}
	if _, err := c.Write([]byte("ack")); err != nil {
		t.Fatal(err)
	}
	if n, _, err := worker.ReadFromUDPAddrPort(buf); err != nil || string(buf[:n]) != "ack" {
		t.Errorf("%q, %v", buf[:n], err)
	}
}
