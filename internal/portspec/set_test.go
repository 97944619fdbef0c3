package portspec

import (
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// String writes the set as [Parse] reads it, numbers only: "22,80-90". It is
// the same for equal sets, and empty for the empty one. No room prints one yet.
func (s Set) String() string {
	var b strings.Builder
	for i, r := range s.spans {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(strconv.Itoa(int(r.first)))
		if r.last > r.first {
			b.WriteByte('-')
			b.WriteString(strconv.Itoa(int(r.last)))
		}
	}
	return b.String()
}

// Contains reports whether the port is in the set. No room asks yet.
func (s Set) Contains(port uint16) bool {
	_, found := slices.BinarySearchFunc(s.spans, port, func(r span, port uint16) int {
		switch {
		case r.last < port:
			return -1
		case r.first > port:
			return 1
		}
		return 0
	})
	return found
}

func (r span) text() string { return Set{spans: []span{r}}.String() }

// holdSet states what is true of every set.
func holdSet(t interface{ Errorf(string, ...any) }, s Set) {
	last, n := -1, 0
	for port := range s.All() {
		if int(port) <= last {
			t.Errorf("%d after %d", port, last)
		}
		if !s.Contains(port) {
			t.Errorf("%s does not contain its %d", s, port)
		}
		last, n = int(port), n+1
	}
	if n != s.Len() || n != len(s.Slice()) {
		t.Errorf("%s yields %d ports, Len %d, Slice %d", s, n, s.Len(), len(s.Slice()))
	}
	for i, r := range s.spans {
		if r.last < r.first || i > 0 && int(s.spans[i-1].last)+1 >= int(r.first) {
			t.Errorf("%s is not canonical", s)
		}
		if r.first > 0 && s.Contains(r.first-1) || r.last < 65535 && s.Contains(r.last+1) {
			t.Errorf("%s contains what it does not hold", s)
		}
	}
}

// TestSetAgainstModel compares a set with a map, which cannot be wrong.
func TestSetAgainstModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var b bitmap
		model := map[uint16]bool{}
		for range rapid.IntRange(0, 8).Draw(t, "ranges") {
			first := rapid.Uint16().Draw(t, "first")
			last := first + min(rapid.Uint16Range(0, 300).Draw(t, "length"), 65535-first)
			b.add(first, last)
			for port := int(first); port <= int(last); port++ {
				model[uint16(port)] = true
			}
		}
		s := b.set()
		holdSet(t, s)
		got := map[uint16]bool{}
		for port := range s.All() {
			got[port] = true
		}
		if diff := cmp.Diff(model, got); diff != "" {
			t.Errorf("set (-model +got):\n%s", diff)
		}
	})
}

func TestAllStopsWhenAsked(t *testing.T) {
	spec, err := Parse("1-10,20", false)
	if err != nil {
		t.Fatal(err)
	}
	var seen []uint16
	for port := range spec.TCP.All() {
		if seen = append(seen, port); len(seen) == 3 {
			break
		}
	}
	if diff := cmp.Diff([]uint16{1, 2, 3}, seen); diff != "" {
		t.Errorf("ports (-want +got):\n%s", diff)
	}
}
