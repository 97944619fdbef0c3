package output

import (
	"io"

	"sekisho/internal/exposure"
)

// Commands writes the commands for a firewall. Its formats are those of every
// document; the error of another name tells them.
func Commands(w io.Writer, d exposure.FirewallCommands, o Options) error {
	f, err := find(o.Format)
	if err != nil {
		return err
	}
	d.Ports, d.Steps = present(d.Ports), present(d.Steps)
	switch f.name {
	case textName:
		return textCommands(w, d, o)
	case "jsonl":
		l := &lines{w: w}
		l.write(d)
		return l.err
	}
	return indented(w, d)
}

// textCommands is the page of firewall: what the rules do now, then each step in
// words with the lines to type.
func textCommands(w io.Writer, d exposure.FirewallCommands, o Options) error {
	p := newPage(o)
	var ports []string
	for _, port := range d.Ports {
		ports = append(ports, portLabel(port.Transport, port.Port))
	}
	who := p.say.Say("firewall-commands.anybody")
	if d.Zone != "" {
		who = p.say.Say("zone." + string(d.Zone))
	}
	title := d.Action
	if d.Direction == "out" {
		title += "-out"
	}
	p.paragraph("", bold, p.say.Say("firewall-title."+title, "Ports", ports, "Who", who, "Product", d.Product))
	for _, port := range d.Ports {
		label := portLabel(port.Transport, port.Port)
		p.foretold(label, port.Firewall, func(line string) string { return p.say.Say("firewall-commands.now", "Port", label, "Line", line) })
	}
	if a := d.Applied; a != nil {
		p.changed(d)
		p.gap()
		p.paragraph("", bold, a.Words)
	}
	p.gap()
	for _, s := range d.Steps {
		p.paragraph("- ", plain, s.Words)
		for _, line := range s.Lines {
			p.copied(line)
		}
	}
	p.unseen(d.Unseen)
	if d.Action != "show" && d.Applied == nil {
		p.gap()
		p.paragraph("", dim, p.say.Say("firewall-commands.only-printed"))
	}
	return p.to(w)
}

// foretold tells what the rules do with a port.
func (p *page) foretold(label string, answers []exposure.FirewallAnswer, say func(line string) string) {
	for _, line := range p.filtered(answers) {
		p.paragraph("  ", plain, say(line))
	}
	for _, a := range answers {
		for _, line := range p.remarks(label, a) {
			p.paragraph("  ", plain, line)
		}
	}
}

// changed tells what a change made of the ports.
func (p *page) changed(d exposure.FirewallCommands) {
	for _, port := range d.Ports {
		label := portLabel(port.Transport, port.Port)
		p.foretold(label, port.After, func(line string) string { return p.say.Say("applied.after", "Port", label, "Line", line) })
		for _, o := range port.Observations {
			p.paragraph("  ", plain, p.say.Say("applied.seen", "Port", label, "Address", o.Address.String(), "State", p.say.Say("state."+o.State.String())))
		}
	}
}

// AfterChange writes what a change made of the ports, for the person who is asked
// whether it is to stay.
func AfterChange(w io.Writer, d exposure.FirewallCommands, o Options) error {
	p := newPage(o)
	p.changed(d)
	return p.to(w)
}
