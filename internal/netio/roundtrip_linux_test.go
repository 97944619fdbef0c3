package netio

import (
	"net"
	"testing"
	"time"
)

// wrapped is what TLS is to the connection inside.
type wrapped struct{ net.Conn }

func (w wrapped) NetConn() net.Conn { return w.Conn }

func TestRoundTrip(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	c, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	if d := RoundTrip(wrapped{c}); d <= 0 || d > time.Minute {
		t.Errorf("over loopback %v", d)
	}
	_ = c.Close()
	if d := RoundTrip(c); d != 0 {
		t.Errorf("of a closed connection %v", d)
	}
	inside, _ := net.Pipe()
	if d := RoundTrip(inside); d != 0 {
		t.Errorf("of a pipe %v", d)
	}
}
