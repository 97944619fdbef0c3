package netio

import (
	"net"
	"testing"
	"time"
)

// TestOverrun: what was sent either waits to be read or is counted as lost.
func TestOverrun(t *testing.T) {
	c, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	Backlog(c, 16<<10)
	s, err := net.Dial("udp", c.LocalAddr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	const sent = 500
	for range sent {
		if _, err := s.Write(make([]byte, 100)); err != nil {
			t.Fatal(err)
		}
	}
	lost, read := Overrun(c), 0
	if err := c.SetReadDeadline(time.Now().Add(time.Second)); err != nil {
		t.Fatal(err)
	}
	for buf := make([]byte, 200); read < sent-lost; read++ {
		if _, _, err := c.ReadFrom(buf); err != nil {
			t.Fatalf("%d lost, %d read of %d: %v", lost, read, sent, err)
		}
	}
	if lost == 0 || read == 0 {
		t.Errorf("%d lost, %d read", lost, read)
	}
	Backlog(c, 4<<20)
	for range sent {
		if _, err := s.Write(make([]byte, 100)); err != nil {
			t.Fatal(err)
		}
	}
	if more := Overrun(c) - lost; more != 0 {
		t.Errorf("with room for all, %d more were lost", more)
	}
}
