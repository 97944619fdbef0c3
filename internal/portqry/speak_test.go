package portqry_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sekisho/internal/exposure"
	"sekisho/internal/lab"
	"sekisho/internal/portqry"
)

// floors are the protocol tower of an interface (C706 appendix L): the interface
// in the form that C706 appendix A has it in, the transfer syntax, RPC, and what
// carries it.
func floors(interfaceID [16]byte, carriers ...[2]string) []byte {
	uuid := "\x0d" + string(interfaceID[:]) + "\x01\x00"
	all := append([][2]string{{uuid, "\x00\x00"}, {uuid, "\x00\x00"}, {"\x0a", "\x00\x00"}}, carriers...)
	b := binary.LittleEndian.AppendUint16(nil, uint16(len(all)))
	for _, floor := range all {
		for _, side := range floor {
			b = append(binary.LittleEndian.AppendUint16(b, uint16(len(side))), side...)
		}
	}
	return b
}

// page is an answer to a lookup with one endpoint, whose note is five bytes.
func page(next byte, tower []byte) []byte {
	b := make([]byte, 20)
	b[0] = next
	put := func(numbers ...uint32) {
		for _, n := range numbers {
			b = binary.LittleEndian.AppendUint32(b, n)
		}
	}
	put(1, 1, 0, 1)
	b = append(b, make([]byte, 16)...)
	put(3, 0, 5)
	b = append(b, "note\x00\x00\x00\x00"...)
	put(uint32(len(tower)), uint32(len(tower)))
	for b = append(b, tower...); len(b)%4 != 0; {
		b = append(b, 0)
	}
	put(0)
	return b
}

// TestSpeakToAMapperInDatagrams has an endpoint mapper tell its endpoints in two
// pages, over UDP, where no free program does.
func TestSpeakToAMapperInDatagrams(t *testing.T) {
	const head, length = 80, 74
	pc, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	id := [16]byte{0xc4, 0xfe, 0xfc, 0x99, 0x60, 0x52, 0x1b, 0x10, 0xbb, 0xcb, 0, 0xaa, 0, 0x21, 0x34, 0x7a}
	bodies := [][]byte{
		page(1, floors(id, [2]string{"\x08", "\x10\x30"}, [2]string{"\x09", "\xc0\x00\x02\x07"})),
		page(0, floors(id, [2]string{"\x0f", "\\PIPE\\lsass\x00"}, [2]string{"\x11", "\\\\MYSERVER\x00"})),
	}
	at := lab.ServeDatagrams(t, pc, func(request []byte) [][]byte {
		if len(request) < head || len(bodies) == 0 {
			return nil
		}
		reply := bytes.Clone(request[:head])
		reply[1], reply[2] = 2, 0
		binary.LittleEndian.PutUint16(reply[length:], uint16(len(bodies[0])))
		reply = append(reply, bodies[0]...)
		bodies = bodies[1:]
		return [][]byte{[]byte("nonsense"), reply}
	})
	eyes := portqry.Eyes{
		Allowed: func(netip.Addr, int) error { return nil },
		Service: func(exposure.Transport, uint16) string { return "epmap" },
		State:   func(context.Context, portqry.Asking) (exposure.State, error) { return exposure.OpenFiltered, nil },
		Speak:   portqry.Speak,
	}
	var out bytes.Buffer
	found, err := portqry.Query(t.Context(), portqry.Command{Node: "127.0.0.1", UDP: true, Ports: []uint16{at.Port()}, NoReverse: true}, eyes, &out)
	if err != nil || found.ExitCode != portqry.Listening || len(found.Ports[0].Answer.Endpoints) != 2 {
		t.Errorf("%+v, error %v", found, err)
	}
	_, got, _ := strings.Cut(strings.ReplaceAll(out.String(), at.String()[len("127.0.0.1:"):], "135"), "127.0.0.1\n\n")
	want := `UDP port 135 (epmap service): LISTENING or FILTERED

Querying Endpoint Mapper Database...

Server's response:

UUID: 99fcfec4-5260-101b-bbcb-00aa0021347a note
ncadg_ip_udp:192.0.2.7[4144]

UUID: 99fcfec4-5260-101b-bbcb-00aa0021347a note
ncacn_np:\\MYSERVER[\PIPE\lsass]

Total endpoints found: 2

==== End of RPC Endpoint Mapper query response ====

UDP port 135 is LISTENING

`
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("-want +got:\n%s", d)
	}
}

// TestSpeakToBanners holds what is shown of greetings: whole replies, escaped,
// and of FTP the reply to a user name too.
func TestSpeakToBanners(t *testing.T) {
	for _, c := range []struct {
		service string
		steps   []string
		want    []string
	}{
		{"ftp", []string{"S: 220-one\r\n", "S: 220 two\r\n", "C: USER anonymous\r\n", "S: 331 three\r\n"}, []string{"220-one", "220 two", "331 three"}},
		{
			"ftp",
			[]string{"S: 220-Welcome\r\n to us\r\n", "S: that is\r\n", "S: 220 ready\r\n", "C: USER anonymous\r\n", "S: 331-Guests\r\n say\r\n", "S: 331 who\r\n"},
			[]string{"220-Welcome", " to us", "that is", "220 ready", "331-Guests", " say", "331 who"},
		},
		{"smtp", []string{"S: 220 a\x1b[2J ready\r\n"}, []string{`220 a\x1b[2J ready`}},
		{"pop3", []string{"S: +OK\r\n"}, []string{"+OK"}},
		{"imap2", []string{"S: * OK here"}, []string{"* OK here"}},
		{"imap", nil, nil},
	} {
		t.Run(c.service, func(t *testing.T) {
			at := lab.Serve(t, lab.Loopback(t), lab.Script(t, c.steps...))
			s := portqry.Speak(t.Context(), portqry.Asking{Asked: portqry.Asked{Transport: exposure.TCP, Port: at.Port()}, Address: at.Addr(), Service: c.service})
			if !slices.Equal(s.Found.Text, c.want) || s.Heard != (c.want != nil) || !s.Banner {
				t.Errorf("%+v, want %q", s, c.want)
			}
		})
	}
	if s := portqry.Speak(t.Context(), portqry.Asking{Asked: portqry.Asked{Transport: exposure.TCP, Port: 22}, Address: netip.MustParseAddr("127.0.0.1"), Service: "ssh"}); s != nil {
		t.Errorf("SSH has a question: %+v", s)
	}
}
