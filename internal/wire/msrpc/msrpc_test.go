package msrpc

import (
	"bytes"
	"encoding/binary"
	"testing"
)

func TestUUID(t *testing.T) {
	const text = "e1af8308-5d1f-11c9-91a4-08002b14a0fa"
	for _, written := range []string{text, "{" + text + "}", "E1AF8308-5D1F-11C9-91A4-08002B14A0FA"} {
		if u, err := ParseUUID(written); err != nil || u != Mapper || u.String() != text {
			t.Errorf("%s is read as %s, error %v", written, u, err)
		}
	}
	for _, written := range []string{"", "epmapper", text + "0", "z" + text[1:]} {
		if _, err := ParseUUID(written); err == nil {
			t.Errorf("%q is taken for a UUID", written)
		}
	}
	if Mapper.mixed().mixed() != Mapper {
		t.Error("the wire's order does not turn back")
	}
}

// TestNamesAreWritten holds the table: every name is of a UUID in the form of
// its text.
func TestNamesAreWritten(t *testing.T) {
	for text, name := range names {
		if u, err := ParseUUID(text); err != nil || u.String() != text || name == "" || InterfaceName(u) != name {
			t.Errorf("%s: %q, error %v", text, name, err)
		}
	}
}

// towerOf is a tower of an interface with further floors.
func towerOf(u UUID, further ...floor) []byte {
	wire := u.mixed()
	all := append([]floor{
		{append(append([]byte{floorUUID}, wire[:]...), 3, 0), []byte{0, 0}},
		{append(append([]byte{floorUUID}, wire[:]...), 2, 0), []byte{0, 0}},
		{[]byte{floorConnection}, []byte{0, 0}},
	}, further...)
	b := binary.LittleEndian.AppendUint16(nil, uint16(len(all)))
	for _, f := range all {
		for _, side := range [][]byte{f.left, f.right} {
			b = append(binary.LittleEndian.AppendUint16(b, uint16(len(side))), side...)
		}
	}
	return b
}

// pageOf is the body of an answer with one endpoint a tower.
func pageOf(next Handle, towers ...[]byte) []byte {
	b := append([]byte{}, next[:]...)
	n := func(v int) { b = binary.LittleEndian.AppendUint32(b, uint32(v)) }
	align := func() {
		for len(b)%4 != 0 {
			b = append(b, 0)
		}
	}
	n(len(towers))
	n(len(towers))
	n(0)
	n(len(towers))
	for i := range towers {
		b = append(b, make([]byte, 16)...)
		n(i + 3)
		n(0)
		n(5)
		b = append(b, "note\x00"...)
		align()
	}
	for _, t := range towers {
		n(len(t))
		n(len(t))
		b = append(b, t...)
		align()
	}
	n(0)
	return b
}

func TestPage(t *testing.T) {
	ip := floor{[]byte{floorIP}, []byte{192, 0, 2, 7}}
	p, err := ParsePage(pageOf(Handle{1},
		towerOf(Mapper, floor{[]byte{floorTCP}, []byte{0, 135}}, ip),
		towerOf(Mapper, floor{[]byte{floorPipe}, []byte(`\pipe\epmapper` + "\x00")}, floor{[]byte{floorNetBIOS}, []byte("HOME\x00")}),
		towerOf(Mapper, floor{[]byte{floorLRPC}, []byte("epmapper\x00")}),
		towerOf(Mapper, floor{[]byte{floorUDP}, []byte{0x12, 0x34}}, floor{[]byte{floorIP}, []byte{0, 0, 0, 0}}),
		towerOf(Mapper, floor{[]byte{floorHTTP}, []byte{2, 81}}, ip),
	))
	if err != nil || len(p.Endpoints) != 5 || p.Next.Zero() || p.Status != 0 {
		t.Fatalf("read %+v, error %v", p, err)
	}
	for i, want := range []string{
		"ncacn_ip_tcp:192.0.2.7[135]", `ncacn_np:HOME[\pipe\epmapper]`, "ncalrpc:[epmapper]", "ncadg_ip_udp:[4660]", "ncacn_http:192.0.2.7[593]",
	} {
		e := p.Endpoints[i]
		if e.Binding() != want || e.Interface != Mapper || e.Major != 3 || e.Annotation != "note" {
			t.Errorf("endpoint %d: %q %+v, want %q", i, e.Binding(), e, want)
		}
	}
	if _, err := ParsePage(pageOf(Handle{})[:30]); err == nil {
		t.Error("a page that is cut short is whole")
	}
}

func TestDatagram(t *testing.T) {
	activity := []byte("sixteen bytes, 1")
	request := DatagramLookup(activity, 7, Handle{}, 4)
	reply := bytes.Clone(request[:datagramHeader])
	reply[1], reply[2] = KindResponse, 0
	body := pageOf(Handle{}, towerOf(Mapper, floor{[]byte{floorTCP}, []byte{0, 135}}))
	binary.LittleEndian.PutUint16(reply[74:], uint16(len(body)))
	p, err := ParseDatagram(append(reply, body...), request)
	if err != nil || p.Kind != KindResponse || !bytes.Equal(p.Body, body) {
		t.Errorf("read %+v, error %v", p, err)
	}
	if _, err := ParseDatagram(append(reply, body...), DatagramLookup(activity, 8, Handle{}, 4)); err == nil {
		t.Error("the answer to another call is taken")
	}
	if _, err := ParseDatagram(request, request); err == nil {
		t.Error("the request come back is taken for an answer")
	}
}

func FuzzPackets(f *testing.F) {
	f.Add(Bind(), []byte{})
	f.Add(Lookup(2, Handle{}, 100), DatagramLookup(make([]byte, 16), 1, Handle{}, 4))
	f.Add(Free(3, Handle{1}), []byte{4, 2})
	f.Fuzz(func(t *testing.T, b, request []byte) {
		before := bytes.Clone(b)
		if p, err := Parse(b); err == nil {
			Accepted(p.Body)
		}
		Accepted(b)
		if p, err := ParseDatagram(b, request); err == nil && len(p.Body) > len(b) {
			t.Error("a body longer than its datagram")
		}
		if !bytes.Equal(before, b) {
			t.Error("changed what it read")
		}
	})
}

func FuzzPage(f *testing.F) {
	f.Add(pageOf(Handle{1}, towerOf(Mapper, floor{[]byte{floorTCP}, []byte{0, 135}}, floor{[]byte{floorIP}, []byte{127, 0, 0, 1}})))
	f.Add(pageOf(Handle{}))
	f.Fuzz(func(t *testing.T, b []byte) {
		p, _ := ParsePage(b)
		if len(p.Endpoints) > maxEntries {
			t.Errorf("%d endpoints", len(p.Endpoints))
		}
		for _, e := range p.Endpoints {
			_ = e.Binding()
			_ = InterfaceName(e.Interface)
		}
	})
}

func FuzzUUID(f *testing.F) {
	f.Add("{E1AF8308-5D1F-11C9-91A4-08002B14A0FA}")
	f.Fuzz(func(t *testing.T, text string) {
		if u, err := ParseUUID(text); err == nil {
			if back, err := ParseUUID(u.String()); err != nil || back != u {
				t.Errorf("%q is read as %s and that as %s, error %v", text, u, back, err)
			}
		}
	})
}
