package probe

import (
	"cmp"
	"context"
	"errors"
	"regexp"

	"sekisho/internal/exposure"
	"sekisho/internal/untrusted"
	"sekisho/internal/wire/netbios"
	"sekisho/internal/wire/ntlm"
	"sekisho/internal/wire/smb"
)

func init() {
	register(Probe{
		Name: "smb", Transport: exposure.TCP, Ports: []uint16{445}, ClientFirst: true, Blind: 4, Run: runSMB,
		Tests: []Test{{Name: "smb", Port: 445, Run: testSMB}},
	})
}

// runSMB negotiates a dialect, has the server send its challenge and hangs up
// before anybody would log in (MS-SMB2 section 3.2.4.2). Each older dialect is
// asked for on a connection of its own, since a connection has one.
func runSMB(ctx context.Context, s *Session) (exposure.Service, error) {
	return newSMB(s, "smb", s.Connect).run(ctx)
}

// smbTalk is one run of the probe.
type smbTalk struct {
	s     *Session
	svc   exposure.Service
	open  func(context.Context) (*Conn, error) // to where SMB may begin
	trial *Trial                               // nil without one
}

func newSMB(s *Session, protocol string, open func(context.Context) (*Conn, error)) *smbTalk {
	return &smbTalk{s: s, open: open, svc: exposure.Service{Protocol: protocol, Facts: exposure.Facts{}}}
}

// run asks for everything. What it learned stands beside its error.
func (t *smbTalk) run(ctx context.Context) (exposure.Service, error) {
	c, err := t.open(ctx)
	if err != nil {
		return exposure.Service{}, err
	}
	defer c.Close()
	best, err := t.newest(c)
	if err == nil {
		t.older(ctx, best.Dialect)
	}
	if old := t.smb1(ctx); t.svc.Confidence == exposure.NoConfidence {
		return exposure.Service{}, cmp.Or(err, old)
	}
	if _, agreed := t.svc.Facts["dialect"]; agreed {
		err = nil
	}
	return t.svc, err
}

// newest negotiates the newest dialect that both speak.
func (t *smbTalk) newest(c *Conn) (smb.Negotiated, error) {
	answer, err := smbAsk(c, smb.Negotiate(smb.Dialects(), t.client()))
	if err != nil {
		t.step(exposure.Step{ID: "smb-negotiate", Result: exposure.StepRefused, Detail: t.s.fail("negotiate", err).Error()})
		return smb.Negotiated{}, t.s.fail("negotiate", err)
	}
	n, err := smb.ParseNegotiated(answer)
	if err != nil {
		return n, t.s.fail("negotiate", ErrProtocol)
	}
	t.svc.Confidence = exposure.Confirmed
	if n.Status != smb.StatusOK {
		t.step(exposure.Step{ID: "smb-negotiate", Result: exposure.StepRefused})
		return n, t.s.fail("negotiate", errSMBRefused)
	}
	facts := t.svc.Facts
	facts["dialect"] = untrusted.New(n.Dialect.String(), maxFact)
	facts["signing_required"], facts["encryption"] = n.Required, n.Encryption
	if n.Cipher != "" {
		facts["cipher"] = untrusted.New(n.Cipher, maxFact)
	}
	if n.SignedBy != "" {
		facts["signing_algorithm"] = untrusted.New(n.SignedBy, maxFact)
	}
	facts["compression"] = n.Compresses
	if at := ntlm.FileTime(n.SystemTime); !at.IsZero() {
		ntlmClock(facts, at)
	}
	t.step(exposure.Step{ID: "smb-negotiate", Result: exposure.StepOK, Said: untrusted.New(n.Dialect.String(), maxFact)})
	t.s.Learn(t.svc)
	t.challenge(c)
	return n, nil
}

// errSMBRefused is the cause when a server has no dialect in common with us.
var errSMBRefused = errors.New("refused every dialect")

// challenge has the server tell who it is.
func (t *smbTalk) challenge(c *Conn) {
	answer, err := smbAsk(c, smb.Setup(ntlm.Wrapped()))
	if err != nil {
		t.step(exposure.Step{ID: "smb-challenge", Result: exposure.StepFailed, Detail: t.s.fail("session setup", err).Error()})
		return
	}
	_, token, _ := smb.ParseSetup(answer)
	told, err := ntlm.Parse(token)
	if err != nil {
		t.step(exposure.Step{ID: "smb-challenge", Result: exposure.StepRefused})
		return
	}
	ntlmFacts(&t.svc, told)
	t.step(exposure.Step{ID: "smb-challenge", Result: exposure.StepOK, Said: untrusted.New(cmp.Or(told.DNSComputer, told.Computer), maxFact)})
	t.s.Learn(t.svc)
}

// older finds out which dialects the server speaks beside the newest.
func (t *smbTalk) older(ctx context.Context, newest smb.Dialect) {
	var spoken []string
	for _, d := range smb.Dialects() {
		agreed := d == newest
		if d < newest {
			n, err := t.dialect(ctx, d)
			if err != nil {
				t.step(exposure.Step{ID: "smb-dialect", Result: exposure.StepFailed, Said: untrusted.New(d.String(), maxFact)})
				continue
			}
			agreed = n.Status == smb.StatusOK && n.Dialect == d
		}
		if agreed {
			spoken = append(spoken, d.String())
			t.step(exposure.Step{ID: "smb-dialect", Result: exposure.StepOK, Said: untrusted.New(d.String(), maxFact)})
		} else {
			t.step(exposure.Step{ID: "smb-dialect", Result: exposure.StepRefused, Said: untrusted.New(d.String(), maxFact)})
		}
	}
	t.svc.Facts["dialects"] = texts(spoken, len(spoken))
	t.s.Learn(t.svc)
}

func (t *smbTalk) dialect(ctx context.Context, d smb.Dialect) (smb.Negotiated, error) {
	c, err := t.open(ctx)
	if err != nil {
		return smb.Negotiated{}, err
	}
	defer c.Close()
	answer, err := smbAsk(c, smb.Negotiate([]smb.Dialect{d}, t.client()))
	if errors.Is(cause(err), errHangup) {
		return smb.Negotiated{Status: smb.StatusNotSupported}, nil // which is how some refuse
	}
	if err != nil {
		return smb.Negotiated{}, err
	}
	return smb.ParseNegotiated(answer)
}

// smb1 finds out whether the server still speaks the dialect of before 2006.
// Those that do not hang up or name none. The error says why nothing is known.
func (t *smbTalk) smb1(ctx context.Context) error {
	c, err := t.open(ctx)
	if err != nil {
		return err
	}
	defer c.Close()
	answer, err := smbAsk(c, smb.Negotiate1())
	if t.svc.Confidence == exposure.Confirmed && errors.Is(cause(err), errHangup) {
		t.svc.Facts["smb1"] = false
		t.step(exposure.Step{ID: "smb-smb1", Result: exposure.StepRefused})
		return nil
	}
	if err != nil {
		t.step(exposure.Step{ID: "smb-smb1", Result: exposure.StepFailed})
		return t.s.fail("negotiate", err)
	}
	n, err := smb.ParseNegotiated1(answer)
	if err != nil {
		t.step(exposure.Step{ID: "smb-smb1", Result: exposure.StepFailed})
		return t.s.fail("negotiate", ErrProtocol)
	}
	t.svc.Confidence = exposure.Confirmed
	t.svc.Facts["smb1"] = n.Agreed
	if !n.Agreed {
		t.step(exposure.Step{ID: "smb-smb1", Result: exposure.StepRefused})
		return nil
	}
	t.step(exposure.Step{ID: "smb-smb1", Result: exposure.StepOK, Said: untrusted.New("NT LM 0.12", maxFact)})
	if _, newer := t.svc.Facts["dialect"]; newer {
		t.name1(c)
		return nil
	}
	t.svc.Facts["dialect"] = untrusted.New("NT LM 0.12", maxFact)
	t.svc.Facts["signing_required"], t.svc.Facts["encryption"] = n.Required, false
	if !n.Extended {
		for name, value := range map[string]string{"domain": n.Domain, "computer": n.Computer} {
			if value != "" {
				t.svc.Facts[name] = untrusted.New(value, maxFact)
			}
		}
	}
	t.s.Learn(t.svc)
	t.name1(c)
	return nil
}

var smbPrograms = []pattern{
	{"Samba", regexp.MustCompile(`^Samba (?P<version>\d[\w.+~-]*)`)},
	{"Windows", regexp.MustCompile(`^Windows .*?(?P<version>\d+\.\d+)$`)},
}

// name1 has a server of the old dialect say which program it is, beside the
// challenge.
func (t *smbTalk) name1(c *Conn) {
	answer, err := smbAsk(c, smb.Setup1(ntlm.Wrapped()))
	if err != nil {
		return
	}
	told, err := smb.ParseSetup1(answer)
	if err != nil {
		return
	}
	if who, err := ntlm.Parse(told.Token); err == nil {
		ntlmFacts(&t.svc, who)
	}
	if told.System != "" {
		t.svc.Facts["os"] = untrusted.New(told.System, maxFact)
	}
	if product, version := match(smbPrograms, told.Program); product.Raw() != "" {
		t.svc.Product, t.svc.Version = product, version
	}
	t.s.Learn(t.svc)
}

// client is the number by which a server would know us again.
func (t *smbTalk) client() [16]byte { return [16]byte(noise(t.s.peer.nonce(), 16)) }

// maxSMBSkipped bounds the messages that are passed over for the one awaited.
const maxSMBSkipped = 4

// smbAsk sends a message and reads the one that answers it.
func smbAsk(c *Conn, message []byte) ([]byte, error) {
	if _, err := c.Write(netbios.Frame(message)); err != nil {
		return nil, err
	}
	for range maxSMBSkipped {
		head, err := c.exactly(netbios.SessionHeader)
		if err != nil {
			return nil, err
		}
		kind, length := netbios.Header([netbios.SessionHeader]byte(head))
		switch {
		case kind == netbios.SessionKeep && length == 0:
			continue
		case kind != netbios.SessionMessage || length > maxMessage:
			return nil, ErrProtocol
		}
		return c.exactly(length)
	}
	return nil, ErrProtocol
}

// testSMB is the probe step by step.
func testSMB(ctx context.Context, s *Session, trial *Trial) (exposure.Service, error) {
	t := newSMB(s, "smb", s.Connect)
	t.trial = trial
	return t.run(ctx)
}

// step records one step of a test.
func (t *smbTalk) step(step exposure.Step) {
	if t.trial != nil {
		t.trial.Step(step)
	}
}
