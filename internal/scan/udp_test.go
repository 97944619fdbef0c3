package scan

import (
	"bytes"
	"encoding/binary"
	"net/netip"
	"testing"
	"time"

	"sekisho/internal/exposure"
	"sekisho/internal/netio"
)

// testPayloads are those of a made-up world: port 53 repeats the nonce, 69
// answers from another port with a mere shape, 123 repeats nothing, 1701
// repeats the nonce from another port, and 51820 answers nobody.
func testPayloads(port uint16) []Payload {
	ask := func(nonce uint64) []byte { return binary.BigEndian.AppendUint64([]byte("ask"), nonce) }
	echo := func(request, reply []byte) bool { return bytes.Equal(request, reply) }
	switch port {
	case 53:
		return []Payload{{Protocol: "dns", New: ask, Match: echo}}
	case 69:
		return []Payload{{Protocol: "tftp", New: ask, Match: func(_, reply []byte) bool { return bytes.HasPrefix(reply, []byte{0, 5}) }, Weak: true, OtherPort: true}}
	case 123:
		return []Payload{{Protocol: "time", New: func(uint64) []byte { return []byte("now") }}}
	case 1701:
		return []Payload{{Protocol: "l2tp", New: ask, Match: echo, OtherPort: true}}
	case 51820:
		return []Payload{{Protocol: "wireguard", New: ask, Match: func(_, _ []byte) bool { return false }, Silent: true}}
	}
	return nil
}

// TestUDPWeighsAnswers has datagrams come that answer, and some that do not.
func TestUDPWeighsAnswers(t *testing.T) {
	host, stranger := netip.MustParseAddr("192.0.2.7"), netip.MustParseAddr("192.0.2.99")
	w := newUDPWay(newPlan(exposure.UDP, targetsOf(host.String()), []uint16{53, 69, 123, 1701, 7000, 7001, 40000, 51820}, 1), testPayloads)
	defer w.close()
	for _, port := range []uint16{53, 69, 123, 1701, 7000, 40000, 51820} { // not 7001
		index, _ := w.plan.within(0, port)
		w.clock.start(index)
	}
	question := func(port uint16) []byte { return w.questions(netip.AddrPortFrom(host, port))[0] }
	tftp := []byte{0, 5, 0, 1, 'x', 0}
	for name, c := range map[string]struct {
		from   netip.Addr
		port   uint16
		data   []byte
		reason exposure.Reason // of an error
		want   uint16          // 0: not taken
		note   note
		by     netip.Addr
		other  bool // the answer came from elsewhere
	}{
		"nonce":                      {host, 53, question(53), "", 53, noNote, netip.Addr{}, false},
		"nonce-of-another-port":      {host, 53, question(1701), "", 1701, elsewhere, netip.Addr{}, true},
		"garbage":                    {host, 53, []byte("?"), "", 53, unrecognised, netip.Addr{}, false},
		"nothing-to-repeat":          {host, 123, []byte("noon"), "", 123, weak, netip.Addr{}, false},
		"no-payload":                 {host, 7000, []byte("hello"), "", 7000, weak, netip.Addr{}, false},
		"answers-nobody-but-answers": {host, 51820, []byte("hello"), "", 51820, unrecognised, netip.Addr{}, false},
		"not-asked":                  {host, 7001, []byte("hello"), "", 0, noNote, netip.Addr{}, false},
		"not-in-the-plan":            {host, 9999, []byte("hello"), "", 0, noNote, netip.Addr{}, false},
		"other-port":                 {host, 33333, question(1701), "", 1701, elsewhere, netip.Addr{}, true},
		"other-port-weak":            {host, 33333, tftp, "", 69, weak, netip.Addr{}, true},
		"other-port-that-was-asked":  {host, 40000, tftp, "", 69, weak, netip.Addr{}, true},
		"other-address":              {stranger, 53, question(53), "", 53, elsewhere, stranger, true},
		"other-address-and-port":     {stranger, 33333, question(1701), "", 1701, elsewhere, stranger, true},
		"other-address-weak":         {stranger, 33333, tftp, "", 0, noNote, netip.Addr{}, false},
		"other-address-no-payload":   {stranger, 7000, []byte("hello"), "", 0, noNote, netip.Addr{}, false},
		"other-address-no-nonce":     {stranger, 123, []byte("noon"), "", 0, noNote, netip.Addr{}, false},
		"error":                      {host, 53, nil, exposure.PortUnreach, 53, noNote, netip.Addr{}, false},
		"error-that-quotes":          {host, 53, question(53), exposure.PortUnreach, 53, noNote, netip.Addr{}, false},
		"error-that-quotes-a-part":   {host, 53, question(53)[:4], exposure.PortUnreach, 53, noNote, netip.Addr{}, false},
		"error-that-pads":            {host, 53, append(question(53), make([]byte, 90)...), exposure.PortUnreach, 53, noNote, netip.Addr{}, false},
		"error-that-quotes-another":  {host, 53, []byte("ask me"), exposure.PortUnreach, 0, noNote, netip.Addr{}, false},
		"error-about-no-question":    {host, 7001, nil, exposure.PortUnreach, 0, noNote, netip.Addr{}, false},
		"error-about-no-port":        {host, 9999, nil, exposure.PortUnreach, 0, noNote, netip.Addr{}, false},
		"error-about-a-stranger":     {stranger, 53, nil, exposure.PortUnreach, 0, noNote, netip.Addr{}, false},
	} {
		t.Run(name, func(t *testing.T) {
			from := netip.AddrPortFrom(c.from, c.port)
			e, ok := w.weigh(netio.Datagram{Peer: from, Data: c.data, Reason: c.reason, At: time.Now()})
			if ok != (c.want != 0) {
				t.Fatalf("taken: %v, %+v", ok, e)
			}
			if !ok {
				return
			}
			if port := w.plan.endpoint(e.index).Port(); port != c.want || e.note != c.note || e.by != c.by {
				t.Errorf("port %d, note %d by %v; want %d, %d, %v", port, e.note, e.by, c.want, c.note, c.by)
			}
			if c.other && e.from != from || !c.other && e.from.IsValid() {
				t.Errorf("from %v", e.from)
			}
		})
	}
}

// TestUDPWeighsManyTargets: with many targets an answer from a strange address
// is compared with none of them.
func TestUDPWeighsManyTargets(t *testing.T) {
	var hosts []string
	for i := range mostWanderers + 1 {
		hosts = append(hosts, netip.AddrFrom4([4]byte{192, 0, 2, byte(i)}).String())
	}
	w := newUDPWay(newPlan(exposure.UDP, targetsOf(hosts...), []uint16{53}, 1), testPayloads)
	defer w.close()
	w.clock.start(0)
	d := netio.Datagram{Peer: netip.MustParseAddrPort("198.51.100.1:53"), Data: w.questions(netip.MustParseAddrPort("192.0.2.0:53"))[0]}
	if e, ok := w.weigh(d); ok {
		t.Errorf("%+v", e)
	}
}

// TestUDPDetail words what is to be known of a UDP port beside its reason.
func TestUDPDetail(t *testing.T) {
	p := newPlan(exposure.UDP, targetsOf("192.0.2.7"), []uint16{53, 7000, 51820}, 1)
	r, err := Request{Targets: p.targets, UDP: p.ports, Payloads: testPayloads}.complete()
	if err != nil {
		t.Fatal(err)
	}
	n := &run{request: &r}
	from := netip.MustParseAddrPort("192.0.2.8:4000")
	for _, c := range []struct {
		port uint16
		conclusion
		want string
	}{
		{53, conclusion{state: exposure.Open}, ""},
		{53, conclusion{state: exposure.Open, evidence: evidence{note: weak}}, "the answer echoes nothing of the question: weak evidence"},
		{53, conclusion{state: exposure.Open, evidence: evidence{note: weak, from: from}}, "answered from 192.0.2.8:4000, echoing nothing of the question: weak evidence"},
		{53, conclusion{state: exposure.Open, evidence: evidence{note: elsewhere, from: from}}, "answered from 192.0.2.8:4000"},
		{53, conclusion{state: exposure.OpenFiltered, evidence: evidence{reason: exposure.NoResponse}}, ""},
		{7000, conclusion{state: exposure.OpenFiltered, evidence: evidence{reason: exposure.NoResponse}}, ""},
		{51820, conclusion{state: exposure.OpenFiltered, evidence: evidence{reason: exposure.NoResponse}}, "wireguard answers no stranger by design: silence says nothing here; `sekisho test wireguard` proves it with your key or secret"},
		{51820, conclusion{state: exposure.Closed, evidence: evidence{reason: exposure.PortUnreach}}, ""},
	} {
		c.index, _ = p.within(0, c.port)
		if got := n.detail(p, c.conclusion); got != c.want {
			t.Errorf("port %d %v: %q, want %q", c.port, c.state, got, c.want)
		}
	}
}
