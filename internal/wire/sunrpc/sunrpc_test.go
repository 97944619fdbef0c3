package sunrpc_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sekisho/internal/wire/sunrpc"
)

// words is XDR of numbers and texts.
func words(parts ...any) []byte {
	var b []byte
	for _, p := range parts {
		switch p := p.(type) {
		case int:
			b = binary.BigEndian.AppendUint32(b, uint32(p))
		case string:
			b = binary.BigEndian.AppendUint32(b, uint32(len(p)))
			b = append(append(b, p...), make([]byte, -len(p)&3)...)
		}
	}
	return b
}

// reply is an accepted reply to call 7 with a status and a body.
func reply(status int, body ...any) []byte {
	return append(words(7, 1, 0, 0, 0, status), words(body...)...)
}

func TestResult(t *testing.T) {
	for _, c := range []struct {
		name  string
		reply []byte
		body  []byte
		err   error
	}{
		{"result", reply(0, 42), words(42), nil},
		{"no program", reply(1), nil, sunrpc.ErrNoProgram},
		{"no procedure", reply(3), nil, sunrpc.ErrProcedure},
		{"denied", words(7, 1, 1, 1, 1), nil, sunrpc.ErrDenied},
		{"another call", append(words(8), reply(0)[4:]...), nil, sunrpc.ErrFormat},
		{"a call and no reply", words(7, 0, 2), nil, sunrpc.ErrFormat},
		{"verifier longer than all", words(7, 1, 0, 0, 399, 0), nil, sunrpc.ErrFormat},
		{"verifier of four billion", words(7, 1, 0, 0, 0xffffffff, 0), nil, sunrpc.ErrFormat},
		{"status unheard of", reply(9), nil, sunrpc.ErrFormat},
		{"nothing", nil, nil, sunrpc.ErrFormat},
	} {
		body, err := sunrpc.Result(c.reply, 7)
		if !bytes.Equal(body, c.body) || !errors.Is(err, c.err) {
			t.Errorf("%s: %x, %v; want %x, %v", c.name, body, err, c.body, c.err)
		}
	}
	var other *sunrpc.Mismatch
	if _, err := sunrpc.Result(reply(2, 3, 4), 7); !errors.As(err, &other) || *other != (sunrpc.Mismatch{Low: 3, High: 4}) {
		t.Errorf("mismatch: %v", err)
	}
}

func TestLists(t *testing.T) {
	programs, err := sunrpc.Mappings(words(1, sunrpc.NFS, 3, 6, 2049, 1, 12345, 1, 17, 700, 0))
	if err != nil || len(programs) != 2 || programs[0].String() != "nfs 3 tcp 2049" || programs[1].String() != "12345 1 udp 700" {
		t.Errorf("%v, %v", programs, err)
	}
	exports, err := sunrpc.Exports(words(1, "/srv", 1, "192.0.2.0/24", 1, "host", 0, 1, "/open", 0, 1, "/star", 1, "*", 0, 0))
	if err != nil {
		t.Fatal(err)
	}
	var shown []string
	for _, e := range exports {
		line := e.String()
		if e.Everybody() {
			line += " everybody"
		}
		shown = append(shown, line)
	}
	if d := cmp.Diff([]string{"/srv 192.0.2.0/24,host", "/open * everybody", "/star * everybody"}, shown); d != "" {
		t.Error(d)
	}
	for _, lie := range [][]byte{words(1, 0xffffffff), words(1, "/srv", 1, 300), words(1, 1, 2)} {
		if _, err := sunrpc.Exports(lie); err == nil {
			t.Errorf("%x is a list of exports", lie)
		}
	}
	if _, err := sunrpc.Mappings(words(1, 1, 2)); err == nil {
		t.Error("half a mapping is one")
	}
}

func TestRecord(t *testing.T) {
	message := bytes.Repeat([]byte("abcd"), 3000)
	whole := sunrpc.Record(message)
	parts := append(append(words(6000), message[:6000]...), sunrpc.Record(message[6000:])...)
	for _, stream := range [][]byte{whole, parts} {
		got, err := sunrpc.ReadRecord(bytes.NewReader(stream), 1<<14)
		if err != nil || !bytes.Equal(got, message) {
			t.Errorf("%d bytes, %v", len(got), err)
		}
	}
	for name, stream := range map[string][]byte{
		"longer than the limit": whole, "without end": bytes.Repeat(words(0), 100), "cut short": whole[:50],
	} {
		if _, err := sunrpc.ReadRecord(bytes.NewReader(stream), 1000); err == nil {
			t.Errorf("%s: a record", name)
		}
	}
}

func FuzzReply(f *testing.F) {
	f.Add(sunrpc.Record(reply(0, 1, sunrpc.NFS, 3, 6, 2049, 0)))
	f.Add(sunrpc.Record(reply(0, 1, "/srv", 1, "192.0.2.0/24", 0, 0)))
	f.Add(sunrpc.Record(reply(2, 3, 4)))
	f.Fuzz(func(t *testing.T, stream []byte) {
		message, err := sunrpc.ReadRecord(bytes.NewReader(stream), 1<<14)
		if err != nil || len(message) < 4 {
			return
		}
		body, err := sunrpc.Result(message, binary.BigEndian.Uint32(message))
		if err != nil {
			return
		}
		programs, _ := sunrpc.Mappings(body)
		exports, _ := sunrpc.Exports(body)
		if 16*len(programs) > len(body) || 4*len(exports) > len(body) {
			t.Errorf("%d programs and %d exports out of %d bytes", len(programs), len(exports), len(body))
		}
	})
}
