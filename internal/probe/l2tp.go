package probe

import (
	"context"
	"regexp"

	"sekisho/internal/exposure"
	"sekisho/internal/untrusted"
	"sekisho/internal/wire/l2tp"
)

func init() {
	register(Probe{
		Name: "l2tp", Transport: exposure.UDP, Ports: []uint16{1701}, Hello: l2tpHello, Match: l2tpReplies, Run: runL2TP,
		Tests: []Test{{Name: "l2tp", Port: 1701, Run: testL2TP}},
	})
}

// l2tpTunnel is our number of the tunnel, never 0.
func l2tpTunnel(nonce uint64) uint16 { return uint16(nonce) | 1 }

// l2tpHello asks to begin a control connection (RFC 2661 section 6.1). The
// server forgets it when no second message comes; no session and no login is
// begun.
func l2tpHello(nonce uint64) []byte { return l2tp.Hello(l2tpTunnel(nonce), l2tpName) }

// l2tpName is how we introduce ourselves, in what servers log.
const l2tpName = "sekisho"

// l2tpReplies wants a control message for our number that has received ours.
func l2tpReplies(hello, b []byte) bool {
	asked, err := l2tp.Parse(hello)
	return err == nil && l2tp.Answers(asked.Tunnel, b)
}

// l2tpProducts are told by the vendor's name.
var l2tpProducts = []pattern{
	{"xl2tpd", regexp.MustCompile(`^xelerance\.com$`)},
	{"Microsoft RRAS", regexp.MustCompile(`^Microsoft`)},
	{"MikroTik RouterOS", regexp.MustCompile(`^MikroTik`)},
	{"Cisco IOS", regexp.MustCompile(`^Cisco Systems`)},
	{"accel-ppp", regexp.MustCompile(`^accel-ppp`)},
	{"", regexp.MustCompile(`^(?P<product>\S.*)$`)},
}

// runL2TP begins a tunnel and keeps what the server tells of itself before it
// knows who asks.
func runL2TP(ctx context.Context, s *Session) (exposure.Service, error) {
	hello := l2tpHello(s.peer.nonce())
	reply, err := s.Exchange(ctx, hello, func(b []byte) bool { return l2tpReplies(hello, b) })
	if err != nil {
		return exposure.Service{}, s.fail("begin tunnel", err)
	}
	svc := exposure.Service{Protocol: "l2tp", Confidence: exposure.Confirmed, Facts: exposure.Facts{}}
	m, err := l2tp.Parse(reply)
	// A message without attributes acknowledges ours; the answer comes later.
	svc.Facts["tunnel"] = m.Type == l2tp.StartReply || m.Type == 0 && err == nil
	if m.Type == l2tp.Stop {
		svc.Facts["result"] = int(m.Result)
	}
	if len(m.Host) > 0 {
		svc.Facts["hostname"] = untrusted.New(m.Host, maxFact)
	}
	if len(m.Vendor) > 0 {
		svc.Facts["vendor"] = untrusted.New(m.Vendor, maxFact)
		svc.Product, _ = match(l2tpProducts, string(m.Vendor))
	}
	if m.Firmware > 0 {
		svc.Facts["firmware"] = int(m.Firmware)
	}
	if err != nil {
		return svc, s.fail("read answer", err)
	}
	return svc, nil
}

// testL2TP is the recognition with its step: more would need a session, which
// logs in.
func testL2TP(ctx context.Context, s *Session, t *Trial) (exposure.Service, error) {
	step := exposure.Step{ID: "l2tp-tunnel", Result: exposure.StepOK, Asked: "SCCRQ", Remote: s.peer.at}
	svc, err := runL2TP(ctx, s)
	accepted, _ := svc.Facts.Bool("tunnel")
	switch {
	case err != nil:
		step.Result, step.Detail = exposure.StepFailed, err.Error()
	case !accepted:
		step.Result = exposure.StepRefused
	}
	step.Said = untrusted.New(svc.Facts.Text("hostname").Raw()+" "+svc.Facts.Text("vendor").Raw(), maxFact)
	t.Step(step)
	return svc, err
}
