package cli

import (
	"context"
	"net/netip"
	"slices"
	"strings"

	"sekisho/internal/exposure"
	"sekisho/internal/policy"
	"sekisho/internal/portspec"
	"sekisho/internal/vantage"
)

// outgoingPorts reads --outgoing: 25,443,3074/udp.
func (a *app) outgoingPorts(words []string) (tcp, udp []uint16, err error) {
	for _, word := range words {
		number, transport, has := strings.Cut(strings.TrimSpace(word), "/")
		if has && transport != "tcp" && transport != "udp" {
			return nil, nil, a.fail(exitUsage, "cli.outgoing-port", "Port", quoted(word))
		}
		spec, err := portspec.Parse(number, transport == "udp")
		if err != nil {
			return nil, nil, a.fail(exitUsage, "cli.outgoing-port", "Port", quoted(word))
		}
		tcp = union(tcp, spec.TCP.Slice())
		if has || spec.TCP.Len() == 0 { // a name that means both means TCP
			udp = union(udp, spec.UDP.Slice())
		}
	}
	if len(tcp)+len(udp) > maxTried {
		return nil, nil, a.fail(exitUsage, "cli.policy-tries", "Limit", maxTried)
	}
	return tcp, udp, nil
}

// lettingOut adds what --outgoing wants to the policy. Nobody but a vantage can
// tell it.
func (r *checkRun) lettingOut(words []string) error {
	tcp, udp, err := r.app.outgoingPorts(words)
	if err != nil {
		return err
	}
	if len(words) > 0 && len(r.vias) == 0 {
		return r.app.fail(exitUsage, "cli.outgoing-via")
	}
	r.policy = policy.LettingOut(r.policy, tcp, udp, "--outgoing")
	return nil
}

// askOutgoing has the echo ports of a vantage tell which ports this network lets
// out to.
func (r *checkRun) askOutgoing(ctx context.Context, client *vantage.Client, who exposure.Whoami, at vantage.Address, to netip.Addr) []exposure.Observation {
	if r.policy == nil || ctx.Err() != nil {
		return nil
	}
	tcp, udp := r.policy.Anywhere()
	if len(tcp) > maxTried || len(udp) > maxTried {
		tcp, udp = tcp[:min(len(tcp), maxTried)], udp[:min(len(udp), maxTried)]
	}
	if len(tcp)+len(udp) == 0 {
		return nil
	}
	list := client.Outgoing(ctx, who, to, tcp, udp)
	for i := range list {
		o := &list[i]
		o.Host, o.Vantage, o.View = at.Host, vantageSelf, r.machine.view(to)
		if word, known := echoWords[o.Detail]; known {
			o.Detail = r.app.say.Say("detail.echo-" + word)
		}
	}
	return list
}

// echoWords are what echo ports told, in the catalogue.
var echoWords = map[string]string{
	vantage.EchoNone: "none", vantage.EchoStranger: "stranger", vantage.EchoStopped: "stopped", vantage.EchoHungUp: "hung-up",
}

// letOut is what the vantages outside told of this network's own way out.
func (r *checkRun) letOut() []exposure.Observation {
	var list []exposure.Observation
	for _, v := range r.outside {
		if v.view == exposure.ViewOutside {
			list = slices.Concat(list, v.outgoing)
		}
	}
	return list
}
