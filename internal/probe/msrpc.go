package probe

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"

	"sekisho/internal/exposure"
	"sekisho/internal/wire/msrpc"
)

func init() {
	register(Probe{
		Name: "msrpc", Transport: exposure.UDP, Ports: []uint16{135}, Hello: msrpcHello, Match: msrpcReplies, Run: runMSRPCDatagram,
		Tests: []Test{{Name: "msrpc-udp", Port: 135, Run: testMSRPCDatagram, Options: []Option{{Name: "uuid", Kind: Words}}, Check: msrpcCheckUUIDs}},
	})
	register(Probe{
		Name: "msrpc", Transport: exposure.TCP, ClientFirst: true, Blind: 5, Run: runMSRPC,
		// Behind the mapper are the ports that Windows gives out from the first on.
		Ports: []uint16{135, 1025, 1026, 1027, 1028, 1029, 1030, 49152, 49153, 49154, 49155, 49156, 49157},
		Tests: []Test{{Name: "msrpc", Port: 135, Run: testMSRPC, Options: []Option{{Name: "uuid", Kind: Words}}, Check: msrpcCheckUUIDs}},
	})
}

// runMSRPC has the endpoint mapper tell all endpoints (C706 appendix O).
func runMSRPC(ctx context.Context, s *Session) (exposure.Service, error) {
	m := msrpcMapper{s: s}
	err := m.overTCP(ctx)
	if errors.Is(err, errMSRPCRefused) {
		err = nil // it is another service of the kind
	}
	return m.service(nil), err
}

// msrpcMapper is one run of a lookup.
type msrpcMapper struct {
	s         *Session
	bound     bool // the server took the interface
	speaks    bool // it answered in the protocol
	endpoints []msrpc.Endpoint
	whole     bool
	pages     int
	learned   int // how many endpoints were told to the session
}

// Bounds of a lookup. A domain controller has some 300 endpoints.
const (
	msrpcPage     = 100
	maxMSRPCPages = 64
	maxEndpoints  = 2048
	maxMSRPCReply = 32 << 10 // of one message, all of its packets together
)

var (
	errMSRPCRefused = errors.New("refused the endpoint mapper's interface")
	errMSRPCLoop    = fmt.Errorf("peer sent more than %d endpoints or %d pages of them", maxEndpoints, maxMSRPCPages)
)

// errMSRPCFault is a fault in place of an answer.
type errMSRPCFault uint32

// Error says it as Windows writes such numbers.
func (e errMSRPCFault) Error() string { return fmt.Sprintf("fault 0x%08x", uint32(e)) }

func (m *msrpcMapper) overTCP(ctx context.Context) error {
	c, err := m.s.Connect(ctx)
	if err != nil {
		return err
	}
	defer c.Close()
	if err := m.bind(c); err != nil {
		return m.s.fail("bind", err)
	}
	err = m.pagesOf(func(call uint32, at msrpc.Handle) ([]byte, error) {
		if _, err := c.Write(msrpc.Lookup(call, at, msrpcPage)); err != nil {
			return nil, err
		}
		return msrpcMessage(c)
	}, func(call uint32, at msrpc.Handle) { _, _ = c.Write(msrpc.Free(call, at)) }) // what the server keeps ends with the connection too
	if err != nil {
		return m.s.fail("look up endpoints", err)
	}
	return nil
}

func (m *msrpcMapper) bind(c *Conn) error {
	if _, err := c.Write(msrpc.Bind()); err != nil {
		return err
	}
	p, err := msrpcPacket(c)
	if err != nil {
		return err
	}
	if p.Kind != msrpc.KindBindAck && p.Kind != msrpc.KindBindNak {
		return ErrProtocol
	}
	m.speaks = true
	if m.bound = p.Kind == msrpc.KindBindAck && msrpc.Accepted(p.Body); !m.bound {
		return errMSRPCRefused
	}
	m.s.Learn(m.service(nil))
	return nil
}

// pagesOf asks for page after page until there are no more.
func (m *msrpcMapper) pagesOf(ask func(uint32, msrpc.Handle) ([]byte, error), free func(uint32, msrpc.Handle)) error {
	call := msrpc.FirstLookup
	for page, err := range msrpc.Pages(ask) {
		m.endpoints = append(m.endpoints, page.Endpoints...)
		if errors.Is(err, msrpc.ErrFormat) {
			m.pages++
			return ErrProtocol
		}
		if err != nil {
			return err
		}
		m.pages++
		if page.Last() {
			break
		}
		if call++; m.pages >= maxMSRPCPages || len(m.endpoints) >= maxEndpoints {
			free(call, page.Next)
			return errMSRPCLoop
		}
		if len(m.endpoints) >= 4*m.learned { // each time all of them are written down
			m.learned = len(m.endpoints)
			m.s.Learn(m.service(nil))
		}
	}
	m.whole = true
	return nil
}

// msrpcPacket reads one packet.
func msrpcPacket(c *Conn) (msrpc.Packet, error) {
	head, err := c.exactly(msrpc.Header)
	if err != nil {
		return msrpc.Packet{}, err
	}
	n, ok := msrpc.Length([msrpc.Header]byte(head))
	if !ok || n > maxMSRPCReply {
		return msrpc.Packet{}, ErrProtocol
	}
	rest, err := c.exactly(n - msrpc.Header)
	if err != nil {
		return msrpc.Packet{}, err
	}
	p, err := msrpc.Parse(append(head, rest...))
	if err != nil {
		return p, ErrProtocol
	}
	return p, nil
}

// msrpcMessage reads the packets of one answer.
func msrpcMessage(c *Conn) ([]byte, error) {
	var body []byte
	for {
		p, err := msrpcPacket(c)
		switch {
		case err != nil:
			return nil, err
		case p.Kind == msrpc.KindFault:
			return nil, errMSRPCFault(p.Status)
		case p.Kind != msrpc.KindResponse || len(body)+len(p.Body) > maxMSRPCReply || len(p.Body) == 0:
			return nil, ErrProtocol
		}
		if body == nil {
			body = p.Body // most answers are one packet
		} else {
			body = append(body, p.Body...)
		}
		if p.Last {
			return body, nil
		}
	}
}

// service is what was learned, with the endpoints that are wanted: all when
// nobody says which.
func (m *msrpcMapper) service(wanted []msrpc.UUID) exposure.Service {
	if !m.speaks {
		return exposure.Service{}
	}
	svc := exposure.Service{Protocol: "msrpc", Confidence: exposure.Confirmed, Facts: exposure.Facts{"endpoint_mapper": m.bound}}
	if !m.bound {
		return svc
	}
	var lines, interfaces []string
	count, remote := 0, 0
	for _, e := range m.endpoints {
		if len(wanted) > 0 && !slices.Contains(wanted, e.Interface) {
			continue
		}
		count++
		if len(lines) < maxMSRPCShown {
			lines = append(lines, msrpcShown(e))
		}
		if name := msrpcName(e); len(interfaces) < maxMSRPCShown && !slices.Contains(interfaces, name) {
			interfaces = append(interfaces, name)
		}
		if e.Protocol != "ncalrpc" && e.Protocol != "" {
			remote++
		}
	}
	slices.Sort(interfaces)
	svc.Facts["endpoints"] = texts(lines, maxMSRPCShown)
	svc.Facts["interfaces"] = texts(interfaces, maxMSRPCShown)
	svc.Facts["endpoint_count"], svc.Facts["remote_endpoints"] = count, remote
	svc.Facts["whole"] = m.whole
	return svc
}

// maxMSRPCShown bounds the endpoints of a report.
const maxMSRPCShown = 512

// msrpcName is the name of an endpoint's interface or else its UUID.
func msrpcName(e msrpc.Endpoint) string {
	if name := msrpc.InterfaceName(e.Interface); name != "" {
		return name
	}
	return e.Interface.String()
}

// msrpcShown is an endpoint in one line: the UUID and version of its interface,
// the binding, the annotation and what the interface is known for.
func msrpcShown(e msrpc.Endpoint) string {
	line := fmt.Sprintf("%s v%d.%d %s", e.Interface, e.Major, e.Minor, e.Binding())
	if e.Annotation != "" {
		line += fmt.Sprintf(" %q", e.Annotation)
	}
	if name := msrpc.InterfaceName(e.Interface); name != "" {
		line += " = " + name
	}
	return line
}

// msrpcCheckUUIDs refuses what is no UUID.
func msrpcCheckUUIDs(t *Trial) error {
	for _, word := range t.Words("uuid") {
		if _, err := msrpc.ParseUUID(strings.TrimSpace(word)); err != nil {
			return err
		}
	}
	return nil
}

// testMSRPC is the lookup, of all endpoints or of some interfaces.
func testMSRPC(ctx context.Context, s *Session, t *Trial) (exposure.Service, error) {
	m := msrpcMapper{s: s}
	return m.test(t, m.overTCP(ctx))
}

// testMSRPCDatagram is the same over datagrams.
func testMSRPCDatagram(ctx context.Context, s *Session, t *Trial) (exposure.Service, error) {
	m := msrpcMapper{s: s}
	return m.test(t, m.overUDP(ctx))
}

// test tells how the lookup ended, and of the endpoints those that are wanted.
func (m *msrpcMapper) test(t *Trial, err error) (exposure.Service, error) {
	var wanted []msrpc.UUID
	for _, word := range t.Words("uuid") {
		u, bad := msrpc.ParseUUID(strings.TrimSpace(word))
		if bad != nil {
			return m.service(nil), m.s.fail("read --uuid", bad)
		}
		wanted = append(wanted, u)
	}
	step := exposure.Step{ID: "msrpc-lookup", Result: exposure.StepOK, Facts: exposure.Facts{"endpoints": len(m.endpoints), "pages": m.pages}}
	switch {
	case errors.Is(err, errMSRPCRefused):
		step.Result, err = exposure.StepRefused, nil
	case err != nil:
		step.Result, step.Detail = exposure.StepFailed, err.Error()
	}
	t.Step(step)
	svc := m.service(wanted)
	for _, line := range svc.Facts.Texts("endpoints") {
		t.Step(exposure.Step{ID: "msrpc-endpoint", Result: exposure.StepOK, Said: line})
	}
	return svc, err
}

// runMSRPCDatagram asks over datagrams, which no Windows since 2003 answers as
// it comes.
func runMSRPCDatagram(ctx context.Context, s *Session) (exposure.Service, error) {
	hello := msrpcHello(s.peer.nonce())
	if _, err := s.Exchange(ctx, hello, func(b []byte) bool { return msrpcReplies(hello, b) }); err != nil {
		return exposure.Service{}, s.fail("ask", err)
	}
	m := msrpcMapper{s: s, speaks: true}
	s.Learn(m.service(nil))
	err := m.overUDP(ctx)
	return m.service(nil), err
}

// overUDP is the lookup in the connectionless protocol: each page is a call of
// its own, marked as one that may be repeated, so that the server need not call
// back first (C706 section 10.2).
func (m *msrpcMapper) overUDP(ctx context.Context) error {
	nonce := m.s.peer.nonce()
	err := m.pagesOf(func(call uint32, at msrpc.Handle) ([]byte, error) {
		request := msrpc.DatagramLookup(noise(nonce, 16), call, at, msrpcDatagramPage)
		reply, err := m.s.Exchange(ctx, request, func(b []byte) bool {
			_, err := msrpc.ParseDatagram(b, request)
			return err == nil
		})
		if err != nil {
			return nil, err
		}
		p, err := msrpc.ParseDatagram(reply, request)
		if err != nil {
			return nil, err
		}
		m.speaks = true
		if p.Kind != msrpc.KindResponse {
			return nil, errMSRPCFault(p.Status)
		}
		m.bound = true
		return p.Body, nil
	}, func(uint32, msrpc.Handle) {}) // what the server keeps ends by itself
	if err != nil {
		return m.s.fail("look up endpoints", err)
	}
	return nil
}

// msrpcDatagramPage is how many endpoints fit into a datagram that no router
// cuts.
const msrpcDatagramPage = 4

const (
	msrpcHeader   = 80 // of the connectionless protocol, C706 section 12.5
	msrpcPing     = 1
	msrpcActivity = 40 // where the id of the activity is
	msrpcNode     = msrpcActivity + 8
)

// msrpcMapperID is the interface of the endpoint mapper,
// e1af8308-5d1f-11c9-91a4-08002b14a0fa, in little-endian form.
var msrpcMapperID = []byte{0x08, 0x83, 0xaf, 0xe1, 0x1f, 0x5d, 0xc9, 0x11, 0x91, 0xa4, 0x08, 0x00, 0x2b, 0x14, 0xa0, 0xfa}

// msrpcHello asks how a call is coming along that was never made (C706 section
// 12.6.4.2): the server knows of none and says so, and nothing is called.
func msrpcHello(nonce uint64) []byte {
	b := make([]byte, msrpcHeader)
	b[0], b[1], b[4] = 4, msrpcPing, 0x10
	copy(b[24:], msrpcMapperID)
	copy(b[msrpcActivity:], noise(nonce, 8))
	binary.BigEndian.PutUint64(b[msrpcNode:], nonce)
	b[60] = 3                 // interface version
	b[70], b[71] = 0xff, 0xff // no hint of the interface
	b[72], b[73] = 0xff, 0xff // nor of the activity
	return b
}

// msrpcReplies wants one of the server's packets for the same activity. Its
// first half is in the byte order of whoever sends it, its second in one only.
func msrpcReplies(hello, b []byte) bool {
	if len(hello) != msrpcHeader || len(b) < msrpcHeader || b[0] != 4 {
		return false
	}
	switch b[1] & 0x1f {
	case 2, 3, 4, 5, 6, 7, 9, 10: // response, fault, working, nocall, reject, ack, fack, cancel_ack
		return bytes.Equal(b[msrpcNode:msrpcNode+8], hello[msrpcNode:msrpcNode+8])
	}
	return false
}
