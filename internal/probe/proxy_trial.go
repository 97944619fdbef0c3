package probe

import (
	"context"
	"errors"
	"io"
	"net/netip"
	"slices"

	"sekisho/internal/exposure"
	"sekisho/internal/untrusted"
	"sekisho/internal/wire/socks"
)

// proxyTests is one test for both kinds of proxy: which of them it is, the
// answer tells.
var proxyTests = []Test{{Name: "proxy", Port: 3128, Run: proxyTrial}, {Name: "socks", Port: 1080, Run: proxyTrial}}

// proxyTrial finds out which kind of proxy it is, which logins it takes, and
// whether it works for us, by asking it for what cannot leave.
func proxyTrial(ctx context.Context, s *Session, t *Trial) (exposure.Service, error) {
	// A server of one kind waits for the rest of a request when it hears the
	// other, so that the first try must not take all the time.
	kinds := []func(context.Context, *Trial) (exposure.Service, error){s.proxyTryHTTP, s.proxyTrySOCKS}
	if slices.Contains(socksPorts, s.peer.at.Port()) {
		slices.Reverse(kinds)
	}
	first, cancel := context.WithTimeout(ctx, DefaultTimeout)
	defer cancel()
	svc, err := kinds[0](first, t)
	if svc.Protocol == "" && ctx.Err() == nil {
		svc, err = kinds[1](ctx, t)
	}
	if svc.Protocol == "" {
		t.Step(exposure.Step{ID: "proxy-connect", Result: exposure.StepFailed, Why: "neither-proxy", Detail: httpDetail(cause(err))})
		return svc, err
	}
	if svc.Protocol == httpName {
		return svc, err
	}
	strangers := exposure.Step{ID: "proxy-strangers", Result: exposure.StepSkipped, Why: "not-judged-from-here"}
	serves, known := svc.Facts.Bool("proxy_serves")
	switch {
	case t.User() != "":
		strangers.Why = "logged-in"
	case t.view(s) != exposure.ViewOutside:
	case known:
		strangers.Result, strangers.Why = exposure.StepOK, ""
		strangers.Facts = exposure.Facts{"proxy_serves": serves}
	default:
		strangers.Result, strangers.Why = exposure.StepUnknown, ""
	}
	t.Step(strangers)
	return svc, err
}

// view is where the test looks from.
func (t *Trial) view(s *Session) exposure.View {
	if t.options.View == nil {
		return ""
	}
	return t.options.View(s.peer.at.Addr())
}

// proxyTrySOCKS asks for each method by itself, since a server tells only the
// one that it likes best, then for a connection, and in version 4.
func (s *Session) proxyTrySOCKS(ctx context.Context, t *Trial) (exposure.Service, error) {
	svc := exposure.Service{Facts: exposure.Facts{}}
	for _, m := range []socks.Method{socks.NoAuth, socks.GSSAPI, socks.Password} {
		c, _, err := s.socksChoose(ctx, &svc, m)
		if err == nil {
			_ = c.Close()
			continue
		}
		if svc.Protocol == "" {
			break // it speaks something else
		}
	}
	if svc.Protocol != "" {
		t.Step(exposure.Step{ID: "socks-methods", Result: exposure.StepOK, Facts: exposure.Facts{"methods": svc.Facts.Texts("methods")}})
		s.proxyAskSOCKS(ctx, t, &svc)
	}
	five := svc.Protocol
	four := exposure.Step{ID: "socks4", Result: exposure.StepOK}
	if err := s.socksFour(ctx, &svc); err != nil {
		if five == "" {
			return exposure.Service{}, s.fail("greet", err)
		}
		four.Result, four.Why = exposure.StepRefused, "no-socks4"
	} else if five == "" {
		four.Said = svc.Facts.Text("proxy_reply")
	}
	t.Step(four)
	return svc, nil
}

// proxyAskSOCKS logs in where a user was named and asks for a connection.
func (s *Session) proxyAskSOCKS(ctx context.Context, t *Trial, svc *exposure.Service) {
	delete(svc.Facts, "proxy_serves")
	step := exposure.Step{ID: "proxy-connect", Result: exposure.StepOK, Asked: netip.AddrPortFrom(s.peer.at.Addr().WithZone(""), proxyPort).String()}
	method, err := s.socksFive(ctx, svc, t.User(), t.Password)
	serves, known := svc.Facts.Bool("proxy_serves")
	step.Said = svc.Facts.Text("proxy_reply")
	switch {
	case errors.Is(err, errSOCKSLogin):
		step.Result, step.Why = exposure.StepRefused, "login-refused"
	case err != nil:
		step.Result, step.Detail = exposure.StepFailed, httpDetail(cause(err))
	case method != socks.NoAuth && t.User() == "":
		step.Result, step.Why = exposure.StepRefused, "login-wanted"
	case !known:
		step.Result = exposure.StepUnknown
	case !serves:
		step.Result = exposure.StepRefused
	}
	if _, shown := svc.Facts.Bool("login"); shown && err == nil {
		// What it does for a user of yours it does not do for everybody.
		delete(svc.Facts, "proxy_serves")
	}
	t.Step(step)
}

// proxyTryHTTP asks for a page and then for a tunnel.
func (s *Session) proxyTryHTTP(ctx context.Context, t *Trial) (exposure.Service, error) {
	c, err := s.connectHTTP(ctx)
	if err != nil {
		return exposure.Service{}, err
	}
	step := exposure.Step{ID: "http-request", Result: exposure.StepOK, Asked: "GET / HTTP/1.1", Local: endOf(c.LocalAddr()), Remote: endOf(c.RemoteAddr())}
	var answer httpAnswer
	if _, err = io.WriteString(c, s.httpRequest("/")); err == nil {
		answer, err = readHTTP(c)
	}
	_ = c.Close()
	if answer.status == 0 {
		return exposure.Service{}, s.fail("read status line", err)
	}
	step.Said = untrusted.New(answer.line, maxBanner)
	t.Step(step)
	svc := exposure.Service{Protocol: httpName, Confidence: exposure.Confirmed, Banner: step.Said, Facts: exposure.Facts{}}
	httpFacts(&svc, answer.status, answer.header, err == nil)
	proxyName(&svc, answer)
	s.Learn(svc)
	s.proxyAskHTTP(ctx, t, &svc, answer)
	return svc, nil
}

// proxyAskHTTP asks for a tunnel, with a login where a user was named and the
// proxy wants one.
func (s *Session) proxyAskHTTP(ctx context.Context, t *Trial, svc *exposure.Service, get httpAnswer) {
	a, err := s.proxyConnect(ctx, "")
	step := exposure.Step{ID: "proxy-connect", Result: exposure.StepOK, Asked: "CONNECT " + a.asked, Said: untrusted.New(a.line, maxFact)}
	if err != nil {
		step.Result, step.Detail = exposure.StepFailed, httpDetail(cause(err))
		t.Step(step)
		return
	}
	proxy := s.proxyFacts(svc, get, a)
	serves, known := svc.Facts.Bool("proxy_serves")
	switch {
	case !proxy:
		step.Result, step.Why = exposure.StepRefused, "no-proxy"
	case a.status == 407:
		step.Result, step.Why = exposure.StepRefused, "login-wanted"
	case !known:
		step.Result = exposure.StepUnknown
	case !serves:
		step.Result = exposure.StepRefused
	}
	t.Step(step)
	if a.status == 407 && t.User() != "" {
		s.proxyLogInHTTP(ctx, t)
	}
}

func (s *Session) proxyLogInHTTP(ctx context.Context, t *Trial) {
	step := exposure.Step{ID: "proxy-login", Result: exposure.StepOK, Asked: "CONNECT, Proxy-Authorization: Basic ***"}
	defer func() { t.Step(step) }()
	secret, err := t.Password()
	if err != nil {
		step.Result, step.Detail = exposure.StepSkipped, httpDetail(err)
		return
	}
	a, err := s.proxyConnect(ctx, proxyLogin(t.User(), secret))
	step.Said = untrusted.New(a.line, maxFact)
	switch {
	case err != nil:
		step.Result, step.Detail = exposure.StepFailed, httpDetail(cause(err))
	case a.status == 407:
		step.Result, step.Why = exposure.StepRefused, "login-refused"
	case a.status == 403:
		step.Result = exposure.StepRefused
	}
}
