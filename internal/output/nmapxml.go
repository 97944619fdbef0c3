package output

import (
	"cmp"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"strings"
	"time"

	"sekisho/internal/exposure"
	"sekisho/internal/wire/nmapxml"
)

func init() { register(format{name: "nmap-xml", report: nmapReport}) }

// nmapReport writes a report as nmap -oX would, so that ndiff and whatever else
// reads nmap's files reads it. Each address that was looked at is a host, as it
// is to nmap; findings are the output of a script. Names of versions that nmap's form asks for
// are sekisho's own.
func nmapReport(w io.Writer, r exposure.Report, _ Options) error {
	run := nmapxml.Run{
		Scanner: "nmap", Args: "sekisho", Start: seconds1970(r.StartedAt), StartText: nmapTime(r.StartedAt),
		Version: harmless(strings.TrimSpace("sekisho " + r.Version)), Form: nmapxml.Version, ScanInfo: nmapAsked(r),
	}
	up := 0
	for _, h := range r.Hosts {
		for _, address := range addressesSeen(h) {
			host := nmapHost(r, h, address)
			if host.Status.State == "up" {
				up++
			}
			run.Hosts = append(run.Hosts, host)
		}
	}
	exit := "success"
	if r.Partial {
		exit = "error"
	}
	run.Stats = nmapxml.Stats{
		Finished: nmapxml.Finished{
			Time: seconds1970(r.FinishedAt), Text: nmapTime(r.FinishedAt), Elapsed: nmapElapsed(r), Exit: exit,
		},
		Hosts: nmapxml.HostsRan{Up: up, Down: len(run.Hosts) - up, Total: len(run.Hosts)},
	}
	return nmapxml.Write(w, run)
}

// seconds1970 is a time as nmap has it; 0 for none.
func seconds1970(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.Unix()
}

func nmapTime(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.ANSIC)
}

func nmapElapsed(r exposure.Report) string {
	elapsed := r.FinishedAt.Sub(r.StartedAt)
	if elapsed <= 0 && r.Scan != nil {
		elapsed = time.Duration(r.Scan.ElapsedMS) * time.Millisecond
	}
	return fmt.Sprintf("%.2f", max(0, elapsed).Seconds())
}

// nmapProtocol is the word of nmap; the echo of ICMP is no port to it.
func nmapProtocol(t exposure.Transport) string {
	if t == exposure.UDP {
		return "udp"
	}
	return "tcp"
}

// nmapAsked says how many ports of each protocol were asked.
func nmapAsked(r exposure.Report) []nmapxml.ScanInfo {
	var list []nmapxml.ScanInfo
	for _, t := range []exposure.Transport{exposure.TCP, exposure.UDP} {
		asked := map[uint16]bool{}
		ranges := ""
		for _, h := range r.Hosts {
			for _, p := range h.Ports {
				if p.Transport == t && len(p.Observations) > 0 {
					asked[p.Port] = true
				}
			}
			for _, s := range h.Swept {
				if s.Transport == t && len(s.Ports) > len(ranges) {
					ranges = s.Ports
				}
			}
		}
		if len(asked) == 0 && ranges == "" {
			continue
		}
		info := nmapxml.ScanInfo{Type: "connect", Protocol: nmapProtocol(t), Count: len(asked), Services: portRanges(asked)}
		if ranges != "" {
			info.Services, info.Count = harmless(ranges), max(info.Count, sizeOf(ranges))
		}
		switch {
		case t == exposure.UDP:
			info.Type = "udp"
		case r.Scan != nil && strings.HasPrefix(r.Scan.Method, "syn"):
			info.Type = "syn"
		}
		list = append(list, info)
	}
	return list
}

// sizeOf counts the ports of a list of ranges.
func sizeOf(ranges string) int {
	n := 0
	for item := range strings.SplitSeq(ranges, ",") {
		var first, last int
		switch got, _ := fmt.Sscanf(item, "%d-%d", &first, &last); got {
		case 2:
			n += max(0, last-first+1)
		case 1:
			n++
		}
	}
	return n
}

// portRanges writes a set of ports as nmap does.
func portRanges(set map[uint16]bool) string {
	var items []string
	for n := 0; n < 65536; n++ {
		if !set[uint16(n)] {
			continue
		}
		last := n
		for last < 65535 && set[uint16(last+1)] {
			last++
		}
		if last == n {
			items = append(items, fmt.Sprint(n))
		} else {
			items = append(items, fmt.Sprintf("%d-%d", n, last))
		}
		n = last
	}
	return strings.Join(items, ",")
}

// addressesSeen are the addresses of a host that somebody looked at, those of
// the host first; a host that nobody looked at has its own.
func addressesSeen(h exposure.Host) []netip.Addr {
	seen := map[netip.Addr]bool{}
	list := []netip.Addr{}
	add := func(a netip.Addr) {
		if a.IsValid() && !seen[a] {
			seen[a] = true
			list = append(list, a)
		}
	}
	looked := map[netip.Addr]bool{}
	for _, p := range h.Ports {
		for _, o := range p.Observations {
			looked[o.Address] = true
		}
	}
	for _, s := range h.Swept {
		looked[s.Address] = true
	}
	for _, a := range h.Addresses {
		if looked[a] || len(looked) == 0 {
			add(a)
		}
	}
	for _, a := range slices.SortedFunc(func(yield func(netip.Addr) bool) {
		for a := range looked {
			if !yield(a) {
				return
			}
		}
	}, netip.Addr.Compare) {
		add(a)
	}
	return list
}

// nmapHost is what is known of one address.
func nmapHost(r exposure.Report, h exposure.Host, address netip.Addr) nmapxml.Host {
	kind := "ipv4"
	if address.Is6() {
		kind = "ipv6"
	}
	host := nmapxml.Host{
		Start: seconds1970(r.StartedAt), End: seconds1970(r.FinishedAt),
		Status:    nmapxml.Status{State: "unknown", Reason: "no-response"},
		Addresses: []nmapxml.Address{{Address: harmless(address.String()), Type: kind}},
		Names:     &nmapxml.Names{}, Ports: &nmapxml.Ports{},
	}
	if h.Name != "" {
		host.Names.Names = []nmapxml.Name{{Name: harmless(h.Name), Type: "user"}}
	}
	answered := func(state exposure.State, reason exposure.Reason, by string) {
		if by == "" && (state == exposure.Open || state == exposure.Closed) && host.Status.State != "up" {
			host.Status = nmapxml.Status{State: "up", Reason: harmless(string(reason))}
		}
	}
	for _, p := range h.Ports {
		for _, o := range p.Observations {
			if o.Address != address {
				continue
			}
			answered(o.State, o.Reason, o.By)
			if o.Transport != exposure.ICMP && o.State != exposure.Unknown {
				host.Ports.Ports = append(host.Ports.Ports, nmapPort(p, o))
			}
		}
	}
	for _, s := range h.Swept {
		if s.Address != address {
			continue
		}
		for _, st := range s.States {
			answered(st.State, st.Reason, st.By)
		}
		host.Ports.Extra = append(host.Ports.Extra, nmapExtra(s)...)
	}
	return host
}

// nmapExtra counts the ports that have no line of their own, state by state.
func nmapExtra(s exposure.Sweep) []nmapxml.Extra {
	var list []nmapxml.Extra
	for _, st := range s.States {
		if st.State == exposure.Unknown {
			continue
		}
		i := slices.IndexFunc(list, func(e nmapxml.Extra) bool { return e.State == st.State.String() })
		if i < 0 {
			i = len(list)
			list = append(list, nmapxml.Extra{State: st.State.String()})
		}
		list[i].Count += st.Count
		list[i].Reasons = append(list[i].Reasons, nmapxml.ExtraReason{
			Reason: harmless(string(st.Reason)), Count: st.Count, Protocol: nmapProtocol(s.Transport),
		})
	}
	return list
}

// nmapPort is one port at one address.
func nmapPort(p exposure.Port, o exposure.Observation) nmapxml.Port {
	port := nmapxml.Port{
		Protocol: nmapProtocol(p.Transport), Number: p.Port,
		State: nmapxml.State{State: o.State.String(), Reason: harmless(string(o.Reason))},
	}
	if a, err := netip.ParseAddr(o.By); err == nil {
		port.State.By = harmless(a.String())
	}
	if o.State == exposure.Open && len(p.Listeners) > 0 && p.Listeners[0].User != "" {
		port.Owner = &nmapxml.Owner{Name: harmless(p.Listeners[0].User)}
	}
	s := serviceAt(p, o)
	if name := cmp.Or(s.Protocol, p.Name); name != "" {
		port.Service = &nmapxml.Service{Name: harmless(name), Method: "table", Confidence: 3}
		if s.Confidence >= exposure.Likely {
			port.Service.Method, port.Service.Confidence = "probed", 10
			port.Service.Product, port.Service.Version = s.Product.Terminal(), s.Version.Terminal()
			if s.TLS != nil && !s.TLS.StartTLS {
				port.Service.Tunnel = "ssl"
			}
		}
	}
	if o.State != exposure.Open {
		return port
	}
	var found []string
	for _, f := range p.Findings {
		found = append(found, harmless(fmt.Sprintf("%s %s: %s %s", f.Severity, f.Rule, f.Evidence, f.Meaning)))
	}
	if len(found) > 0 {
		// One script for all: ndiff ends with an error where a port has two.
		port.Scripts = []nmapxml.Script{{ID: "sekisho", Output: strings.Join(found, "\n")}}
	}
	return port
}
