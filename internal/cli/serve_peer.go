package cli

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"time"

	"sekisho/internal/agent"
	"sekisho/internal/exposure"
	"sekisho/internal/reach"
	"sekisho/internal/vantage"
)

// peering asks other vantages, at the start and every hour, what the network of this
// one lets out and in.
type peering struct {
	app   *app
	agent *agent.Agent
	peers []vantage.Address
	log   *slog.Logger
}

// peerEvery is a little less than the hour for which an answer is proof. A peer that
// is away, since both are started at the same time, say, is asked again soon, and
// then ever more rarely.
const (
	peerEvery = 55 * time.Minute
	peerAgain = 5 * time.Second
)

// mostPeers bounds the vantages that are asked.
const mostPeers = 8

// parsePeers reads the URLs of --peer.
func (a *app) parsePeers(words []string) ([]vantage.Address, error) {
	var list []vantage.Address
	for _, word := range words {
		address, err := vantage.Parse(word)
		if err != nil || len(list) == mostPeers {
			return nil, a.fail(exitUsage, "cli.serve-peer", "URL", quoted(word), "Limit", mostPeers)
		}
		list = append(list, address)
	}
	return list, nil
}

// run asks each until ctx ends.
func (p *peering) run(ctx context.Context) {
	var asking sync.WaitGroup
	for _, peer := range p.peers {
		asking.Go(func() { p.repeat(ctx, peer) })
	}
	asking.Wait()
}

// repeat asks one peer until ctx ends.
func (p *peering) repeat(ctx context.Context, peer vantage.Address) {
	for again := peerAgain; ; {
		wait := peerEvery
		if p.ask(ctx, peer) {
			again = peerAgain
		} else {
			wait, again = again, min(2*again, peerEvery)
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-timer.C:
		}
	}
}

// ask has one peer prove what it can, over each family in which it has an address,
// and reports whether it did over one.
func (p *peering) ask(ctx context.Context, peer vantage.Address) (did bool) {
	addresses, err := p.app.vantageAddresses(ctx, peer, family{})
	if err != nil {
		p.log.Warn("peer", "url", peer.URL.String(), "error", oneLine(err.Error()))
		return false
	}
	for _, to := range addresses {
		err := p.prove(ctx, peer, to)
		if err != nil && ctx.Err() == nil {
			p.log.Warn("peer", "url", peer.URL.String(), "address", to, "error", oneLine(err.Error()))
		}
		did = did || err == nil
	}
	return did
}

// prove sends to the ports that the peer allows, and has it connect to one of this
// machine's.
func (p *peering) prove(ctx context.Context, peer vantage.Address, to netip.Addr) error {
	client := vantage.New(peer, to, netip.Addr{})
	defer client.Close()
	granted, err := client.Peer(ctx)
	if err != nil {
		return err
	}
	proven, err := p.agent.Prove(ctx, to, exposure.StationPorts{TCP: granted.TCP, UDP: granted.UDP})
	if err != nil {
		return err
	}
	reached, err := connectedBack(ctx, client)
	if reached && !reach.LAN(to) { // from the own network it says nothing of the Internet
		p.agent.Reached(time.Now())
	}
	tcp, _ := missing(granted.TCP, proven.TCP).MarshalText()
	p.log.Info("peer", "url", peer.URL.String(), "address", to, "unproven_tcp", string(tcp), "reached", reached)
	return err
}

// missing are the ports of a list that are not among others.
func missing(list, others exposure.PortList) (left exposure.PortList) {
	have := map[uint16]bool{}
	for _, port := range others {
		have[port] = true
	}
	for _, port := range list {
		if !have[port] {
			left = append(left, port)
		}
	}
	return left
}

// connectedBack has a vantage look at a port on which this machine listens for that
// moment, as it does for the data of FTP in mode PORT.
func connectedBack(ctx context.Context, client *vantage.Client) (bool, error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", ":0")
	if err != nil {
		return false, err
	}
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			_ = conn.Close()
		}
	}()
	defer l.Close()
	port := l.Addr().(*net.TCPAddr).AddrPort().Port()
	seen, err := client.Look(ctx, exposure.JobRequest{
		TCP:     exposure.PortList{port},
		Consent: exposure.Consent{Text: "A vantage proves that connections reach it.", At: now(), Scope: "1 port of its own"},
	}, nil)
	var refused *vantage.Error
	if errors.As(err, &refused) && refused.Kind == vantage.Refuses {
		return false, nil // it grants its ports and looks at nobody: that stays unproven
	}
	if err != nil {
		return false, err
	}
	for _, o := range seen.Observations {
		if o.Port == port && o.State == exposure.Open {
			return true, nil
		}
	}
	return false, nil
}
