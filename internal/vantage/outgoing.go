package vantage

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"io"
	"net"
	"net/netip"
	"sync"
	"time"

	"sekisho/internal/exposure"
	"sekisho/internal/netio"
	"sekisho/internal/wire/echoport"
)

// Bounds of the questions to echo ports.
const (
	echoTime     = 4 * time.Second
	echoParallel = 16
)

// Details of what echo ports told, for machines.
const (
	// EchoNone is that the vantage has no echo port there.
	EchoNone = "the vantage has no echo port there"
	// EchoStranger is that something on the way answered in the vantage's place.
	EchoStranger = "something on the way answered in the vantage's place"
	// EchoStopped is that something on the way refused the connection: the
	// vantage takes it.
	EchoStopped = "something on the way refused it"
	// EchoHungUp is that the connection was taken and ended without a word.
	EchoHungUp = "the connection was taken and ended without an answer"
)

// Outgoing asks the echo ports of the vantage which of some ports this network
// lets out to, from the client's source. Open is the vantage's own answer, closed
// is none of the states: who refuses there stands on the way. Where the vantage
// has no echo port, or takes too little, the state is unknown.
func (c *Client) Outgoing(ctx context.Context, who exposure.Whoami, to netip.Addr, tcp, udp []uint16) []exposure.Observation {
	var token echoport.Token
	known := token.UnmarshalText([]byte(who.EchoToken)) == nil
	list := make([]exposure.Observation, 0, len(tcp)+len(udp))
	for _, p := range tcp {
		list = append(list, exposure.Observation{Address: to, Transport: exposure.TCP, Port: p})
	}
	for _, p := range udp {
		list = append(list, exposure.Observation{Address: to, Transport: exposure.UDP, Port: p})
	}
	slots := make(chan struct{}, echoParallel)
	var asked sync.WaitGroup
	for i := range list {
		o := &list[i]
		o.Attempts, o.State, o.Reason, o.Detail = 1, exposure.Unknown, exposure.LocalError, EchoNone
		if !known || !who.Station.Echoes.Has(o.Transport, o.Port) {
			o.SeenAt = time.Now().UTC()
			continue
		}
		slots <- struct{}{}
		asked.Go(func() {
			defer func() { <-slots }()
			begun := time.Now()
			o.State, o.Reason, o.By, o.Detail = c.echo(ctx, token, o.Transport, o.Endpoint())
			o.RTT, o.SeenAt = exposure.Microseconds(time.Since(begun)), time.Now().UTC()
		})
	}
	asked.Wait()
	return list
}

// echo asks one port.
func (c *Client) echo(ctx context.Context, token echoport.Token, t exposure.Transport, to netip.AddrPort) (exposure.State, exposure.Reason, string, string) {
	q := echoport.Question{Token: token}
	_, _ = rand.Read(q.Nonce[:]) // never returns an error (since Go 1.24)
	d := &netio.Dialer{Limits: netio.Limits{Deadline: time.Now().Add(echoTime), Bytes: 4 << 10}}
	if c.source.IsValid() {
		d.Source = netip.AddrPortFrom(c.source, 0)
	}
	want := q.Answer(t == exposure.UDP, to.Port())
	if t == exposure.UDP {
		_, err := netio.Exchange(ctx, d, to, q.Append(nil), func(b []byte) bool { return bytes.Equal(b, want) })
		return stopped(err)
	}
	conn, err := d.Dial(ctx, exposure.TCP, to)
	if err != nil {
		return stopped(err)
	}
	defer conn.Close()
	got := make([]byte, echoport.AnswerSize)
	n := 0
	if _, err = conn.Write(q.Append(nil)); err == nil {
		n, err = io.ReadFull(conn, got)
	}
	var late net.Error
	switch {
	case bytes.Equal(got, want):
		return exposure.Open, exposure.ProtoResponse, "", ""
	case n > 0:
		return exposure.Filtered, exposure.ProtoResponse, "", EchoStranger
	case errors.As(err, &late) && late.Timeout():
		return exposure.Filtered, exposure.NoResponse, "", ""
	}
	// It hung up: the vantage itself does that when it has too much to do.
	return exposure.Unknown, exposure.LocalError, "", EchoHungUp
}

// stopped is what a question that did not get through shows.
func stopped(err error) (exposure.State, exposure.Reason, string, string) {
	if err == nil {
		return exposure.Open, exposure.ProtoResponse, "", ""
	}
	var e *netio.Error
	if !errors.As(err, &e) || e.Reason == exposure.LocalError || e.Reason == "" {
		return exposure.Unknown, exposure.LocalError, "", clean(err.Error())
	}
	if e.Reason == exposure.NoResponse {
		return exposure.Filtered, e.Reason, e.By, ""
	}
	return exposure.Filtered, e.Reason, e.By, EchoStopped
}
