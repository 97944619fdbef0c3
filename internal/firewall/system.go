package firewall

import (
	"bytes"
	"encoding/json"
	"net/netip"
	"slices"
	"strings"

	"sekisho/internal/exposure"
	"sekisho/internal/untrusted"
)

// System is the firewall of an operating system whose rules are not evaluated:
// what is known of it, and that nobody can say what it does with a newcomer.
type System struct {
	Kind     string                     // windows or pf
	Products []string                   // that filter, those that are registered with the system too
	Profiles []exposure.FirewallProfile // of Windows
}

// The limits of what a system may tell.
const (
	maxSystemItems = 64
	maxSystemName  = 128
)

// ParseWindows reads what PowerShell told of Windows: the networks with their
// category (Get-NetConnectionProfile), the profiles of Windows Defender Firewall
// (Get-NetFirewallProfile) and the firewalls that are registered in Security
// Center (FirewallProduct in root/SecurityCenter2), as one JSON object with the
// members networks, profiles and products.
func ParseWindows(text []byte) (*System, error) {
	var told struct {
		Networks []struct{ Name, Interface, Category string }
		Profiles []struct{ Name, Enabled, Incoming string }
		Products []struct{ Name string }
	}
	if err := json.Unmarshal(bytes.TrimPrefix(text, []byte("\xef\xbb\xbf")), &told); err != nil {
		return nil, err
	}
	s := &System{Kind: "windows"}
	active := map[string][]string{}
	for _, n := range told.Networks[:min(len(told.Networks), maxSystemItems)] {
		// NetworkCategory is Public, Private or DomainAuthenticated.
		profile := strings.TrimSuffix(strings.ToLower(n.Category), "authenticated")
		active[profile] = append(active[profile], systemName(n.Interface))
	}
	on := false
	for _, p := range told.Profiles[:min(len(told.Profiles), maxSystemItems)] {
		profile := exposure.FirewallProfile{
			Name: systemName(strings.ToLower(p.Name)), Enabled: strings.EqualFold(p.Enabled, "true"),
			Incoming: systemName(strings.ToLower(p.Incoming)), Interfaces: active[strings.ToLower(p.Name)],
		}
		on = on || profile.Enabled
		s.Profiles = append(s.Profiles, profile)
	}
	if on {
		s.Products = append(s.Products, "Windows Defender Firewall")
	}
	for _, p := range told.Products[:min(len(told.Products), maxSystemItems)] {
		if name := systemName(p.Name); name != "" && !slices.Contains(s.Products, name) {
			s.Products = append(s.Products, name)
		}
	}
	return s, nil
}

func systemName(s string) string { return untrusted.New(s, maxSystemName).Terminal() }

// ParsePF reads the status that pfctl -s info tells.
func ParsePF(text []byte) *System {
	s := &System{Kind: "pf"}
	for line := range bytes.Lines(text) {
		if status, found := bytes.CutPrefix(line, []byte("Status:")); found {
			if bytes.HasPrefix(bytes.TrimSpace(status), []byte("Enabled")) {
				s.Products = []string{"pf"}
			}
			break
		}
	}
	return s
}

// Answers is that nobody can say, for each zone from which a listener can be
// reached.
func (s *System) Answers(l exposure.Listener) []exposure.FirewallAnswer {
	if l.LoopbackOnly() {
		return nil
	}
	var answers []exposure.FirewallAnswer
	for _, zone := range []exposure.Zone{exposure.ZoneLAN, exposure.ZoneInternetV4, exposure.ZoneInternetV6} {
		for _, family := range []exposure.FirewallFamily{exposure.FirewallIPv4, exposure.FirewallIPv6} {
			v6 := family == exposure.FirewallIPv6
			if zone == exposure.ZoneInternetV4 && v6 || zone == exposure.ZoneInternetV6 && !v6 || !reachedOver(l, v6) {
				continue
			}
			answers = append(answers, exposure.FirewallAnswer{
				Zone: zone, Family: family, Verdict: exposure.FirewallCannotSay,
				Possible: []exposure.FirewallVerdict{exposure.FirewallAccept, exposure.FirewallDrop, exposure.FirewallReject},
				Doubts:   []exposure.FirewallRule{s.doubt()},
			})
		}
	}
	return answers
}

// anyOf are addresses of each family, of nobody (RFC 5737, RFC 3849).
var anyOf = map[bool]netip.Addr{false: netip.MustParseAddr("192.0.2.1"), true: netip.MustParseAddr("2001:db8::1")}

// reachedOver reports whether a listener takes what comes over a family.
func reachedOver(l exposure.Listener, v6 bool) bool {
	bound := l.Address.Unmap()
	return bound.Is6() == v6 || bound.IsUnspecified() && l.Takes(anyOf[v6])
}

// doubt names what decides and cannot be evaluated.
func (s *System) doubt() exposure.FirewallRule {
	var profiles []string
	for _, p := range s.Profiles {
		if len(p.Interfaces) > 0 {
			profiles = append(profiles, p.Name)
		}
	}
	return exposure.FirewallRule{
		Table: untrusted.New(s.Kind, maxSystemName), Chain: untrusted.New(strings.Join(profiles, ", "), maxSystemName),
		Text: untrusted.New(strings.Join(s.Products, ", "), 0), Why: untrusted.New("its rules are not read", 0),
	}
}
