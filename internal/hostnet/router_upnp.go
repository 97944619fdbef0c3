package hostnet

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"sekisho/internal/exposure"
	"sekisho/internal/netio"
	"sekisho/internal/untrusted"
	"sekisho/internal/wire/igd"
)

// Bounds of UPnP.
const (
	maxMappings    = 1000 // entries that are read of a list
	maxConnections = 4    // connections to the Internet that are looked at
	searchSilence  = 500 * time.Millisecond
)

// upnp finds the gateway's description, and asks its connection to the Internet
// for the outer address and the list of forwards.
func (g gateway) upnp(ctx context.Context, ports []exposure.RouterPort) answer {
	a := answer{question: exposure.RouterQuestion{Source: exposure.RouterUPnP}}
	found, err := g.search(ctx)
	if err != nil {
		a.fail(err)
		return a
	}
	at, path, ok := igd.At(found.Location, g.at)
	if !ok {
		a.question.Result, a.question.Why = exposure.RouterFailed, untrusted.New("its description lies elsewhere: "+found.Location, maxRouterText)
		return a
	}
	text, err := g.fetch(ctx, at, path)
	if err != nil {
		a.fail(err)
		return a
	}
	d, err := igd.ParseDescription(text)
	if err != nil {
		a.fail(err)
		return a
	}
	a.router.Product = untrusted.New(strings.TrimSpace(product(d.Device, found.Server)), maxRouterText)
	if at, path, ok := igd.At(strings.TrimSpace(d.Device.Presentation), g.at); ok {
		a.router.Page = fmt.Sprintf("http://%s%s", at, path)
	}
	s := session{gateway: g, description: d, location: found.Location, requested: strings.Contains(found.Server, "MiniUPnPd/")}
	if !s.connection(ctx) {
		a.question.Result, a.question.Why = exposure.RouterRefused, untrusted.New("it has no connection to the Internet that it tells of", maxRouterText)
		return a
	}
	a.told, a.question.Result, a.router.WAN = true, exposure.RouterAnswered, s.wan
	a.router.Forwards, a.router.Cut = s.list(ctx)
	if a.router.Cut {
		a.router.Forwards = append(a.router.Forwards, s.specific(ctx, ports, a.router.Forwards)...)
	}
	a.router.Filter6 = s.filter6(ctx)
	return a
}

// product names the router: its model, or the program.
func product(d igd.Device, server string) string {
	name := strings.TrimSpace(d.FriendlyName)
	if model := strings.TrimSpace(d.ModelName + " " + d.ModelNumber); model != "" && !strings.Contains(name, d.ModelName) {
		name = strings.TrimSpace(name + " " + model)
	}
	if name == "" {
		return server
	}
	return name
}

// search asks the gateway itself, and then, for one that hears only the group,
// all of the network; only what the gateway answers counts.
func (g gateway) search(ctx context.Context) (igd.Found, error) {
	to := netip.AddrPortFrom(g.at, igd.SearchPort)
	accept := func(b []byte) bool {
		_, err := igd.ParseReply(b)
		return err == nil
	}
	reply, err := netio.Exchange(ctx, g.dialer(searchSilence), to, igd.Search(igd.RootDevice), accept)
	if err == nil {
		return igd.ParseReply(reply)
	}
	var found *igd.Found
	inner, stop := context.WithCancel(ctx)
	defer stop()
	heard := netio.Multicast(inner, g.device, netip.AddrPortFrom(igd.Group, igd.SearchPort), igd.Search(igd.Gateway), time.Now().Add(routerSilence-searchSilence), func(from netip.AddrPort, b []byte) {
		f, wrong := igd.ParseReply(b)
		if found == nil && from.Addr() == g.at && wrong == nil {
			found = &f
			stop()
		}
	})
	switch {
	case found != nil:
		return *found, nil
	case heard != nil && ctx.Err() == nil && !errors.Is(heard, netio.ErrNoLAN):
		return igd.Found{}, heard
	}
	return igd.Found{}, err
}

// fetch reads a document of the gateway.
func (g gateway) fetch(ctx context.Context, at netip.AddrPort, path string) ([]byte, error) {
	c, err := g.dialer(routerSilence).Dial(ctx, exposure.TCP, at)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	status, text, err := get(ctx, c, at, path)
	if err != nil {
		return nil, err
	}
	if status != http.StatusOK {
		return nil, fmt.Errorf("status %d", status)
	}
	return text, nil
}

// get reads a document over a connection, without following anything that it
// leads to.
func get(ctx context.Context, c net.Conn, at netip.AddrPort, path string) (int, []byte, error) {
	return talk(ctx, c, at, http.MethodGet, path, nil, nil)
}

// talk sends one request over a connection of its own and reads the answer.
func talk(ctx context.Context, c net.Conn, at netip.AddrPort, method, path string, header http.Header, body []byte) (int, []byte, error) {
	r, err := http.NewRequestWithContext(ctx, method, "http://"+at.String()+path, bytes.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	maps.Copy(r.Header, header)
	r.Header.Set("Accept-Encoding", "identity")
	r.Header.Set("User-Agent", "sekisho UPnP/1.1")
	r.Close = true
	if err := r.Write(c); err != nil {
		return 0, nil, err
	}
	// The connection hands out a bounded number of bytes, whatever lengths and
	// lines they speak of.
	answer, err := http.ReadResponse(bufio.NewReader(c), r)
	if err != nil {
		return 0, nil, err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(io.LimitReader(answer.Body, routerBytes))
	if err != nil && len(text) == 0 {
		return 0, nil, err
	}
	return answer.StatusCode, text, nil
}

// session is the gateway's connection to the Internet.
type session struct {
	gateway
	description igd.Description
	location    string
	requested   bool // its list holds nothing but what programs asked for

	kind    string // of the service
	control string
	wan     netip.Addr
}

// connection finds the connection that is up: the one that has an outer address,
// or else the first that answers at all.
func (s *session) connection(ctx context.Context) bool {
	looked := 0
	found := false
	for _, service := range s.description.Device.All() {
		control := s.description.Control(service, s.location)
		if !service.Connection() || looked == maxConnections || ctx.Err() != nil {
			continue
		}
		looked++
		a, err := s.call(ctx, service.Type, control, igd.GetExternalIPAddress)
		if err != nil {
			continue
		}
		up := true // where it does not tell, an address is enough
		if status, err := s.call(ctx, service.Type, control, igd.GetStatusInfo); err == nil {
			up = status.Connected()
		}
		if !found || up && a.Address().IsValid() {
			s.kind, s.control, s.wan = service.Type, control, netip.Addr{}
			found = true
		}
		if up && a.Address().IsValid() {
			s.wan = a.Address()
			return true
		}
	}
	return found
}

// call makes one call that changes nothing. Where the description sends it to
// another host than the gateway, it is not made.
func (s *session) call(ctx context.Context, kind, control, action string, arguments ...igd.Argument) (igd.Answer, error) {
	at, path, ok := igd.At(control, s.at)
	if !ok {
		return nil, igd.ErrDocument
	}
	c, err := s.dialer(routerSilence).Dial(ctx, exposure.TCP, at)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	header := http.Header{"Content-Type": {`text/xml; charset="utf-8"`}, "SOAPAction": {igd.Action(kind, action)}}
	_, text, err := talk(ctx, c, at, http.MethodPost, path, header, igd.Call(kind, action, arguments...))
	if err != nil {
		return nil, err
	}
	return igd.ParseAnswer(text, action)
}

// list reads the forwards one by one, and reports whether it had to leave off
// before their end.
func (s *session) list(ctx context.Context) (list []exposure.RouterForward, cut bool) {
	for i := range maxMappings {
		a, err := s.call(ctx, s.kind, s.control, igd.GetGenericPortMappingEntry, igd.Argument{Name: "NewPortMappingIndex", Value: strconv.Itoa(i)})
		if fault := (*igd.Fault)(nil); errors.As(err, &fault) && fault.End() {
			return list, false
		}
		if err != nil {
			return list, true
		}
		// An entry that makes no sense is left out; the next one may.
		if m, err := a.Mapping(); err == nil {
			list = append(list, s.forward(m))
		}
	}
	return list, true
}

// specific asks for ports by their numbers, which are not in the list.
func (s *session) specific(ctx context.Context, ports []exposure.RouterPort, known []exposure.RouterForward) (list []exposure.RouterForward) {
	for _, p := range ports {
		if slices.ContainsFunc(known, func(f exposure.RouterForward) bool { return f.Transport == p.Transport && f.Outer == p.Port }) || ctx.Err() != nil {
			continue
		}
		protocol, number := strings.ToUpper(p.Transport.String()), strconv.Itoa(int(p.Port))
		a, err := s.call(ctx, s.kind, s.control, igd.GetSpecificPortMappingEntry,
			igd.Argument{Name: "NewRemoteHost"}, igd.Argument{Name: "NewExternalPort", Value: number}, igd.Argument{Name: "NewProtocol", Value: protocol})
		if err != nil {
			continue
		}
		a["NewExternalPort"], a["NewProtocol"] = number, protocol
		if m, err := a.Mapping(); err == nil {
			list = append(list, s.forward(m))
		}
	}
	return list
}

// forward is an entry in the words of a report. That a program asked for it is
// certain where it ends by itself, which nothing that is set by hand does, or
// where the router is known to list nothing else.
func (s *session) forward(m igd.Mapping) exposure.RouterForward {
	f := exposure.RouterForward{
		Transport: exposure.TCP, Outer: m.Outer, To: m.To, Remote: m.Remote, Off: !m.Enabled,
		Description: untrusted.New(m.Description, maxRouterText), LeaseS: int(m.Lease / time.Second),
		Requested: s.requested || m.Lease > 0, Source: exposure.RouterUPnP,
	}
	if m.UDP {
		f.Transport = exposure.UDP
	}
	return f
}

// filter6 asks whether the gateway filters IPv6; nil when it does not tell.
func (s *session) filter6(ctx context.Context) *exposure.RouterFilter6 {
	for _, service := range s.description.Device.All() {
		if !service.Firewall6() {
			continue
		}
		a, err := s.call(ctx, service.Type, s.description.Control(service, s.location), igd.GetFirewallStatus)
		if err != nil {
			return nil
		}
		if on, _, ok := a.Firewall6(); ok {
			return &exposure.RouterFilter6{On: on}
		}
	}
	return nil
}
