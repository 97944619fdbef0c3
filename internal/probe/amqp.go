package probe

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"slices"
	"strings"

	"sekisho/internal/exposure"
	"sekisho/internal/untrusted"
)

func init() {
	register(Probe{
		Name: "amqp", Transport: exposure.TCP, Ports: []uint16{5672, 5673}, TLSPorts: []uint16{5671}, ClientFirst: true,
		Greets: greetsAMQP, Run: runAMQP, Tests: amqpTests,
	})
}

// amqpHeader opens a connection of AMQP 0-9-1 (section 4.2.2). A server that
// speaks another version answers with the header of that one and hangs up.
const amqpHeader = "AMQP\x00\x00\x09\x01"

// greetsAMQP takes the header with which a server answers what it does not know.
func greetsAMQP(first []byte) Fit {
	if bytes.HasPrefix(first, []byte("AMQP")) {
		return Sure
	}
	return No
}

// maxAMQPFrame bounds the first frame: that of RabbitMQ has five hundred bytes.
const maxAMQPFrame = 8 << 10

// runAMQP reads the first frame, in which the server presents itself and names
// the ways to log in. It goes no further.
func runAMQP(ctx context.Context, s *Session) (exposure.Service, error) {
	c, err := s.Connect(ctx)
	if err != nil {
		return exposure.Service{}, err
	}
	defer c.Close()
	if _, err := c.Write([]byte(amqpHeader)); err != nil {
		return exposure.Service{}, s.fail("send header", err)
	}
	var head [7]byte
	if _, err := io.ReadFull(c, head[:]); err != nil {
		return exposure.Service{}, s.fail("read start", err)
	}
	svc := exposure.Service{Protocol: "amqp", Confidence: exposure.Confirmed, Facts: exposure.Facts{}}
	if string(head[:4]) == "AMQP" {
		version, err := c.r.ReadByte()
		if err != nil {
			return exposure.Service{}, s.fail("read start", err)
		}
		svc.Facts["protocol_version"] = untrusted.New(amqpVersion(head[4], head[5], head[6], version), 0)
		return svc, nil
	}
	length := binary.BigEndian.Uint32(head[3:])
	if head[0] != 1 || head[1] != 0 || head[2] != 0 || length < 8 || length > maxAMQPFrame {
		return exposure.Service{}, s.fail("read start", ErrProtocol)
	}
	frame := make([]byte, length+1)
	if _, err := io.ReadFull(c, frame); err != nil {
		return exposure.Service{}, s.fail("read start", err)
	}
	start, ok := amqpStart(frame)
	if !ok {
		return exposure.Service{}, s.fail("read start", ErrProtocol)
	}
	start.facts(&svc)
	return svc, nil
}

// amqpVersion names the version of a header: 1.0 has its numbers elsewhere
// (AMQP 1.0, section 2.2).
func amqpVersion(id, a, b, c byte) string {
	if id == 0 && a == 0 {
		return fmt.Sprintf("%d-%d-%d", a, b, c)
	}
	if id == 1 {
		return fmt.Sprintf("%d-%d", b, c) // 0-8 and 0-9 put an instance before it
	}
	return fmt.Sprintf("%d.%d.%d", a, b, c)
}

// amqpHello is connection.start (AMQP 0-9-1, "connection.start").
type amqpHello struct {
	major, minor byte
	properties   map[string]string
	mechanisms   []string
}

// amqpStart reads the frame, whose last byte ends it.
func amqpStart(frame []byte) (amqpHello, bool) {
	const classConnection, methodStart, frameEnd = 10, 10, 0xce
	if len(frame) < 11 || frame[len(frame)-1] != frameEnd || binary.BigEndian.Uint16(frame) != classConnection || binary.BigEndian.Uint16(frame[2:]) != methodStart {
		return amqpHello{}, false
	}
	h := amqpHello{major: frame[4], minor: frame[5], properties: map[string]string{}}
	table, rest, ok := amqpLong(frame[6 : len(frame)-1])
	if !ok || !amqpTable(table, h.properties) {
		return h, false
	}
	mechanisms, _, ok := amqpLong(rest)
	h.mechanisms = strings.Fields(string(mechanisms))
	return h, ok
}

// amqpLong takes what has its length in four bytes before it.
func amqpLong(b []byte) (data, rest []byte, ok bool) {
	if len(b) < 4 || uint64(binary.BigEndian.Uint32(b)) > uint64(len(b)-4) {
		return nil, nil, false
	}
	end := 4 + int(binary.BigEndian.Uint32(b))
	return b[4:end], b[end:], true
}

// amqpTable keeps the texts of a table; what is in tables within it does not
// matter here.
func amqpTable(b []byte, into map[string]string) bool {
	for len(b) > 0 && len(into) < 64 {
		end := 1 + int(b[0])
		if end+1 > len(b) {
			return false
		}
		name, kind := string(b[1:end]), b[end]
		b = b[end+1:]
		switch kind {
		case 'S', 'F', 'A', 'x':
			data, rest, ok := amqpLong(b)
			if !ok {
				return false
			}
			if kind == 'S' {
				into[name] = string(data)
			}
			b = rest
		default:
			width, known := amqpWidths[kind]
			if !known || width > len(b) {
				return false
			}
			b = b[width:]
		}
	}
	return true
}

// amqpWidths are the lengths of the values that have one (RabbitMQ, "AMQP 0-9-1
// Errata").
var amqpWidths = map[byte]int{'t': 1, 'b': 1, 'B': 1, 's': 2, 'u': 2, 'I': 4, 'i': 4, 'l': 8, 'f': 4, 'd': 8, 'D': 5, 'T': 8, 'V': 0}

// facts keeps what the server says of itself.
func (h amqpHello) facts(svc *exposure.Service) {
	svc.Product, svc.Version = untrusted.New(h.properties["product"], maxProduct), untrusted.New(h.properties["version"], maxProduct)
	banner := strings.TrimSpace(h.properties["product"] + " " + h.properties["version"])
	svc.Banner = untrusted.New(banner, maxBanner)
	svc.Facts["protocol_version"] = untrusted.New(fmt.Sprintf("%d-%d", h.major, h.minor), 0)
	svc.Facts["auth"] = texts(h.mechanisms, 16)
	for name, fact := range map[string]string{"platform": "platform", "cluster_name": "hostname"} {
		if value := h.properties[name]; value != "" {
			svc.Facts[fact] = untrusted.New(value, maxFact)
		}
	}
	// Who may log in as nobody (RFC 4505) needs no password; with the others
	// nobody knows without one.
	if slices.Contains(h.mechanisms, "ANONYMOUS") {
		svc.Facts["password_required"] = false
	}
}
