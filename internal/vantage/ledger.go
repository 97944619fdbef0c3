package vantage

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"sekisho/internal/exposure"
	"sekisho/internal/untrusted"
)

// ledger holds what a vantage tells against what it was asked.
type ledger struct {
	plan  exposure.Plan
	tests []Tested
	ended []bool            // of the tests
	asked map[endpoint]bool // and whether it was told of
	got   Seen
	last  int
	done  bool
}

type endpoint struct {
	transport exposure.Transport
	port      uint16
}

func newLedger(plan exposure.Plan, asked exposure.JobRequest) *ledger {
	l := &ledger{plan: plan, asked: map[endpoint]bool{}, ended: make([]bool, len(asked.Tests))}
	for _, t := range asked.Tests {
		l.tests = append(l.tests, Tested{Test: t})
	}
	for _, p := range asked.TCP {
		l.asked[endpoint{exposure.TCP, p}] = false
	}
	for _, p := range asked.UDP {
		l.asked[endpoint{exposure.UDP, p}] = false
	}
	if asked.Echo {
		l.asked[endpoint{exposure.ICMP, 0}] = false
	}
	return l
}

// after is the number of the last batch.
func (l *ledger) after() string { return strconv.Itoa(l.last) }

// mostSent bounds the rows of a send log.
const mostSent = 1 << 17

func (l *ledger) take(list []exposure.Batch) error {
	for _, b := range list {
		if l.done || b.Number != l.last+1 || b.Job != l.plan.Job || b.Attempt != l.plan.Attempt || l.last == mostBatches {
			return lies("its batches are out of order")
		}
		l.last++
		for _, o := range b.Observations {
			if err := l.observe(o); err != nil {
				return err
			}
		}
		for _, a := range b.Alike {
			for _, p := range a.Ports {
				err := l.observe(exposure.Observation{
					Address: l.plan.Address, Transport: a.Transport, Port: p, State: a.State, Reason: a.Reason,
					By: a.By, Detail: a.Detail, Attempts: a.Attempts, SeenAt: a.SeenAt,
				})
				if err != nil {
					return err
				}
			}
		}
		for _, s := range b.Services {
			if err := l.serve(s); err != nil {
				return err
			}
		}
		if err := l.trial(b); err != nil {
			return err
		}
		l.got.Sent = append(l.got.Sent, b.Sent...)
		if len(l.got.Sent) > mostSent {
			return lies("its send log has more than %d rows", mostSent)
		}
		if b.Summary != nil {
			l.got.Packets = max(b.Summary.PacketsSent, 0)
		}
		if b.Done {
			l.done, l.got.Ended = true, b.Ended
		}
	}
	return nil
}

// told says that a port was spoken of, and that it was asked for.
func (l *ledger) told(t exposure.Transport, port uint16) error {
	done, asked := l.asked[endpoint{t, port}]
	switch {
	case !asked:
		return lies("it tells of %s port %d, which nobody asked for", t, port)
	case done:
		return lies("it tells of %s port %d twice", t, port)
	}
	l.asked[endpoint{t, port}] = true
	return nil
}

// answers are what a state that somebody answered for can rest on, and others
// what the other states can rest on as well.
var (
	answers = map[exposure.State][]exposure.Reason{
		exposure.Open:   {exposure.SynAck, exposure.ProtoResponse, exposure.EchoReply},
		exposure.Closed: {exposure.ConnRefused, exposure.Reset, exposure.PortUnreach},
	}
	others = []exposure.Reason{
		exposure.NoResponse, exposure.ProtoUnreach, exposure.AdminProhibited, exposure.HostUnreach, exposure.NetUnreach,
		exposure.TimeExceeded, exposure.LocalError,
	}
)

// reasonable reports whether the evidence can be that of the state.
func reasonable(o exposure.Observation) bool {
	if list, ok := answers[o.State]; ok {
		return slices.Contains(list, o.Reason)
	}
	return slices.Contains(others, o.Reason) || slices.Contains(answers[exposure.Open], o.Reason) || slices.Contains(answers[exposure.Closed], o.Reason)
}

const mostAttempts = 1000

func (l *ledger) observe(o exposure.Observation) error {
	if o.Address != l.plan.Address {
		return lies("it tells of %s, which is not the own address", o.Address)
	}
	if err := l.told(o.Transport, o.Port); err != nil {
		return err
	}
	if !reasonable(o) {
		return lies("it says %s by %.30q", o.State, string(o.Reason))
	}
	if o.By != "" && o.By != exposure.Local {
		by, err := netip.ParseAddr(o.By)
		if err != nil {
			return lies("it says that %.50q answered", o.By)
		}
		o.By = by.String()
	}
	o.Host, o.Vantage = "", ""
	o.Detail = clean(o.Detail)
	o.Attempts = min(max(o.Attempts, 0), mostAttempts)
	o.RTT = min(max(o.RTT, 0), exposure.Microseconds(time.Minute))
	o.SeenAt = o.SeenAt.UTC()
	l.got.Observations = append(l.got.Observations, o)
	return nil
}

// mostFacts bounds what one service tells.
const mostFacts = 256

func (l *ledger) serve(s exposure.JobService) error {
	done := l.asked[endpoint{s.Transport, s.Port}]
	twice := slices.ContainsFunc(l.got.Services, func(o exposure.Service) bool { return o.Transport == s.Transport && o.Port == s.Port })
	switch {
	case s.Address != l.plan.Address || !done || twice:
		return lies("it speaks of what is behind %s port %d, and did not see it open once", s.Transport, s.Port)
	case len(s.Facts) > mostFacts || strings.ContainsFunc(s.Protocol, notOfProtocol) || len(s.Protocol) > 40:
		return lies("what is behind %s port %d cannot be", s.Transport, s.Port)
	}
	kept := s.Service
	kept.Transport, kept.Port, kept.Error = s.Transport, s.Port, clean(s.Error)
	l.got.Services = append(l.got.Services, kept)
	return nil
}

func notOfProtocol(r rune) bool {
	return !(r == '-' || r == '_' || r == '.' || '0' <= r && r <= '9' || 'a' <= r && r <= 'z')
}

func (l *ledger) seen() Seen {
	l.got.Plan, l.got.Complete = l.plan, true
	for _, told := range l.asked {
		l.got.Complete = l.got.Complete && told
	}
	for i, t := range l.tests {
		l.got.Complete = l.got.Complete && l.ended[i]
		if l.ended[i] || len(t.Steps) > 0 {
			l.got.Tests = append(l.got.Tests, t)
		}
	}
	return l.got
}

// clean makes a text of the vantage one that may be shown.
func clean(s string) string { return untrusted.New(s, mostWord).Terminal() }

// mostAddresses bounds those of a vantage.
const mostAddresses = 64

func cleanStation(s exposure.Station) exposure.Station {
	s.ID, s.Kind, s.Version = clean(s.ID), clean(s.Kind), clean(s.Version)
	s.Addresses = s.Addresses[:min(len(s.Addresses), mostAddresses)]
	return s
}
