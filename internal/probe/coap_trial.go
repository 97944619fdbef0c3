package probe

import (
	"bytes"
	"context"
	"fmt"
	"regexp"
	"strings"

	"sekisho/internal/exposure"
	"sekisho/internal/untrusted"
	"sekisho/internal/wire/coap"
)

// Bounds of what a server says that it has, and of what is kept of it.
const (
	maxCoAPBlocks    = 64
	maxCoAPResources = 64
)

// testCoAP asks whether somebody is there, what there is (RFC 6690 section 4),
// and for what lies at the root, where servers say what they are. It only
// reads.
func testCoAP(ctx context.Context, s *Session, t *Trial) (exposure.Service, error) {
	step := exposure.Step{ID: "coap-ping", Result: exposure.StepOK, Remote: s.peer.at}
	hello := coapHello(s.peer.nonce())
	if _, err := s.question(ctx, hello, func(b []byte) bool { return coapReplies(hello, b) }); err != nil {
		err = s.fail("ping", err)
		step.Result, step.Detail = exposure.StepFailed, err.Error()
		t.Step(step)
		return exposure.Service{}, err
	}
	t.Step(step)
	svc := exposure.Service{Protocol: "coap", Confidence: exposure.Confirmed, Facts: exposure.Facts{}}
	s.Learn(svc)
	s.coapResources(ctx, t, &svc)
	s.coapRoot(ctx, t, &svc)
	return svc, nil
}

// coapResources lists what there is.
func (s *Session) coapResources(ctx context.Context, t *Trial, svc *exposure.Service) {
	step := exposure.Step{ID: "coap-resources", Result: exposure.StepFailed, Asked: "GET /.well-known/core", Remote: s.peer.at}
	defer func() { t.Step(step) }()
	code, list, err := s.coapGet(ctx, svc, ".well-known", "core")
	switch {
	case err != nil:
		step.Detail = s.fail("ask what there is", err).Error()
	case code == coap.Unauthorized || code == coap.Forbidden:
		step.Result, step.Why = exposure.StepRefused, "login-wanted"
		svc.Facts["login_required"] = true
	case code != coap.Content:
		step.Result, step.Said = exposure.StepRefused, untrusted.New(coapCode(code), 0)
	default:
		paths := coapPaths(list)
		step.Result = exposure.StepOK
		step.Said = untrusted.New(strings.Join(paths, " "), maxFact)
		svc.Facts["login_required"] = false
		svc.Facts["resources"] = texts(paths, maxCoAPResources)
	}
}

// coapRoot reads what lies at the root.
func (s *Session) coapRoot(ctx context.Context, t *Trial, svc *exposure.Service) {
	step := exposure.Step{ID: "coap-root", Result: exposure.StepFailed, Asked: "GET /", Remote: s.peer.at}
	defer func() { t.Step(step) }()
	code, text, err := s.coapGet(ctx, svc)
	switch {
	case err != nil:
		step.Detail = s.fail("read the root", err).Error()
	case code != coap.Content:
		step.Result, step.Said = exposure.StepRefused, untrusted.New(coapCode(code), 0)
	default:
		step.Result, step.Said = exposure.StepOK, untrusted.New(bytes.TrimSpace(text), maxFact)
		svc.Banner = untrusted.New(bytes.TrimSpace(text), maxBanner)
		svc.Product, svc.Version = match(coapProducts, string(text))
	}
}

// coapProducts are servers that say what they are at their root.
var coapProducts = []pattern{
	{"libcoap", regexp.MustCompile(`made with libcoap(?: \(see [^)]*\))?(?:[ \n]+Version (?P<version>\d[\w.]*))?`)},
	{"Californium", regexp.MustCompile(`(?i)\bCalifornium\b(?:[^\d\n]{0,40}(?P<version>\d+\.\d+[\w.-]*))?`)},
	{"aiocoap", regexp.MustCompile(`(?i)\baiocoap\b(?:[ /](?P<version>\d[\w.]*))?`)},
	{"IKEA TRÅDFRI", regexp.MustCompile(`(?i)\btr(?:å|a)dfri\b`)},
}

// coapGet reads what lies at a path, block by block, up to a bound. The amount
// that the first question brought is kept.
func (s *Session) coapGet(ctx context.Context, svc *exposure.Service, path ...string) (code byte, all []byte, err error) {
	for block := range maxCoAPBlocks {
		id := uint16(s.peer.nonce()>>8) + uint16(block) + uint16(maxCoAPBlocks*len(path))
		token := [4]byte(noise(s.peer.nonce()+uint64(block), 4))
		request := coap.Request(id, token, block, path...)
		reply, err := s.question(ctx, request, func(b []byte) bool {
			m, err := coap.Parse(b)
			// One that needs time acknowledges first and answers by a message of
			// its own (RFC 7252 section 5.2.2).
			return err == nil && (m.Kind == coap.Reset && m.ID == id || m.Code != 0 && bytes.Equal(m.Token, token[:]))
		})
		if err != nil {
			return 0, nil, err
		}
		m, err := coap.Parse(reply)
		if err != nil {
			return 0, nil, err
		}
		if m.Kind == coap.Reset {
			return 0, nil, ErrProtocol
		}
		if v := (volley{sent: len(request), received: len(reply), packets: 1}); block == 0 && v.received+datagramHeaders >= worthTelling*(v.sent+datagramHeaders) {
			v.keep(svc.Facts, "coap")
		}
		if m.Code != coap.Content || m.Block != block {
			return m.Code, all, nil
		}
		if all = append(all, m.Payload...); !m.More {
			return m.Code, all, nil
		}
	}
	return coap.Content, all, nil
}

// coapCode is a code as people write it: 4.04.
func coapCode(code byte) string { return fmt.Sprintf("%d.%02d", code>>5, code&0x1f) }

// coapLink is a link of a list (RFC 6690 section 2).
var coapLink = regexp.MustCompile(`<([^<>\x00-\x1f]{1,255})>`)

// coapPaths are the paths of a list.
func coapPaths(list []byte) []string {
	var paths []string
	for _, link := range coapLink.FindAllSubmatch(list, maxCoAPResources) {
		paths = append(paths, string(link[1]))
	}
	return paths
}
