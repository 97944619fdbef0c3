package output

import (
	"io"
	"net/netip"

	"sekisho/internal/exposure"
)

// textLocal is the page of local: what listens, who owns it, and the interfaces.
func textLocal(w io.Writer, d exposure.LocalDocument, o Options) error {
	p := newPage(o)
	p.paragraph("", bold, p.say.Say("local.title", "Host", d.Host, "Time", d.SeenAt.UTC().Format(timeLayout), "Version", d.Version))
	p.gap()
	p.listening(d.Listeners)
	p.gap()
	p.interfaces(d)
	p.gateways(d)
	p.firewall(d)
	p.router(d.Router)
	p.nat(d.NAT)
	p.localFindings(d)
	p.unseen(d.Unseen)
	return p.to(w)
}

// localFindings are the findings as check shows them.
func (p *page) localFindings(d exposure.LocalDocument) {
	host := exposure.Host{Name: d.Host}
	for _, f := range d.Findings {
		host.Ports = append(host.Ports, exposure.Port{Transport: f.Transport, Port: f.Port, Findings: []exposure.Finding{f.Finding}})
	}
	p.findings(exposure.Report{Hosts: []exposure.Host{host}})
}

func (p *page) listening(listeners []exposure.LocalListener) {
	if len(listeners) == 0 {
		p.paragraph("", plain, p.say.Say("local.nothing-listens"))
		return
	}
	var rows [][]cell
	for _, l := range listeners {
		rows = append(rows, []cell{
			text(portLabel(l.Transport, l.Port)),
			p.boundTo(l.Listener),
			text(p.process(l.Listener)),
			text(l.User),
			text(l.Unit, l.Container),
			text(l.Name),
			p.filteredCell(l.Firewall),
		})
	}
	p.line(p.table([]column{
		{head: p.say.Say("column.port")},
		{head: p.say.Say("column.address"), least: 12},
		{head: p.say.Say("column.process"), least: 8},
		{head: p.say.Say("column.user"), least: 6},
		{head: p.say.Say("column.unit"), least: 10},
		{head: p.say.Say("column.assigned"), least: 6},
		{head: p.say.Say("column.firewall"), least: 14},
	}, rows)...)
}

// boundTo is the address of a socket and, in words, who can reach it.
func (p *page) boundTo(l exposure.Listener) cell {
	address := l.Address.String()
	if l.Device != "" {
		// The zone of a link-local address is the device's name again.
		address = p.say.Say("local.on-device", "Address", l.Address.WithZone(""), "Device", l.Device)
	}
	if l.LoopbackOnly() {
		return cell{[]string{address}, green}
	}
	return cell{[]string{address}, yellow}
}

func (p *page) process(l exposure.Listener) string {
	switch {
	case l.Process != "" && l.PID > 0:
		return p.say.Say("local.process", "Process", l.Process, "PID", l.PID)
	case l.Process != "":
		return l.Process
	case l.Unowned:
		return p.say.Say("report.unowned")
	}
	return p.say.Say("report.owner-unseen")
}

// gateways are where what leaves the machine goes, and who is asked for names.
func (p *page) gateways(d exposure.LocalDocument) {
	if len(d.Gateways)+len(d.DNSServers) > 0 {
		p.gap()
	}
	for _, g := range d.Gateways {
		via := ""
		if g.Via.IsValid() {
			via = g.Via.String()
		}
		p.paragraph("", plain, p.say.Say("local.gateway", "Family", p.say.Say("family."+string(g.Family)), "Via", via, "Interface", g.Interface))
	}
	if len(d.DNSServers) > 0 {
		var servers []string
		for _, a := range d.DNSServers {
			servers = append(servers, a.String())
		}
		p.paragraph("", plain, p.say.Say("local.dns", "Servers", servers))
	}
}

// scoped is an address of the machine with how far it is known.
func (p *page) scoped(d exposure.LocalDocument, prefix netip.Prefix) string {
	for _, a := range d.Addresses {
		if a.Address == prefix.Addr() && a.Scope != "" {
			return p.say.Say("local.scoped", "Address", prefix.String(), "Scope", p.say.Say("scope."+string(a.Scope)))
		}
	}
	return prefix.String()
}

func (p *page) interfaces(d exposure.LocalDocument) {
	var rows [][]cell
	for _, i := range d.Interfaces {
		state := p.say.Say("local.up")
		if !i.Up {
			state = p.say.Say("local.down")
		}
		var addresses []string
		for _, prefix := range i.Prefixes {
			addresses = append(addresses, p.scoped(d, prefix))
		}
		rows = append(rows, []cell{text(i.Name), text(state), {addresses, plain}})
	}
	p.line(p.table([]column{
		{head: p.say.Say("column.interface"), least: 8},
		{head: p.say.Say("column.state")},
		{head: p.say.Say("column.addresses"), least: 18},
	}, rows)...)
}
