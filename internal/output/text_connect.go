package output

import (
	"fmt"
	"io"

	"sekisho/internal/exposure"
)

// textConnect is the page of connect: for each server the block that the netsh
// of Windows XP printed, and below it what really answers.
func textConnect(w io.Writer, d exposure.ConnectDocument, o Options) error {
	p := newPage(o)
	for _, s := range d.Servers {
		p.gap()
		p.server(s)
	}
	p.settings(d)
	if d.Dialogue != nil {
		p.gap()
		p.dialogue(*d.Dialogue)
	}
	return p.to(w)
}

// serverKeys are the names of the settings, host and port.
var serverKeys = map[exposure.ServerRole][2]string{
	exposure.RoleHost:  {"IPHost", "Port"},
	exposure.RoleProxy: {"IEProxy", "IEProxyPort"},
	exposure.RoleIn:    {"InboundMailServer", "InboundMailPort"},
	exposure.RoleOut:   {"OutboundMailServer", "OutboundMailPort"},
	exposure.RoleNews:  {"NewsServer", "NewsNNTPPort"},
}

func (p *page) server(s exposure.ConnectedServer) {
	p.line(p.paint(bold, harmless(p.say.Say("connect.title-"+string(s.Role), "Host", s.Host))))
	keys := serverKeys[s.Role]
	host, port := fmt.Sprintf("    %s = %s", keys[0], s.Host), fmt.Sprintf("    %s = %d", keys[1], s.Port)
	if s.Role == exposure.RoleHost {
		p.line(harmless(host), port)
	} else {
		p.line(port, harmless(host))
	}
	if s.State == exposure.Open {
		p.line(p.paint(green, "    "+p.say.Say("connect.running", "Port", s.Port)))
	} else {
		p.line(p.paint(red, "    "+p.say.Say("connect.none")))
	}
	if behind := p.behind(s); behind != "" {
		p.paragraph("    ", plain, behind)
	}
	if s.Source != "" {
		p.paragraph("    ", dim, p.say.Say("connect.source", "Source", s.Source))
	}
}

// settings says what goes past the proxies, and which settings name no proxy
// themselves.
func (p *page) settings(d exposure.ConnectDocument) {
	if d.Past != "" {
		p.gap()
		p.paragraph("", plain, p.say.Say("connect.past", "Host", d.Past))
	}
	for _, s := range d.Proxies {
		switch s.Kind {
		case "exempt":
			p.paragraph("", dim, p.say.Say("connect.exempt", "Source", s.Source, "Hosts", s.Hosts))
		case "pac":
			p.paragraph("", dim, p.say.Say("connect.pac", "Source", s.Source, "URL", s.URL))
		case "detect":
			p.paragraph("", dim, p.say.Say("connect.detect", "Source", s.Source))
		}
	}
}

// dialogue is a conversation as it stood on the screen.
func (p *page) dialogue(d exposure.Dialogue) {
	p.paragraph("* ", dim, p.say.Say("connect.dialogue", "Remote", end(d.Remote), "Local", end(d.Local)))
	if d.TLS != nil {
		for _, l := range p.certified(*d.TLS) {
			p.paragraph("* ", dim, l)
		}
	}
	for _, l := range d.Lines {
		mark, text := "< ", l.Text.Terminal()
		if l.From == "here" {
			mark = "> "
		}
		if l.Command {
			text = "IAC " + text
		}
		p.line(mark + text)
	}
	if d.Cut {
		p.paragraph("* ", dim, p.say.Say("connect.dialogue-cut"))
	}
	for _, row := range ConnectionRows(d.Connections, func(c exposure.Connection) bool { return c.Local == d.Local && c.Remote == d.Remote }) {
		p.line("* " + row)
	}
	p.paragraph("* ", dim, p.say.Say("connect.dialogue-ended", "Ended", p.say.Say("ended."+d.Ended)))
}

// behind says in a sentence what answers, or why nothing does.
func (p *page) behind(s exposure.ConnectedServer) string {
	switch {
	case s.Error != "":
		return s.Error
	case s.State == exposure.Unknown && s.Reason == exposure.HostUnreach:
		return p.say.Say("connect.no-neighbour", "Address", p.address(s.Address), "Reason", s.Reason)
	case s.State == exposure.Unknown:
		return p.say.Say("connect.unknown", "Address", p.address(s.Address), "Reason", s.Reason)
	case s.State != exposure.Open:
		return p.say.Say("connect.state", "Address", p.address(s.Address), "State", p.state(s.State), "Reason", s.Reason)
	case s.Service == nil:
		return ""
	}
	really, known := s.Really()
	name := p.service(*s.Service, "")
	switch {
	case really:
		return p.say.Say("connect.really", "Address", p.address(s.Address), "Service", name)
	case known:
		return p.say.Say("connect.other", "Address", p.address(s.Address), "Service", name, "Expected", s.Expected)
	case s.Service.Protocol != "":
		return p.say.Say("connect.is", "Address", p.address(s.Address), "Service", name)
	}
	if s.Service.Silence != "" {
		return p.say.Say("connect.silent", "Address", p.address(s.Address), "Silence", p.say.Say("silence."+string(s.Service.Silence)))
	}
	return p.say.Say("connect.mute", "Address", p.address(s.Address), "Error", s.Service.Error)
}
