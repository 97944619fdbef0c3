package ntp

import (
	"encoding/binary"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func put(t time.Time) uint64 {
	seconds := uint64(t.Unix() + epoch)
	return seconds<<32 | uint64(t.Nanosecond())<<32/uint64(time.Second)
}

// TestHeader reads an answer of a server one and a half seconds ahead.
func TestHeader(t *testing.T) {
	for _, year := range []int{2026, 2037, 2170} { // eras 0, 1 and 1 again
		left := time.Date(year, 11, 22, 7, 0, 0, 0, time.UTC)
		request := Request(0x0123456789abcdef)
		b := make([]byte, HeaderSize)
		b[0], b[1], b[3] = 1<<6|4<<3|Server, 2, 0xe9
		binary.BigEndian.PutUint32(b[4:], 0x00018000)
		binary.BigEndian.PutUint32(b[8:], 0x00008000)
		copy(b[12:], []byte{192, 0, 2, 1})
		binary.BigEndian.PutUint64(b[originAt:], 0x0123456789abcdef)
		binary.BigEndian.PutUint64(b[receiveAt:], put(left.Add(1500*time.Millisecond+10*time.Millisecond)))
		binary.BigEndian.PutUint64(b[transmitAt:], put(left.Add(1500*time.Millisecond+11*time.Millisecond)))
		if !Answers(request, b) || Answers(Request(1), b) || Answers(request, b[:47]) || Answers(request, request) {
			t.Error("the answer is not told from others")
		}
		came := left.Add(21 * time.Millisecond)
		h, err := ParseHeader(b, came)
		if err != nil {
			t.Fatal(err)
		}
		if h.Leap != 1 || h.Version != 4 || h.Stratum != 2 || h.Precision != -23 ||
			h.RootDelay != 1500*time.Millisecond || h.RootDispersion != 500*time.Millisecond || h.ReferenceName() != "192.0.2.1" || h.Kiss() != "" {
			t.Errorf("header %+v", h)
		}
		offset, delay := h.Offset(left, came)
		if offset.Round(time.Millisecond) != 1500*time.Millisecond || delay.Round(time.Millisecond) != 20*time.Millisecond {
			t.Errorf("%d: offset %v, delay %v", year, offset, delay)
		}
	}
}

func TestKiss(t *testing.T) {
	h := Header{Stratum: 0, Reference: [4]byte{'R', 'A', 'T', 'E'}}
	if h.Kiss() != "RATE" {
		t.Errorf("kiss %q", h.Kiss())
	}
	if name := (Header{Stratum: 1, Reference: [4]byte{'G', 'P', 'S'}}).ReferenceName(); name != "GPS" {
		t.Errorf("reference %q", name)
	}
}

// fragment is one message of a control response.
func fragment(request []byte, flags byte, at int, data string) []byte {
	b := append([]byte(nil), request...)
	b[1] |= responseFlag | flags
	binary.BigEndian.PutUint16(b[8:], uint16(at))
	binary.BigEndian.PutUint16(b[10:], uint16(len(data)))
	return append(b, data...)
}

func TestControl(t *testing.T) {
	request := ControlRequest(ReadVariables, 7, 0)
	first := fragment(request, moreFlag, 0, `version="ntpd ntpsec-1.2.2, built", processor="x86_64",`)
	second := fragment(request, 0, len(first)-controlSize, ` stratum=2, flag, refid=192.0.2.1`)
	if !AnswersControl(request, first) || AnswersControl(request, request) || AnswersControl(ControlRequest(ReadVariables, 8, 0), first) {
		t.Error("the answer is not told from others")
	}
	a, err := ParseControl([][]byte{second, first}) // out of order
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"version": "ntpd ntpsec-1.2.2, built", "processor": "x86_64", "stratum": "2", "refid": "192.0.2.1"}
	if d := cmp.Diff(want, a.Variables()); d != "" {
		t.Error(d)
	}
	if _, err := ParseControl([][]byte{second}); err == nil {
		t.Error("a gap is no error")
	}
	lying := fragment(request, 0, 0, "x")
	lying[11] = 200
	if _, err := ParseControl([][]byte{lying}); err == nil {
		t.Error("a count that lies is no error")
	}
	refused := fragment(request, errorFlag, 0, "")
	refused[4] = 5
	if a, err := ParseControl([][]byte{refused}); err != nil || a.Refused != 5 {
		t.Errorf("refusal %+v, %v", a, err)
	}
}

func TestAssociations(t *testing.T) {
	a := ControlAnswer{Data: []byte{0x12, 0x34, 0x96, 0x1a, 0x12, 0x35, 0x80, 0x11, 9}}
	got := a.Associations(8)
	if len(got) != 2 || got[0].ID != 0x1234 || !got[0].System() || got[1].System() {
		t.Errorf("%+v", got)
	}
	if got := a.Associations(1); len(got) != 1 {
		t.Errorf("%d associations, 1 wanted", len(got))
	}
}

func TestPrivate(t *testing.T) {
	if _, _, ok := PrivateAnswer(MonitorList()); ok {
		t.Error("the request is taken for an answer")
	}
	entries, size, ok := PrivateAnswer([]byte{0xd7, 0, 3, 42, 0, 6, 0, 72})
	if !ok || entries != 6 || size != 72 {
		t.Errorf("%d entries of %d, %v", entries, size, ok)
	}
	if entries, _, ok := PrivateAnswer([]byte{0x97, 0, 3, 42, 0x40, 0, 0, 0}); !ok || entries != 0 {
		t.Errorf("%d entries, %v", entries, ok)
	}
}

func FuzzHeader(f *testing.F) {
	f.Add(make([]byte, HeaderSize), int64(0))
	f.Add(Request(1), int64(1)<<33)
	f.Fuzz(func(t *testing.T, b []byte, at int64) {
		about := time.Unix(at%(1<<40), 0)
		h, err := ParseHeader(b, about)
		if err != nil {
			return
		}
		if d := h.Received.Unix() - about.Unix(); d > 1<<31 || d < -1<<31-1 {
			t.Errorf("%v is of another era than %v", h.Received, about)
		}
		_ = h.ReferenceName()
		Answers(Request(1), b)
	})
}

func FuzzControl(f *testing.F) {
	request := ControlRequest(ReadVariables, 7, 0)
	f.Add(fragment(request, moreFlag, 0, `a="b,c",`), fragment(request, 0, 8, "d=e"))
	f.Fuzz(func(t *testing.T, first, second []byte) {
		AnswersControl(request, first)
		_, _, _ = PrivateAnswer(first)
		a, err := ParseControl([][]byte{first, second})
		if err != nil {
			return
		}
		if len(a.Data) > len(first)+len(second) {
			t.Errorf("%d bytes out of %d", len(a.Data), len(first)+len(second))
		}
		if n := len(a.Variables()); n > maxVariables {
			t.Errorf("%d variables", n)
		}
		a.Associations(8)
	})
}
