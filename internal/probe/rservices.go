package probe

import (
	"bytes"
	"context"
	"regexp"

	"sekisho/internal/exposure"
	"sekisho/internal/untrusted"
)

func init() {
	for _, p := range []struct {
		name  string
		port  uint16
		hello string
	}{{"rlogin", 513, "\x00"}, {"rsh", 514, "0\x00"}} {
		register(Probe{
			Name: p.name, Transport: exposure.TCP, Ports: []uint16{p.port}, ClientFirst: true,
			Greets: func(first []byte) Fit { return greetsRservices(first, p.name) },
			Run: func(ctx context.Context, s *Session) (exposure.Service, error) {
				return s.rservicesRefuse(ctx, p.name, p.hello)
			},
			Tests: []Test{{Name: p.name, Port: p.port, Run: func(ctx context.Context, s *Session, t *Trial) (exposure.Service, error) {
				svc, err := s.rservicesRefuse(ctx, p.name, p.hello)
				t.Step(storesStep("rservices-begin", p.name, svc.Banner, err))
				return svc, err
			}}},
		})
	}
}

// rservicesSays is how the servers refuse who comes from a port that anybody
// may have: a byte 1 and their name (rcmd(3)).
var rservicesSays = regexp.MustCompile(`^\x01?(?:in\.)?(r(?:login|sh|exec))d?: `)

// rservicesNameless is how the rshd of Linux complains of an address without a
// name, before it looks at the port.
var rservicesNameless = regexp.MustCompile(`^\x01getnameinfo: `)

// greetsRservices takes a refusal that names the service.
func greetsRservices(first []byte, name string) Fit {
	if told := rservicesSays.FindSubmatch(first); told != nil && string(told[1]) == name {
		return Sure
	}
	if name == "rsh" && rservicesNameless.Match(first) {
		return Sure
	}
	return No
}

// rservicesRefuse begins a session and sends no name: with one it would be a
// login, and these servers believe a name. They answer only who comes from a
// port below 1024, and hang up on others or say that they do.
func (s *Session) rservicesRefuse(ctx context.Context, name, hello string) (exposure.Service, error) {
	c, err := s.Connect(ctx)
	if err != nil {
		return exposure.Service{}, err
	}
	defer c.Close()
	if _, err := c.Write([]byte(hello)); err != nil {
		return exposure.Service{}, s.fail("begin", err)
	}
	first, err := c.greeting(ctx, func(b []byte) bool { return bytes.HasSuffix(b, []byte("\n")) })
	if greetsRservices(first, name) != Sure {
		if err == nil || len(first) > 0 {
			err = ErrProtocol
		}
		return exposure.Service{}, s.fail("begin", err)
	}
	return exposure.Service{
		Protocol: name, Confidence: exposure.Confirmed,
		Banner: untrusted.New(bytes.TrimRight(bytes.TrimLeft(first, "\x01"), "\r\n"), maxBanner), Facts: exposure.Facts{},
	}, nil
}
