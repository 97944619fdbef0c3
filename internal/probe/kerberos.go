package probe

import (
	"context"
	"encoding/binary"
	"errors"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"sekisho/internal/exposure"
	"sekisho/internal/untrusted"
)

func init() {
	register(Probe{
		Name: "kerberos", Transport: exposure.UDP, Ports: []uint16{88}, Weak: true, Hello: kerberosHello, Match: kerberosReplies, Run: runKerberosDatagram,
	})
	register(Probe{
		Name: "kerberos", Transport: exposure.TCP, Ports: []uint16{88}, ClientFirst: true, Greets: greetsKerberos, Run: runKerberos,
		Tests: []Test{{Name: "kerberos", Port: 88, Run: testKerberos, Options: []Option{{Name: "realm", Kind: Text}}}},
	})
	register(Probe{Name: "kpasswd", Transport: exposure.UDP, Ports: []uint16{464}, Weak: true, Hello: kpasswdHello, Match: kpasswdReplies, Tell: kpasswdTell})
}

// The tags of RFC 4120 section 5.10.
const (
	kerberosASReq  = 0x6a
	kerberosTicket = 0x6b
	kerberosError  = 0x7e
)

// kerberosHello asks for a ticket of a realm that nobody has (RFC 2606) for a
// name that nobody has; it holds nothing that could be taken for a login. The
// answer is an error, which repeats the names only (RFC 4120 section 5.9.1).
func kerberosHello(nonce uint64) []byte { return kerberosRequest(nonce, kerberosNoRealm, "sekisho") }

// kerberosNoRealm is a realm that nobody has.
const kerberosNoRealm = "SEKISHO.INVALID"

// kerberosRequest is a request for a ticket of a realm, for a name, without
// anything that would prove to be its owner.
func kerberosRequest(nonce uint64, realm string, client ...string) []byte {
	name := func(kind byte, parts ...string) []byte {
		var list []byte
		for _, p := range parts {
			list = append(list, ber(berGeneral, []byte(p))...)
		}
		return ber(berSequence, ber(0xa0, berSmall(berInteger, kind)), ber(0xa1, ber(berSequence, list)))
	}
	body := ber(berSequence,
		ber(0xa0, ber(berBits, []byte{0, 0, 0, 0, 0})),
		ber(0xa1, name(1, client...)),
		ber(0xa2, ber(berGeneral, []byte(realm))),
		ber(0xa3, name(2, "krbtgt", realm)),
		ber(0xa5, ber(berTime, []byte("19700101000000Z"))), // as long as the server likes
		ber(0xa7, berID(uint32(nonce))),
		ber(0xa8, ber(berSequence, berSmall(berInteger, 18), berSmall(berInteger, 17), berSmall(berInteger, 23))))
	return ber(kerberosASReq, ber(berSequence,
		ber(0xa1, berSmall(berInteger, 5)), ber(0xa2, berSmall(berInteger, 10)), ber(0xa4, body)))
}

// greetsKerberos takes the error with its length before it that a server away
// from its port answers to the words of others (RFC 4120 section 7.2.2).
func greetsKerberos(first []byte) Fit {
	if len(first) > 4 && int64(binary.BigEndian.Uint32(first)) == int64(len(first)-4) && kerberosReplies(nil, first[4:]) {
		return Sure
	}
	return No
}

// kerberosReplies wants an error of version 5.
func kerberosReplies(_, b []byte) bool {
	outer := berReader{rest: b}
	message := outer.enter(kerberosError).enter(berSequence)
	version := message.enter(0xa0)
	kind := message.enter(0xa1)
	return version.number() == 5 && kind.number() == 30 && !message.failed
}

// kerberosAnswer is an error of Kerberos (RFC 4120 section 5.9.1).
type kerberosAnswer struct {
	code  int
	at    time.Time
	realm string // of the server that answers
	text  string
}

// parseKerberos reads an error.
func parseKerberos(b []byte) (kerberosAnswer, bool) {
	outer := berReader{rest: b}
	message := outer.enter(kerberosError).enter(berSequence)
	var a kerberosAnswer
	for len(message.rest) > 0 && !message.failed {
		tag, content := message.next()
		field := berReader{rest: content}
		switch tag {
		case 0xa4:
			at, err := time.Parse("20060102150405Z", string(field.take(berTime)))
			if err == nil {
				a.at = at
			}
		case 0xa6:
			a.code = int(field.number())
		case 0xa9:
			a.realm = string(field.take(berGeneral))
		case 0xab:
			a.text = string(field.take(berGeneral))
		}
	}
	return a, !message.failed
}

// kerberosCodes are the errors that tell something here (RFC 4120 section
// 7.5.9).
var kerberosCodes = map[int]string{
	6: "client-unknown", 7: "server-unknown", 12: "policy", 14: "encryption-unsupported", 25: "preauthentication-required",
	29: "unavailable", 37: "clock-skew", 52: "answer-too-big", 60: "generic", 68: "wrong-realm",
}

// service is what an error tells: the realm, where it is not the one that was
// asked for, and the clock.
func (a kerberosAnswer) service(asked string, sure exposure.Confidence) exposure.Service {
	svc := exposure.Service{Protocol: "kerberos", Confidence: sure, Facts: exposure.Facts{"error_code": a.code}}
	if word := kerberosCodes[a.code]; word != "" {
		svc.Facts["error"] = untrusted.New(word, maxFact)
	}
	if a.realm != "" && a.realm != asked {
		svc.Facts["realm"] = untrusted.New(a.realm, maxFact)
	}
	if !a.at.IsZero() {
		ntlmClock(svc.Facts, a.at)
	}
	if a.text != "" {
		svc.Facts["error_text"] = untrusted.New(a.text, maxFact)
		svc.Product, svc.Version = match(kerberosProducts, a.text)
	}
	return svc
}

// kerberosProducts are servers that are known by the words of their errors.
var kerberosProducts = []pattern{
	{"MIT Kerberos", regexp.MustCompile(`^[A-Z]+(?:_[A-Z]+)+$`)},
	{"Heimdal", regexp.MustCompile(`^(?:No such entry in the database|Client unknown|krbtgt/|UNKNOWN)`)},
}

// runKerberosDatagram asks over UDP, where the answer repeats nothing that only
// we know.
func runKerberosDatagram(ctx context.Context, s *Session) (exposure.Service, error) {
	request := kerberosHello(s.peer.nonce())
	reply, err := s.Exchange(ctx, request, func(b []byte) bool { return kerberosReplies(request, b) })
	if err != nil {
		return exposure.Service{}, s.fail("ask", err)
	}
	answer, ok := parseKerberos(reply)
	if !ok {
		return exposure.Service{}, s.fail("ask", ErrProtocol)
	}
	return answer.service(kerberosNoRealm, exposure.Likely), nil
}

// runKerberos asks for a ticket of nobody's realm. Active Directory names its
// own in the error.
func runKerberos(ctx context.Context, s *Session) (exposure.Service, error) {
	answer, err := s.kerberosAsk(ctx, kerberosNoRealm, "sekisho")
	if err != nil {
		return exposure.Service{}, s.fail("ask", err)
	}
	return answer.service(kerberosNoRealm, exposure.Confirmed), nil
}

// kerberosAsk asks on a connection, where lengths stand before the messages
// (RFC 4120 section 7.2.2).
func (s *Session) kerberosAsk(ctx context.Context, realm string, client ...string) (kerberosAnswer, error) {
	c, err := s.Connect(ctx)
	if err != nil {
		return kerberosAnswer{}, err
	}
	defer c.Close()
	request := kerberosRequest(s.peer.nonce(), realm, client...)
	if _, err := c.Write(append(binary.BigEndian.AppendUint32(nil, uint32(len(request))), request...)); err != nil {
		return kerberosAnswer{}, err
	}
	head, err := c.exactly(4)
	if err != nil {
		return kerberosAnswer{}, err
	}
	size := binary.BigEndian.Uint32(head)
	if size > maxMessage {
		return kerberosAnswer{}, ErrProtocol
	}
	reply, err := c.exactly(int(size))
	if err != nil {
		return kerberosAnswer{}, err
	}
	if len(reply) > 0 && reply[0] == kerberosTicket {
		return kerberosAnswer{}, errKerberosTicket
	}
	answer, ok := parseKerberos(reply)
	if !ok || !kerberosReplies(nil, reply) {
		return kerberosAnswer{}, ErrProtocol
	}
	return answer, nil
}

// testKerberos asks for nobody's realm and whether the server has the one that
// was named. A server repeats whatever realm it is asked for, so the account
// that every realm has is asked for: where that is known, the realm is.
func testKerberos(ctx context.Context, s *Session, t *Trial) (exposure.Service, error) {
	svc, err := runKerberos(ctx, s)
	if err != nil {
		t.Step(exposure.Step{ID: "kerberos-ask", Result: exposure.StepFailed, Asked: kerberosNoRealm, Detail: err.Error()})
		return svc, err
	}
	t.Step(exposure.Step{ID: "kerberos-ask", Result: exposure.StepOK, Asked: kerberosNoRealm, Said: svc.Facts.Text("error")})
	s.Learn(svc)
	svc.Facts["udp"] = s.kerberosOverUDP(ctx, t)
	realm := strings.ToUpper(t.Text("realm"))
	if realm == "" {
		return svc, nil
	}
	for _, client := range [][]string{{"krbtgt"}, {"krbtgt", realm}} {
		answer, err := s.kerberosAsk(ctx, realm, client...)
		asked := strings.Join(client, "/") + "@" + realm
		switch {
		case errors.Is(err, errKerberosTicket), err == nil && !slices.Contains(kerberosUnknown, answer.code):
			svc.Facts["realm"] = untrusted.New(realm, maxFact)
			t.Step(exposure.Step{ID: "kerberos-realm", Result: exposure.StepOK, Asked: asked})
			return svc, nil
		case err != nil:
			t.Step(exposure.Step{ID: "kerberos-realm", Result: exposure.StepFailed, Asked: asked, Detail: s.fail("ask", err).Error()})
		default:
			t.Step(exposure.Step{ID: "kerberos-realm", Result: exposure.StepRefused, Asked: asked, Said: untrusted.New(kerberosCodes[answer.code], maxFact)})
		}
	}
	return svc, nil
}

// kerberosOverUDP reports whether the server answers in datagrams too, which old
// clients try first (RFC 4120 section 7.2.1).
func (s *Session) kerberosOverUDP(ctx context.Context, t *Trial) bool {
	step := exposure.Step{ID: "kerberos-udp", Result: exposure.StepFailed, Asked: kerberosNoRealm}
	defer func() { t.Step(step) }()
	request := kerberosHello(s.peer.nonce())
	reply, err := s.question(ctx, request, func(b []byte) bool { return kerberosReplies(request, b) })
	if err != nil {
		step.Detail = s.fail("ask over udp", err).Error()
		return false
	}
	answer, _ := parseKerberos(reply)
	step.Result, step.Said = exposure.StepOK, untrusted.New(kerberosCodes[answer.code], maxFact)
	return true
}

// kerberosUnknown are the errors of a server that does not know the account or
// the realm.
var kerberosUnknown = []int{6, 7, 68}

// errKerberosTicket is the cause when a server sends a ticket, which is of no
// use without its owner's password.
var errKerberosTicket = errors.New("peer answered with a ticket")

// kpasswdHello asks to change a password with a ticket that is none (RFC 3244
// section 2): the server says so, names its realm and changes nothing. To a
// header alone, whatever its version, MIT's and Samba's servers are silent.
func kpasswdHello(uint64) []byte {
	b := make([]byte, kpasswdAsked)                       // not much shorter than the answer
	copy(b, []byte{0, kpasswdAsked, 0, 1, 0, 2, 0x6e, 0}) // 0x6e: an AP-REQ
	return b
}

const (
	kpasswdHeader = 6
	kpasswdAsked  = 32
)

// kpasswdReplies wants the header of a reply without a ticket and the error.
func kpasswdReplies(_, b []byte) bool {
	return len(b) > kpasswdHeader && int(binary.BigEndian.Uint16(b)) == len(b) && b[2] == 0 && b[3] == 1 &&
		b[4] == 0 && b[5] == 0 && kerberosReplies(nil, b[kpasswdHeader:])
}

// kpasswdTell keeps what the error tells.
func kpasswdTell(reply []byte, svc *exposure.Service) {
	if answer, ok := parseKerberos(reply[kpasswdHeader:]); ok {
		told := answer.service("", svc.Confidence)
		maps.Copy(svc.Facts, told.Facts)
		svc.Product, svc.Version = told.Product, told.Version
	}
}
