package cli

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"

	"github.com/spf13/pflag"

	"sekisho/internal/exposure"
	"sekisho/internal/lang"
	"sekisho/internal/portspec"
	"sekisho/internal/probe"
	"sekisho/internal/reach"
	"sekisho/internal/scan"
)

// scanFlags are the flags of every command that looks at ports.
type scanFlags struct {
	ports, method, profile string
	udp, authorized, wait  bool
	family                 family
	shard                  scan.Shard
	retries, rate          int
}

func (s *scanFlags) register(f *pflag.FlagSet, say *lang.Printer) {
	f.StringVarP(&s.ports, "ports", "p", "", say.Say("flag.ports"))
	f.BoolVar(&s.udp, "udp", false, say.Say("flag.udp"))
	f.StringVar(&s.method, "method", "auto", say.Say("flag.method"))
	f.StringVar(&s.profile, "profile", "auto", say.Say("flag.profile"))
	f.IntVar(&s.retries, "retries", -1, say.Say("flag.retries"))
	f.Lookup("retries").DefValue = "0" // the text says what happens without it; "-1" says nothing
	f.IntVar(&s.rate, "rate", 0, say.Say("flag.rate"))
	f.BoolVar(&s.wait, "wait", false, say.Say("flag.wait"))
	f.BoolVarP(&s.family.v4, "ipv4", "4", false, say.Say("flag.ipv4"))
	f.BoolVarP(&s.family.v6, "ipv6", "6", false, say.Say("flag.ipv6"))
	f.BoolVar(&s.authorized, "authorized", false, say.Say("flag.authorized"))
}

// request turns the flags into what the engine is asked, except which ports.
func (s *scanFlags) request(a *app, m machine) (scan.Request, error) {
	method, err := scan.ParseMethod(s.method)
	if err != nil {
		return scan.Request{}, a.oneOf("method", s.method, []string{"auto", "syn", "connect"})
	}
	profile, err := scan.ParseProfile(s.profile)
	if err != nil {
		return scan.Request{}, a.oneOf("profile", s.profile, []string{"auto", "lan", "wan", "polite"})
	}
	if s.retries < -1 || s.rate < 0 {
		return scan.Request{}, a.fail(exitUsage, "cli.negative")
	}
	return scan.Request{
		Method: method, Profile: profile, Retries: s.retries, Rate: s.rate, Wait: s.wait,
		Timeout: a.common.timeout, View: m.view, Own: m.isOwn, Vantage: vantageSelf,
		Payloads: payloads, Say: a.say.Say,
	}, nil
}

// vantageSelf is the id of the vantage that is this machine itself.
const vantageSelf = "self"

// payloads hands the first datagrams of the UDP protocols to the engine.
func payloads(port uint16) []scan.Payload {
	var list []scan.Payload
	for _, p := range probe.Hellos(port) {
		list = append(list, payload(p))
	}
	return list
}

func payload(p probe.Probe) scan.Payload {
	return scan.Payload{
		Protocol: p.Name, New: p.Hello, Match: p.Match,
		Weak: p.Weak, Silent: p.Silent, OtherPort: p.OtherPort,
	}
}

// ownPayloads are those for this machine's own ports: a service may have been
// moved, and here nobody minds a datagram more, so a number that no protocol
// owns is asked in every one.
func ownPayloads(port uint16) []scan.Payload {
	if list := payloads(port); len(list) > 0 {
		return list
	}
	var list []scan.Payload
	for _, p := range probe.All() {
		if p.Transport == exposure.UDP && p.Asks() {
			list = append(list, payload(p))
		}
	}
	return list
}

// spec parses -p. It is the zero Spec when the flag was not given.
func (s *scanFlags) spec(a *app) (portspec.Spec, error) {
	if s.ports == "" {
		return portspec.Spec{}, nil
	}
	spec, err := portspec.Parse(s.ports, s.udp)
	if err != nil {
		return spec, a.badPorts(err)
	}
	if spec.TCP.Len()+spec.UDP.Len() == 0 {
		return spec, a.fail(exitUsage, "cli.no-ports")
	}
	return spec, nil
}

// badPorts points at the character that is wrong: with a mark below it on a
// terminal, by its number elsewhere.
func (a *app) badPorts(err error) error {
	var wrong *portspec.Error
	if !errors.As(err, &wrong) {
		return a.fail(exitUsage, "cli.bad-ports", "Error", oneLine(err.Error()))
	}
	japanese := a.tag == lang.Japanese
	if _, is := terminal(a.err); is {
		return &failure{exitUsage, a.say.Say("cli.ports-marked"), wrong.Caret(japanese)}
	}
	return a.fail(exitUsage, "cli.bad-ports", "Error", wrong.Line(japanese))
}

// defaultPorts is what is looked at without -p: everything on own addresses
// and in the LAN, the ports of known services elsewhere.
func (s *scanFlags) defaultPorts(near bool) (portspec.Spec, error) {
	if near && !s.udp {
		return portspec.Parse("-", false)
	}
	return portspec.Parse("@service", s.udp)
}

// job is one run of the engine: targets that are asked the same ports.
type job struct {
	targets  []exposure.Target
	tcp, udp []uint16
	echo     bool
	shard    scan.Shard
	opened   *scan.Request // with its journal; nil without one
}

// questions is how many ports of how many addresses the job asks, the echo
// counted as one, as the summary of a scan counts it.
func (j job) questions() int { return j.shard.Share(j.size()) }

// size is the same of all shards.
func (j job) size() int {
	each := len(j.tcp) + len(j.udp)
	if j.echo {
		each++
	}
	return len(j.targets) * each
}

// request is what the engine is asked.
func (j job) request(base scan.Request) scan.Request {
	if j.opened != nil {
		return *j.opened
	}
	base.Targets, base.TCP, base.UDP, base.Echo, base.Shard = j.targets, j.tcp, j.udp, j.echo, j.shard
	return base
}

// jobs splits targets by the ports that they are asked: those of -p, or the
// default ones of where each target is. The shards of one work must not depend
// on the machine that does them: there, what its address tells has to do.
func (s *scanFlags) jobs(spec portspec.Spec, m machine, list []exposure.Target) ([]job, error) {
	if s.ports != "" {
		return []job{{targets: list, tcp: spec.TCP.Slice(), udp: spec.UDP.Slice()}}, nil
	}
	var jobs []job
	for _, near := range []bool{true, false} {
		var some []exposure.Target
		for _, t := range list {
			if s.near(m, t.Address) == near {
				some = append(some, t)
			}
		}
		if len(some) == 0 {
			continue
		}
		spec, err := s.defaultPorts(near)
		if err != nil {
			return nil, err
		}
		jobs = append(jobs, job{targets: some, tcp: spec.TCP.Slice(), udp: spec.UDP.Slice()})
	}
	return jobs, nil
}

func (s *scanFlags) near(m machine, address netip.Addr) bool {
	if s.shard.Of > 1 {
		return reach.Loopback(address) || reach.LAN(address)
	}
	return m.isOwn(address) || m.near(address)
}

// runJobs runs one job after the other and adds their summaries up. What was
// found until an interrupt stays found.
func (a *app) runJobs(ctx context.Context, base scan.Request, jobs []job, found func(exposure.Observation)) (total exposure.ScanSummary, err error) {
	engine := scan.New()
	defer engine.Close()
	progress := a.progress(jobs)
	defer progress.clear()
	total.Complete = true
	defer func() {
		if total.Shard == "" { // else the engine alone knows which hosts are in it
			total.Hosts = hosts(jobs)
		}
	}()
	for i, j := range jobs {
		r := j.request(base)
		r.Progress = progress.of(jobs, i)
		a.detail("verbose.job", "Addresses", shownAddresses(j.targets), "TCP", len(j.tcp), "UDP", len(j.udp))
		summary, err := engine.Run(ctx, r, found)
		total = total.Plus(summary)
		a.detail("verbose.done", "Seconds", float64(summary.ElapsedMS)/1000, "Packets", summary.PacketsSent, "Method", summary.Method)
		if err != nil {
			total.Complete = false
			// What was asked for and never begun was not looked at either.
			for _, rest := range jobs[i+1:] {
				total.Ports += rest.questions()
			}
			return total, a.scanFailed(err)
		}
	}
	return total, nil
}

// shownAddresses names the first targets, and how many more there are.
func shownAddresses(list []exposure.Target) string {
	const most = 3
	var names []string
	for _, t := range list[:min(len(list), most)] {
		names = append(names, t.Address.String())
	}
	if len(list) > most {
		names = append(names, fmt.Sprintf("+%d", len(list)-most))
	}
	return strings.Join(names, ", ")
}

// scanFailed turns an error of the engine into its line. A run that ended by
// --timeout or an interrupt is no error of the engine: it is incomplete.
func (a *app) scanFailed(err error) error {
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return nil
	case errors.Is(err, context.Canceled):
		return err
	case errors.Is(err, scan.ErrNotPermitted):
		return a.fail(exitUsage, "cli.no-syn", "Error", oneLine(err.Error()))
	}
	return a.fail(exitUnseen, "cli.scan-failed", "Error", oneLine(err.Error()))
}

func hosts(jobs []job) int {
	seen := map[netip.Addr]bool{}
	for _, j := range jobs {
		for _, t := range j.targets {
			seen[t.Address] = true
		}
	}
	return len(seen)
}
