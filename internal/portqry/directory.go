package portqry

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"

	"sekisho/internal/exposure"
	"sekisho/internal/probe"
	"sekisho/internal/wire/msrpc"
)

// rootOrder is the order in which the attributes of a directory's root stand.
// Others follow them.
var rootOrder = []string{
	"subschemaSubentry", "dsServiceName", "namingContexts", "defaultNamingContext", "schemaNamingContext",
	"configurationNamingContext", "rootDomainNamingContext", "supportedControl", "supportedLDAPVersion", "supportedLDAPPolicies",
	"highestCommittedUSN", "supportedSASLMechanisms", "dnsHostName", "ldapServiceName", "serverName", "supportedCapabilities",
	"isSynchronized", "isGlobalCatalogReady", "domainFunctionality", "forestFunctionality", "domainControllerFunctionality",
}

// askLDAP asks for the root of the directory.
func askLDAP(ctx context.Context, q question, a Asking, s *Speech) {
	s.Lead = []string{q.sending(a)}
	svc := probe.Identify(ctx, exposure.Target{Address: a.Address}, a.Transport, a.Port, probe.Options{})
	if svc.Protocol != "ldap" && svc.Protocol != "cldap" {
		return
	}
	s.Heard = true
	var root []string
	for _, line := range svc.Facts.Texts("root_dse") {
		root = append(root, line.Terminal())
		name, value, _ := strings.Cut(line.Terminal(), ": ")
		s.Found.Attributes = append(s.Found.Attributes, exposure.QueryAttribute{Name: name, Value: value})
	}
	s.Answer = append([]string{"LDAP query response:", ""}, rootLines(root)...)
	s.End = []string{"======== End of LDAP query response ========"}
}

// rootLines puts the attributes of a root in PortQry's order: the server's
// clock first, then what stands in rootOrder, then the others. An attribute
// without its capitals is the same one.
func rootLines(root []string) []string {
	var clock, known, others []string
	ranked := make([][]string, len(rootOrder))
	for _, line := range root {
		name, value, _ := strings.Cut(line, ": ")
		at := slices.IndexFunc(rootOrder, func(n string) bool { return strings.EqualFold(n, name) })
		switch {
		case strings.EqualFold(name, "currentTime"):
			clock = append(clock, "currentdate: "+currentDate(value)+" (unadjusted GMT)")
		case at >= 0:
			ranked[at] = append(ranked[at], rootOrder[at]+": "+value)
		default:
			others = append(others, line)
		}
	}
	for _, lines := range ranked {
		known = append(known, lines...)
	}
	return slices.Concat(clock, known, others)
}

// currentDate is a generalized time (RFC 4517 section 3.3.13) as PortQry writes
// it: 20030710041431.0Z is 07/10/2003 04:14:31. Anything else stays as it is.
func currentDate(value string) string {
	if len(value) < 14 || strings.Trim(value[:14], "0123456789") != "" {
		return value
	}
	return fmt.Sprintf("%s/%s/%s %s:%s:%s", value[4:6], value[6:8], value[:4], value[8:10], value[10:12], value[12:14])
}

// Bounds of a lookup in an endpoint mapper.
const (
	endpointsAtOnce = 100
	fewAtOnce       = 4 // that fit into a datagram
	mostEndpoints   = 2048
	mostPages       = 128
	mostReply       = 64 << 10
)

// askRPC asks the endpoint mapper for all that it knows.
func askRPC(ctx context.Context, q question, a Asking, s *Speech) {
	s.Lead = []string{"Querying Endpoint Mapper Database..."}
	look := lookTCP
	if a.Transport == exposure.UDP {
		look = lookUDP
	}
	endpoints, heard := look(ctx, a)
	if s.Heard = heard; !heard {
		return
	}
	s.Answer = []string{"Server's response:", ""}
	for _, e := range endpoints {
		if e.Address == "" && (e.Protocol == protocolTCP || e.Protocol == protocolUDP) {
			e.Address = a.Address.String() // Samba names none: it is where its mapper is
		}
		found := exposure.QueryEndpoint{
			UUID: e.Interface.String(), Annotation: shown(e.Annotation), Binding: shown(e.Binding()), Protocol: e.Protocol,
			Host: shown(e.Address), Endpoint: shown(e.Port),
		}
		s.Found.Endpoints = append(s.Found.Endpoints, found)
		s.Answer = append(s.Answer, "UUID: "+withNote(found.UUID, found.Annotation), found.Binding, "")
	}
	s.Answer = append(s.Answer, fmt.Sprintf("Total endpoints found: %d", len(endpoints)))
	s.End = []string{"==== End of RPC Endpoint Mapper query response ===="}
}

// lookTCP looks up over a connection. Heard says that an endpoint mapper
// answered, whatever came of it.
func lookTCP(ctx context.Context, a Asking) (found []msrpc.Endpoint, heard bool) {
	c, err := a.dialer(4<<20).Dial(ctx, exposure.TCP, netip.AddrPortFrom(a.Address, a.Port))
	if err != nil {
		return nil, false
	}
	defer c.Close()
	if _, err := c.Write(msrpc.Bind()); err != nil {
		return nil, false
	}
	p, _, err := message(c)
	if err != nil || p.Kind != msrpc.KindBindAck {
		return nil, err == nil && p.Kind == msrpc.KindBindNak
	}
	return pages(func(call uint32, at msrpc.Handle) ([]byte, error) {
		if _, err := c.Write(msrpc.Lookup(call, at, endpointsAtOnce)); err != nil {
			return nil, err
		}
		_, body, err := message(c)
		return body, err
	}), true
}

// lookUDP looks up in datagrams.
func lookUDP(ctx context.Context, a Asking) (found []msrpc.Endpoint, heard bool) {
	activity := binary.LittleEndian.AppendUint64(binary.LittleEndian.AppendUint64(nil, rand.Uint64()), rand.Uint64())
	found = pages(func(call uint32, at msrpc.Handle) ([]byte, error) {
		request := msrpc.DatagramLookup(activity, call, at, fewAtOnce)
		reply, err := exchange(ctx, a, request, func(b []byte) bool {
			_, err := msrpc.ParseDatagram(b, request)
			return err == nil
		})
		if err != nil {
			return nil, err
		}
		heard = true
		p, err := msrpc.ParseDatagram(reply, request)
		if err == nil && p.Kind != msrpc.KindResponse {
			err = msrpc.ErrFormat
		}
		return p.Body, err
	})
	return found, heard
}

// pages are the endpoints of as many pages as there are, within bounds.
func pages(ask func(call uint32, at msrpc.Handle) ([]byte, error)) (found []msrpc.Endpoint) {
	read := 0
	for page := range msrpc.Pages(ask) {
		found = append(found, page.Endpoints...)
		if read++; read == mostPages || len(found) >= mostEndpoints {
			break
		}
	}
	return found
}

// message reads the packets of one message. The first of them tells its kind.
func message(c io.Reader) (first msrpc.Packet, body []byte, err error) {
	for n := 0; ; n++ {
		var head [msrpc.Header]byte
		if _, err := io.ReadFull(c, head[:]); err != nil {
			return first, nil, err
		}
		size, ok := msrpc.Length(head)
		if !ok || size < msrpc.Header || len(body)+size > mostReply {
			return first, nil, msrpc.ErrFormat
		}
		b := append(make([]byte, 0, size), head[:]...)[:size]
		if _, err := io.ReadFull(c, b[msrpc.Header:]); err != nil {
			return first, nil, err
		}
		p, err := msrpc.Parse(b)
		if err != nil {
			return first, nil, err
		}
		if n == 0 {
			first = p
		}
		body = append(body, p.Body...)
		if p.Last {
			return first, body, nil
		}
	}
}
