package probe

import (
	"context"
	"regexp"
	"strings"

	"sekisho/internal/exposure"
	"sekisho/internal/untrusted"
)

func init() {
	register(Probe{Name: "rsync", Transport: exposure.TCP, Ports: []uint16{873}, TLSPorts: []uint16{874}, Greets: greetsRsync, Run: runRsync, Tests: rsyncTests})
}

var rsyncHello = regexp.MustCompile(`^@RSYNCD: (?P<version>\d+(?:\.\d+)?)((?: [\w-]+)*)\r?\n?$`)

// greetsRsync takes the greeting of the daemon.
func greetsRsync(first []byte) Fit {
	line, _, whole := strings.Cut(string(first), "\n")
	if whole && rsyncHello.MatchString(line) {
		return Sure
	}
	return No
}

// Bounds of the list of modules.
const (
	maxRsyncLines   = 512
	maxRsyncModules = 64 // that are kept
	maxRsyncOpened  = 16 // that are asked for
)

// rsyncAnswer is our side of the greeting. Version 30 is of 2008 and needs no
// list of digests, which a server of version 31 wants of who claims 31 or more.
const rsyncAnswer = "@RSYNCD: 30.0\n"

// rsyncModule is one folder that the daemon offers.
type rsyncModule struct{ name, comment, access string }

// runRsync asks for the list of modules, and of each whether it wants a
// password: the daemon says so before it takes any further word (rsync,
// clientserver.c, "start_daemon"). Nothing is listed and nothing is fetched.
func runRsync(ctx context.Context, s *Session) (exposure.Service, error) {
	svc, modules, err := s.rsyncModules(ctx)
	if err != nil {
		return svc, err
	}
	var list []string
	open := false
	for i := range modules {
		m := &modules[i]
		if i < maxRsyncOpened && err == nil {
			m.access, err = s.rsyncOpen(ctx, m.name)
		}
		open = open || m.access == rsyncIsOpen
		list = append(list, strings.TrimSpace(m.name+" "+m.access))
	}
	svc.Facts["modules"] = texts(list, maxRsyncModules)
	// Of a module that did not answer nobody knows whether it is open.
	if open || len(modules) > 0 && err == nil {
		svc.Facts["password_required"] = !open
	}
	return svc, err
}

// The answers to a module that is asked for.
const (
	rsyncIsOpen   = "open"
	rsyncPassword = "password"
	rsyncDenied   = "denied"
)

// rsyncGreet opens a connection and exchanges greetings.
func (s *Session) rsyncGreet(ctx context.Context) (*Conn, string, error) {
	c, err := s.Connect(ctx)
	if err != nil {
		return nil, "", err
	}
	line, err := c.Line()
	if err == nil && !rsyncHello.MatchString(line) {
		err = ErrProtocol
	}
	if err != nil {
		return nil, line, s.fail("read greeting", err)
	}
	if _, err := c.Write([]byte(rsyncAnswer)); err != nil {
		return nil, line, s.fail("send greeting", err)
	}
	return c, line, nil
}

// rsyncModules reads the greeting and the list. Lines before the list are the
// message of the day.
func (s *Session) rsyncModules(ctx context.Context) (exposure.Service, []rsyncModule, error) {
	svc := exposure.Service{Facts: exposure.Facts{}}
	c, line, err := s.rsyncGreet(ctx)
	if c == nil {
		return exposure.Service{}, nil, err
	}
	defer c.Close()
	svc.Protocol, svc.Confidence = "rsync", exposure.Confirmed
	svc.Product, svc.Banner = untrusted.New("rsync", 0), untrusted.New(line, maxBanner)
	svc.Facts["protocol_version"] = untrusted.New(rsyncHello.FindStringSubmatch(line)[1], maxFact)
	s.Learn(svc)
	if err := c.Send("#list"); err != nil {
		return svc, nil, s.fail("list modules", err)
	}
	var modules []rsyncModule
	for range maxRsyncLines {
		line, err := c.Line()
		if err != nil {
			return svc, modules, s.fail("list modules", err)
		}
		switch {
		case strings.HasPrefix(line, "@RSYNCD: EXIT"):
			return svc, modules, nil
		case strings.HasPrefix(line, "@ERROR"):
			svc.Facts["refused"] = untrusted.New(line, maxFact)
			return svc, modules, nil
		}
		name, comment, ok := strings.Cut(line, "\t")
		if ok && len(modules) < maxRsyncModules {
			modules = append(modules, rsyncModule{name: strings.TrimRight(name, " "), comment: comment})
		}
	}
	return svc, modules, s.fail("list modules", errReply)
}

// rsyncOpen asks for one module and hangs up on the answer.
func (s *Session) rsyncOpen(ctx context.Context, module string) (string, error) {
	c, _, err := s.rsyncGreet(ctx)
	if c == nil {
		return "", err
	}
	defer c.Close()
	if _, err := c.Write([]byte(module + "\n")); err != nil {
		return "", s.fail("ask for a module", err)
	}
	for range maxRsyncLines {
		line, err := c.Line()
		if err != nil {
			return "", s.fail("ask for a module", err)
		}
		switch {
		case strings.HasPrefix(line, "@RSYNCD: OK"):
			return rsyncIsOpen, nil
		case strings.HasPrefix(line, "@RSYNCD: AUTHREQD"):
			return rsyncPassword, nil
		case strings.HasPrefix(line, "@ERROR"):
			return rsyncDenied, nil
		}
	}
	return "", s.fail("ask for a module", errReply)
}
