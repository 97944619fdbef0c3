package portqry

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"sekisho/internal/exposure"
)

// What the endpoint mapper calls RPC over TCP and over UDP.
const (
	protocolTCP = "ncacn_ip_tcp"
	protocolUDP = "ncadg_ip_udp"
)

// need is something that a computer asks a domain controller for when it joins
// the domain: a fixed port, or an interface that the endpoint mapper knows.
type need struct {
	what string
	on   Asked  // a fixed port; zero: what the endpoint mapper names
	uuid string // of the interface
}

// needs are those of a domain join. DNS may be another machine, and Kerberos
// goes over TCP when UDP is not let through.
var needs = []need{
	{what: "Kerberos", on: Asked{exposure.TCP, 88}},
	{what: "the RPC endpoint mapper", on: Asked{exposure.TCP, portEPM}},
	{what: "finding the controller (LDAP)", on: Asked{exposure.UDP, 389}},
	{what: "LDAP", on: Asked{exposure.TCP, 389}},
	{what: "SMB", on: Asked{exposure.TCP, 445}},
	{what: "setting the computer's password (Kerberos)", on: Asked{exposure.TCP, 464}},
	{what: "Netlogon", uuid: "12345678-1234-abcd-ef00-01234567cffb"},
	{what: "LSA", uuid: "12345778-1234-abcd-ef00-0123456789ab"},
	{what: "SAM accounts", uuid: "12345778-1234-abcd-ef00-0123456789ac"},
	{what: "directory replication (DRS)", uuid: "e3514235-4b06-11d1-ab04-00c04fc2dcd2"},
}

// follow asks the TCP ports that the endpoint mapper named and the fixed ones of
// a domain join that were not asked yet, and sums up what would block a join.
// Only the system that was queried is asked, whatever address an endpoint has.
func (r *run) follow(ctx context.Context) {
	endpoints := r.endpoints()
	named := slices.DeleteFunc(namedPorts(endpoints), r.asked)
	var fixed []Asked
	for _, n := range needs {
		if n.uuid == "" && !r.asked(n.on) {
			fixed = append(fixed, n.on)
		}
	}
	all := slices.Concat(named, fixed)
	if r.over(ctx) {
		return
	}
	if r.err = r.eyes.Allowed(r.found.Address, len(all)); r.err != nil {
		return
	}
	if r.Source == 0 && len(all) > 0 {
		if r.err = r.eyes.Ahead(ctx, r.found.Address, all); r.err != nil {
			return
		}
	}
	r.print(fmt.Sprintf("Following the endpoint mapper: %d TCP ports of %d endpoints", len(namedPorts(endpoints)), len(endpoints)), "")
	r.followed(ctx, named, func(on Asked) []string { return offered(endpoints, on.Port) })
	if len(fixed) > 0 {
		r.print("What else a domain join needs:", "")
		r.followed(ctx, fixed, func(Asked) []string { return nil })
	}
	if !r.over(ctx) {
		r.sumUp(endpoints)
	}
}

// endpoints are all that the endpoint mapper told, over either transport.
func (r *run) endpoints() []exposure.QueryEndpoint {
	var all []exposure.QueryEndpoint
	for _, port := range r.found.Ports {
		if port.Answer != nil {
			all = append(all, port.Answer.Endpoints...)
		}
	}
	return all
}

// namedPorts are the TCP ports of endpoints, each once, in their order.
func namedPorts(endpoints []exposure.QueryEndpoint) []Asked {
	var named []Asked
	for _, e := range endpoints {
		if port, ok := tcpPort(e); ok && !slices.Contains(named, Asked{exposure.TCP, port}) {
			named = append(named, Asked{exposure.TCP, port})
		}
	}
	return named
}

// tcpPort is the TCP port of an endpoint that has one.
func tcpPort(e exposure.QueryEndpoint) (uint16, bool) {
	n, err := strconv.ParseUint(e.Endpoint, 10, 16)
	return uint16(n), err == nil && n != 0 && e.Protocol == protocolTCP
}

// offered are the interfaces at a port, each once.
func offered(endpoints []exposure.QueryEndpoint, port uint16) []string {
	var lines []string
	for _, e := range endpoints {
		line := "   " + withNote(e.UUID, e.Annotation)
		if at, ok := tcpPort(e); ok && at == port && !slices.Contains(lines, line) {
			lines = append(lines, line)
		}
	}
	return lines
}

func (r *run) asked(on Asked) bool {
	return slices.ContainsFunc(r.found.Ports, func(p exposure.QueriedPort) bool { return p.Transport == on.Transport && p.Port == on.Port })
}

// followed asks ports and prints a line for each, without their protocols: of
// the datagrams only an answer tells that somebody is there, so that is awaited.
func (r *run) followed(ctx context.Context, ports []Asked, about func(Asked) []string) {
	for _, on := range ports {
		if r.over(ctx) {
			return
		}
		a := r.asking(on)
		state, speech, err := r.look(ctx, a)
		if speech != nil && speech.Heard {
			state = exposure.Open
		}
		port := exposure.QueriedPort{Transport: on.Transport, Port: on.Port, Service: a.Service, State: state, Followed: true}
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			port.Error = r.unasked(a, err)
		default:
			port.Verdict = verdicts[state]
			r.print(r.verdict(a, state))
			r.print(about(on)...)
			r.print("")
		}
		r.keep(port)
	}
}

// sumUp tells what a domain join needs and does not get. An interface that is
// offered nowhere over TCP may still be reached through a pipe of SMB.
func (r *run) sumUp(endpoints []exposure.QueryEndpoint) {
	join := &exposure.QueryJoin{Blocked: []exposure.QueryBlocked{}}
	block := func(n need, on Asked) {
		for _, p := range r.found.Ports {
			if p.Transport == on.Transport && p.Port == on.Port && p.State != exposure.Open {
				join.Blocked = append(join.Blocked, exposure.QueryBlocked{Transport: on.Transport, Port: on.Port, Need: n.what, State: p.State})
			}
		}
	}
	for _, n := range needs {
		if n.uuid == "" {
			block(n, n.on)
			continue
		}
		if len(endpoints) == 0 {
			continue // its mapper is not reached, or told nothing
		}
		offers := slices.DeleteFunc(slices.Clone(endpoints), func(e exposure.QueryEndpoint) bool { return e.UUID != n.uuid })
		for _, on := range namedPorts(offers) {
			block(n, on)
		}
		if len(offers) == 0 {
			join.Blocked = append(join.Blocked, exposure.QueryBlocked{Transport: exposure.TCP, Need: n.what})
		}
	}
	if len(endpoints) == 0 && len(join.Blocked) == 0 {
		join.Blocked = append(join.Blocked, exposure.QueryBlocked{Transport: exposure.TCP, Need: "an answer"})
	}
	join.Ready = len(join.Blocked) == 0
	r.found.Join = join
	r.print("======== What would block a domain join ========", "")
	for _, b := range join.Blocked {
		if b.Port == 0 {
			r.print(fmt.Sprintf("%s: the endpoint mapper names no endpoint", b.Need))
			continue
		}
		state := verdicts[b.State]
		if state == "" {
			state = "could not be asked"
		}
		r.print(fmt.Sprintf("%s port %d: %s, needed for %s", words[b.Transport], b.Port, state, b.Need))
	}
	if join.Ready {
		r.print("Nothing: every port that a domain join needs is LISTENING")
	}
	r.print("", "======== End of domain join summary ========", "")
}

// withNote is an interface with what its program calls it.
func withNote(uuid, annotation string) string {
	if annotation == "" {
		return uuid
	}
	return uuid + " " + annotation
}
