package probe

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"sekisho/internal/exposure"
	"sekisho/internal/untrusted"
	"sekisho/internal/wire/netbios"
)

// testNetBIOS asks a node for its names, for a session, and whether a name is
// known to it; or, where an interface is named, who the neighbours there are.
func testNetBIOS(ctx context.Context, s *Session, t *Trial) (exposure.Service, error) {
	if device := t.Text("lan"); device != "" {
		return s.netbiosNeighbours(ctx, t, device)
	}
	svc, status, err := s.netbiosStatus(ctx)
	if err != nil {
		t.Step(exposure.Step{ID: "netbios-status", Result: exposure.StepFailed, Detail: err.Error()})
	} else {
		t.Step(exposure.Step{ID: "netbios-status", Result: exposure.StepOK, Said: untrusted.New(status.Computer(), maxFact)})
	}
	if name := t.Text("name"); name != "" {
		s.netbiosLookup(ctx, t, name)
	}
	s.netbiosSessionStep(ctx, t, status.Computer())
	// Nobody answers a datagram of port 138 (RFC 1002 section 5.3).
	t.Step(exposure.Step{ID: "netbios-datagram", Result: exposure.StepSkipped, Why: "netbios-one-way"})
	return svc, err
}

// netbiosLookup asks the node, as one asks a name server, for a name.
func (s *Session) netbiosLookup(ctx context.Context, t *Trial, name string) {
	wanted := netbiosTyped(name)
	id := netbiosID(s.peer.nonce()) + 1
	var owners []netbios.Owner
	_, err := s.Exchange(ctx, netbios.NameQuery(id, wanted, false), func(b []byte) bool {
		found, err := netbios.ParseAnswer(b, id)
		owners = found
		return err == nil
	})
	asked := fmt.Sprintf("%s<%02x>", wanted.Text, wanted.Suffix)
	switch {
	case err != nil:
		t.Step(exposure.Step{ID: "netbios-name", Result: exposure.StepFailed, Asked: asked, Detail: s.fail("ask for a name", err).Error()})
	case len(owners) == 0:
		t.Step(exposure.Step{ID: "netbios-name", Result: exposure.StepRefused, Asked: asked, Why: "netbios-nobody"})
	default:
		var at []string
		for _, o := range owners {
			at = append(at, o.Address.String())
		}
		t.Step(exposure.Step{ID: "netbios-name", Result: exposure.StepOK, Asked: asked, Said: untrusted.New(strings.Join(at, " "), maxFact)})
	}
}

// netbiosTyped is a name as a user types it: HOME, or HOME#1b with its suffix;
// without one the name of a file server.
func netbiosTyped(text string) netbios.Name {
	name, suffix, found := strings.Cut(text, "#")
	n := netbios.Name{Text: strings.ToUpper(name), Suffix: netbios.SuffixServer}
	if value, err := strconv.ParseUint(suffix, 16, 8); found && err == nil {
		n.Suffix = byte(value)
	}
	return n
}

// netbiosSessionPort is where nodes take sessions.
const netbiosSessionPort = 139

// netbiosSessionStep asks for a session by the name that all servers take and,
// where that is refused, by the node's own.
func (s *Session) netbiosSessionStep(ctx context.Context, t *Trial, own string) {
	n := netbiosSession{s: s, called: netbios.Server}
	for {
		raw, err := s.dialPeer(ctx, exposure.TCP, netbiosSessionPort)
		if err != nil {
			t.Step(exposure.Step{ID: "netbios-session", Result: exposure.StepFailed, Asked: n.called.Text, Detail: s.fail("connect", err).Error()})
			return
		}
		err = n.ask(newConn(raw))
		_ = raw.Close() // nothing was written that a failing Close could lose
		step := exposure.Step{ID: "netbios-session", Result: exposure.StepOK, Asked: n.called.Text}
		switch {
		case err == nil:
		case n.refused != "":
			step.Result, step.Said = exposure.StepRefused, untrusted.New(n.refused, maxFact)
		default:
			step.Result, step.Detail = exposure.StepFailed, s.fail("ask for a session", err).Error()
		}
		t.Step(step)
		if err == nil || n.refused == "" || own == "" || n.called.Text == own {
			return
		}
		n.called = netbios.Name{Text: own, Suffix: netbios.SuffixServer}
	}
}

// How long neighbours are given to answer the call and, each, to tell their
// names, and how many are listed.
const (
	netbiosCall      = 3 * time.Second
	netbiosTell      = time.Second
	maxNetBIOSNodes  = 256
	netbiosTellTries = 2
)

// netbiosNeighbours calls everybody in the LAN of an interface and asks each
// who answers for its names. The facts name each with its address and role.
func (s *Session) netbiosNeighbours(ctx context.Context, t *Trial, device string) (exposure.Service, error) {
	id := netbiosID(s.peer.nonce())
	var nodes []netip.Addr
	err := s.peer.broadcast(ctx, device, netbiosPort, netbios.NameQuery(id, netbios.Any, true), time.Now().Add(netbiosCall), func(from netip.AddrPort, reply []byte) {
		if owners, err := netbios.ParseAnswer(reply, id); err != nil || len(owners) == 0 {
			return
		}
		if !slices.Contains(nodes, from.Addr()) && len(nodes) < maxNetBIOSNodes {
			nodes = append(nodes, from.Addr())
		}
	})
	if err != nil {
		err = s.fail("call the neighbours", err)
		t.Step(exposure.Step{ID: "netbios-call", Result: exposure.StepFailed, Asked: device, Detail: err.Error()})
		return exposure.Service{}, err
	}
	t.Step(exposure.Step{ID: "netbios-call", Result: exposure.StepOK, Asked: device, Facts: exposure.Facts{"answers": len(nodes)}})
	svc := exposure.Service{Facts: exposure.Facts{}}
	if len(nodes) > 0 {
		svc.Protocol, svc.Confidence = "netbios-ns", exposure.Confirmed
	}
	slices.SortFunc(nodes, netip.Addr.Compare)
	var lines []untrusted.Text
	for _, at := range nodes {
		status, err := s.netbiosNode(ctx, at)
		if err != nil {
			t.Step(exposure.Step{ID: "netbios-neighbour", Result: exposure.StepFailed, Remote: netip.AddrPortFrom(at, netbiosPort), Detail: s.fail("ask", err).Error()})
			continue
		}
		facts := exposure.Facts{}
		netbiosFacts(facts, status)
		facts["roles"] = texts(netbiosRoles(status), maxNetBIOSNodes)
		line := fmt.Sprintf("%s %s %s", at, status.Computer(), strings.Join(netbiosRoles(status), ","))
		lines = append(lines, untrusted.New(line, maxFact))
		t.Step(exposure.Step{
			ID: "netbios-neighbour", Result: exposure.StepOK, Remote: netip.AddrPortFrom(at, netbiosPort),
			Said: untrusted.New(line, maxFact), Facts: facts,
		})
	}
	svc.Facts["neighbours"] = lines
	return svc, nil
}

// netbiosRoles are what a node is to its neighbours, in words.
func netbiosRoles(status netbios.Status) []string {
	var roles []string
	for _, m := range []netbios.Meaning{netbios.Controllers, netbios.MasterOfAll, netbios.MasterBrowser, netbios.FileServer, netbios.Workstation} {
		if status.Is(m) {
			roles = append(roles, string(m))
		}
	}
	return roles
}

// netbiosNode asks one neighbour for its names. Its address came from the LAN
// that the user named, and it has answered there.
func (s *Session) netbiosNode(ctx context.Context, at netip.Addr) (netbios.Status, error) {
	ctx, cancel := context.WithTimeout(ctx, netbiosTellTries*netbiosTell)
	defer cancel()
	hello := netbiosHello(s.peer.nonce())
	reply, err := s.peer.exchange(ctx, netip.AddrPortFrom(at, netbiosPort), hello, func(b []byte) bool { return netbiosReplies(hello, b) })
	if err != nil {
		return netbios.Status{}, err
	}
	return netbios.ParseStatus(reply, uint16(hello[0])<<8|uint16(hello[1]))
}
