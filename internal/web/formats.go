package web

import (
	"fmt"
	"net/netip"
	"strings"

	"sekisho/internal/exposure"
	"sekisho/internal/lang"
)

// classic is the result in the layout of ShieldsUP!'s text report, which forums
// know: in English, and TCP alone.
func (r *result) classic() string {
	var b strings.Builder
	line := func(format string, values ...any) { fmt.Fprintf(&b, format+"\n", values...) }
	open, closed, silent, other := r.tcp(formOpen), r.tcp(formClosed), r.tcp(formSilent), append(append(r.tcp(formRefused), r.tcp(formUnknown)...), r.tcp(formPending)...)
	tested := len(open) + len(closed) + len(silent) + len(other)
	at := r.look.Started.UTC()
	line("Port Authority Report created on UTC: %s at %s", at.Format("2006-01-02"), at.Format("15:04:05"))
	line("")
	if tcp := r.look.Job.TCP; len(tcp) == 1 {
		line("Results from probe of port: %d", tcp[0])
	} else {
		line("Results from scan of ports: %s", spaced(tcp))
	}
	line("")
	line("%5d Ports Open", len(open))
	line("%5d Ports Closed", len(closed))
	line("%5d Ports Stealth", len(silent))
	if len(other) > 0 {
		line("%5d Ports Rejected or Unknown", len(other))
	}
	line("---------------------")
	line("%5d Ports Tested", tested)
	line("")
	for _, s := range []struct {
		word string
		list exposure.PortList
	}{{"OPEN", open}, {"CLOSED", closed}, {"REJECTED or UNKNOWN", other}} {
		switch {
		case tested == len(s.list) && tested > 0:
			line("ALL PORTS tested were found to be: %s.", s.word)
		case len(s.list) == 1:
			line("The port found to be %s was: %d", s.word, s.list[0])
		case len(s.list) > 1:
			line("Ports found to be %s were: %s", s.word, spaced(s.list))
		case s.word != "REJECTED or UNKNOWN":
			line("NO PORTS were found to be %s.", s.word)
		}
	}
	switch {
	case tested > 0 && len(silent) == tested:
		line("ALL PORTS tested were found to be: STEALTH.")
	case len(silent) > 0:
		line("Other than what is listed above, all ports are STEALTH.")
	}
	line("")
	verdict := map[exposure.Outcome]string{exposure.Pass: "PASSED", exposure.Fail: "FAILED", exposure.Inconclusive: "UNDETERMINED"}
	line("Fully silent: %s - %s", verdict[r.quiet()], choose(len(silent) == tested, "ALL tested ports were STEALTH,", "NOT all tested ports were STEALTH,"))
	switch r.calm() {
	case exposure.Pass:
		line("                - NO unsolicited packets were received,")
	case exposure.Fail:
		line("                - UNSOLICITED PACKETS WERE RECEIVED,")
	default:
		line("                - unsolicited packets were not watched for,")
	}
	switch legs := r.legs(); legs[1].Outcome {
	case exposure.Pass:
		line("                - NO Ping reply (ICMP Echo) was received.")
	case exposure.Fail:
		line("                - A PING REPLY (ICMP Echo) WAS RECEIVED.")
	default:
		line("                - Ping (ICMP Echo) told nothing.")
	}
	b.WriteString(r.trialLines(lang.For(lang.English)))
	return b.String()
}

func choose(yes bool, a, b string) string {
	if yes {
		return a
	}
	return b
}

// tcp are the TCP ports of a form.
func (r *result) tcp(f form) exposure.PortList {
	var list exposure.PortList
	for _, e := range r.of(f) {
		if e.Transport == exposure.TCP {
			list = append(list, e.Port)
		}
	}
	return list
}

// spaced is a list of ports with a blank after each comma.
func spaced(l exposure.PortList) string {
	b, _ := l.MarshalText() // never returns an error
	return strings.ReplaceAll(string(b), ",", ", ")
}

// masked hides whose address it is: the first half of what a provider has stays.
func masked(a netip.Addr) string {
	if a.Is4() {
		b := a.As4()
		return fmt.Sprintf("%d.%d.x.x", b[0], b[1])
	}
	p, err := a.WithZone("").Prefix(32)
	if err != nil {
		return "x"
	}
	return strings.TrimSuffix(p.Addr().String(), "::") + ":x:x"
}

// forum is the result for others to read: no address, no name, and no word that
// the machine itself said, since a banner may hold any of them.
func (r *result) forum(say *lang.Printer) string {
	var b strings.Builder
	fmt.Fprintf(&b, "sekisho %s %s, %s\n", say.Say("web.kind-"+r.look.Kind), r.look.Started.UTC().Format("2006-01-02 15:04 UTC"), masked(r.look.Job.Address))
	fmt.Fprintf(&b, "%s\n", r.verdictIn(say))
	for _, f := range forms {
		list := r.of(f)
		if len(list) == 0 {
			continue
		}
		fmt.Fprintf(&b, "%s: %s\n", say.Say("web.form-"+string(f)), r.ranges(list))
	}
	for _, e := range r.of(formOpen) {
		protocol := r.services[e].Protocol
		fmt.Fprintf(&b, "%s %s %s\n", e, nameOf(e), protocol)
	}
	b.WriteString(r.trialLines(say))
	return b.String()
}

// ranges are ports of both transports as people write them.
func (r *result) ranges(list []endpoint) string {
	var tcp, udp exposure.PortList
	for _, e := range list {
		if e.Transport == exposure.UDP {
			udp = append(udp, e.Port)
		} else {
			tcp = append(tcp, e.Port)
		}
	}
	var parts []string
	if len(tcp) > 0 {
		parts = append(parts, "TCP "+spaced(tcp))
	}
	if len(udp) > 0 {
		parts = append(parts, "UDP "+spaced(udp))
	}
	return strings.Join(parts, "; ")
}
