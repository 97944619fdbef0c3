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
	p.paragraph("    ", plain, p.behind(s))
}

// behind says in a sentence what answers, or why nothing does.
func (p *page) behind(s exposure.ConnectedServer) string {
	switch {
	case s.Error != "":
		return s.Error
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
