package main

import (
	"encoding/hex"
	"testing"
	"time"
)

func TestNeighboursAlwaysFindEachOther(t *testing.T) {
	const ethernet = "020000000001020000000002"
	zeros := func(n int) string { return hex.EncodeToString(make([]byte, n)) }
	v6 := func(next, kind string) string {
		return ethernet + "86dd" + zeros(6) + next + zeros(33) + kind + zeros(19)
	}
	for name, test := range map[string]struct {
		frame string
		want  bool
	}{
		"arp":          {ethernet + "0806" + zeros(46), false},
		"tcp4":         {ethernet + "0800" + zeros(40), true},
		"tcp6":         {v6("06", "01"), true},
		"solicitation": {v6("3a", "87"), false},
		"unreachable6": {v6("3a", "01"), true},
		"listener":     {v6("00", "3a"), false},
		"unknown":      {ethernet + "88b5" + zeros(46), false},
		"short":        {ethernet + "0800", false},
	} {
		frame, err := hex.DecodeString(test.frame)
		if err != nil {
			t.Fatal(err)
		}
		if got := lossy(frame); got != test.want {
			t.Errorf("%s may be lost: %v, want %v", name, got, test.want)
		}
	}
}

// TestQueueKeepsOrder sends frames of many lengths round a small ring, and
// more than it holds.
func TestQueueKeepsOrder(t *testing.T) {
	d := &direction{queue: make([]byte, 1<<12)}
	var next, oldest int
	length := func(n int) int { return 54 + n*37%400 }
	for n := range 2000 {
		before := d.overruns.Load()
		d.keep(time.Duration(next), make([]byte, length(next)))
		if d.overruns.Load() == before {
			next++
		}
		for take := n % 3; take > 0 && d.waiting > 0; take-- {
			if due, got := d.due(), d.oldest(); int(due) != oldest || got != length(oldest) {
				t.Fatalf("frame %d: due %d, %d bytes, want %d bytes", oldest, due, got, length(oldest))
			}
			d.head += entry + (length(oldest)+7)&^7
			d.waiting--
			oldest++
		}
	}
	if next < 1000 || d.waiting != next-oldest {
		t.Errorf("%d frames taken in, %d out, %d wait", next, oldest, d.waiting)
	}
}
