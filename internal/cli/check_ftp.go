package cli

import (
	"context"
	"maps"
	"slices"
	"sync"

	"sekisho/internal/diagnose"
	"sekisho/internal/exposure"
)

// mostFTPServers bounds the FTP servers that one check logs in to: each gets up to
// ftpTime at each of its addresses, all at once.
const mostFTPServers = 4

// transfer logs in to the FTP servers that were found, over every way from here,
// and lists and downloads in each mode: a control connection that answers tells
// nothing of the data connections beside it.
func (r *checkRun) transfer(ctx context.Context) {
	if !r.tables || ctx.Err() != nil {
		return
	}
	var (
		running       sync.WaitGroup
		servers, left int
	)
	for _, h := range r.report.Hosts {
		own := r.ownHost(h.Addresses)
		for i := range h.Ports {
			port := &h.Ports[i]
			if port.Transport != exposure.TCP || !slices.ContainsFunc(port.Services, speaksFTP) {
				continue
			}
			if servers++; servers > mostFTPServers {
				left++
				continue
			}
			running.Go(func() {
				key := asked{portKey: portKey{port.Transport, port.Port}}
				tellTransfers(port, r.lookFTP(ctx, r.ftp, key, *port, own))
			})
		}
	}
	running.Wait()
	if left > 0 {
		r.viewNote(r.app.say.Say("note.ftp-left", "Count", left, "Limit", mostFTPServers))
	}
}

// speaksFTP reports whether a service has answered as FTP does.
func speaksFTP(s exposure.Service) bool {
	return s.Protocol == "ftp" && s.Confidence == exposure.Confirmed
}

// tellTransfers adds to a port what logging in has shown: the steps, and what the
// rules judge to the service at that address.
func tellTransfers(port *exposure.Port, looks []diagnose.FTPLook) {
	for _, l := range looks {
		port.Transfers = append(port.Transfers, l.Transfers...)
		s := l.Service
		i := slices.IndexFunc(port.Services, func(known exposure.Service) bool {
			return known.Address == s.Address && known.View == s.View && known.Protocol == s.Protocol
		})
		switch {
		case i >= 0:
			facts := maps.Clone(port.Services[i].Facts)
			if facts == nil {
				facts = exposure.Facts{}
			}
			maps.Copy(facts, s.Facts)
			port.Services[i].Facts = facts
		case speaksFTP(s):
			port.Services = append(port.Services, s)
		}
	}
}

// ftpLooks are what a report tells of the data connections of an FTP server: the
// steps of each view with the service that it saw there.
func ftpLooks(p exposure.Port) []diagnose.FTPLook {
	var looks []diagnose.FTPLook
	for _, t := range p.Transfers {
		i := slices.IndexFunc(looks, func(l diagnose.FTPLook) bool { return l.Service.View == t.View && l.Service.Address == t.Address })
		if i < 0 {
			i = len(looks)
			looks = append(looks, diagnose.FTPLook{Service: exposure.Service{View: t.View, Address: t.Address}})
			for _, s := range p.Services {
				if s.View == t.View && s.Address == t.Address && s.Protocol == "ftp" {
					looks[i].Service = s
				}
			}
		}
		looks[i].Transfers = append(looks[i].Transfers, t)
	}
	return looks
}
