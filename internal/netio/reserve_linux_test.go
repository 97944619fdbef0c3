package netio

import (
	"errors"
	"net"
	"testing"

	"golang.org/x/sys/unix"
)

func TestRows(t *testing.T) {
	for _, c := range []struct {
		name   string
		kernel span
		within span
	}{
		{"above", span{32768, 60999}, span{61000, 65535}},
		{"below", span{32768, 65535}, span{lowestRow, 32767}},
		{"little_above", span{32768, 65500}, span{lowestRow, 32767}},
		{"inside", span{1024, 65535}, span{lowestRow, 65535}},
		{"low", span{1024, 5000}, span{lowestRow, 65535}},
	} {
		t.Run(c.name, func(t *testing.T) {
			firsts := rows(c.kernel, 64)
			if len(firsts) == 0 {
				t.Fatal("no rows")
			}
			for _, f := range firsts {
				if f < c.within.first || f+63 > c.within.last {
					t.Errorf("row at %d is not within %v", f, c.within)
				}
			}
		})
	}
}

// A reserved port belongs to nobody else, and answers as a
// port that nothing listens on.
func TestReservedPortsAreTakenAndClosed(t *testing.T) {
	r, err := ReservePorts(8)
	if err != nil {
		t.Fatal(err)
	}
	if r.Last-r.First != 7 {
		t.Errorf("ports %d to %d", r.First, r.Last)
	}
	at := &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: int(r.First) + 3}
	if ln, err := net.ListenTCP("tcp", at); !errors.Is(err, unix.EADDRINUSE) {
		t.Errorf("listening on a reserved port: %v", err)
		if err == nil {
			ln.Close()
		}
	}
	if conn, err := net.DialTCP("tcp", nil, at); !errors.Is(err, unix.ECONNREFUSED) {
		t.Errorf("connecting to a reserved port: %v", err)
		if err == nil {
			conn.Close()
		}
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	ln, err := net.ListenTCP("tcp", at)
	if err != nil {
		t.Fatalf("the port was not given back: %v", err)
	}
	ln.Close()
}
