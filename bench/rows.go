//go:build linux

package main

import (
	"fmt"
	"time"
)

// where tells which addresses of the target are scanned.
type where int

const (
	alone  where = iota // its one address
	behind              // 1,024 addresses, by a route through its one address
	near                // 1,024 addresses on the cable
)

// measure is what a goal is about.
type measure int

const (
	wall   measure = iota // seconds from start to end
	rate                  // packets a second, from start to end
	effort                // CPU a packet
)

// goal is how sekisho has to stand to a rival: its figure divided by the
// rival's is at most the limit, or at least for a rate.
type goal struct {
	rival   string
	measure measure
	limit   float64
}

// contender is a scanner with what it is given beside target and ports.
type contender struct {
	name string
	args []string
}

// row is one case of the table.
type row struct {
	name, what string
	where      where
	open       int // ports that somebody listens on, drawn from first to last
	first      uint16
	last       uint16
	familiar   bool // three of them are ports that scanners ask first
	udp        bool
	silent     bool // what is not open is dropped
	ports      string
	loss       float64
	delay      time.Duration
	nobody     bool          // run by a user without privileges
	settle     time.Duration // pause before each command
	contenders []contender   // sekisho first
	goals      []goal
	recall     float64 // share of open ports that all runs together must find; 0 is every one in every run
	identify   bool    // what answers is asked for, too
	real       bool    // the nine real servers stand on the target
	mute       bool    // who listens says nothing and does not close
	memory     int     // MiB that sekisho may use; 0 is memoryGoal
	ownRuns    int     // runs of sekisho, the interleaved ones among them, when it is at least this
}

const (
	sekisho = "sekisho"
	nmap    = "nmap"
	masscan = "masscan"
)

const wayDelay = 20 * time.Millisecond

// rows is the table. Every row runs sekisho with default flags, but that E and
// G fix the number of tries.
func rows() []row {
	own := contender{name: sekisho}
	once := contender{name: sekisho, args: []string{"--retries", "0"}}
	fast := contender{name: masscan, args: []string{"--rate", "100000", "--wait", "1"}}
	peer := func(name string, args ...string) contender { return contender{name, args} }
	answering := row{open: 50, first: 1, last: 65535, ports: "1-65535", settle: 300 * time.Millisecond}
	stealth := answering
	stealth.open, stealth.silent = 5, true

	make := func(base row, name, what string, change func(*row)) row {
		base.name, base.what = name, what
		change(&base)
		return base
	}
	all := []row{
		make(answering, "A", "all TCP ports, closed host, 50 open", func(r *row) {
			r.contenders = []contender{own, peer(nmap, "-sS", "-T4"), fast}
			r.goals = []goal{{nmap, wall, 0.85}, {masscan, wall, 0.30}}
		}),
		make(stealth, "B", "all TCP ports, stealth host, 5 open", func(r *row) {
			r.contenders = []contender{own, peer(nmap, "-sS", "--min-rate", "20000", "--max-retries", "1"), fast}
			r.goals = []goal{{nmap, wall, 0.15}, {masscan, wall, 0.5}}
		}),
	}
	for _, percent := range []int{1, 5} {
		all = append(all, make(answering, fmt.Sprintf("C%d", percent), fmt.Sprintf("as A with 20 ms and %d %% loss each way", percent), func(r *row) {
			r.loss, r.delay, r.ownRuns = float64(percent)/100, wayDelay, 20
			r.contenders = []contender{own, peer(nmap, "-sS", "--min-rate", "5000")}
			r.goals = []goal{{nmap, wall, 0.25}}
		}))
	}
	all = append(
		all,
		make(stealth, "Cs", "as B with 20 ms and 5 % loss each way", func(r *row) {
			r.loss, r.delay, r.ownRuns = 0.05, wayDelay, 20
			r.contenders = []contender{own, peer(masscan, "--rate", "10000", "--retries", "3")}
			r.goals = []goal{{masscan, wall, 0.1}}
		}),
		make(answering, "D", "1,000 UDP ports, 10 open, default ICMP limits", func(r *row) {
			r.udp, r.open, r.last, r.ports = true, 10, 1000, "1-1000"
			r.settle = 7 * time.Second // the target may send six ICMP errors at once, and saves up one a second
			r.contenders = []contender{own, peer(nmap, "-sU", "--min-rate", "1000", "--max-retries", "2")}
			r.goals = []goal{{nmap, wall, 0.6}}
		}),
		make(stealth, "E", "sending alone: 1,048,576 SYN to 1,024 addresses that drop everything", func(r *row) {
			r.where, r.open, r.ports = behind, 0, "1-1024"
			r.contenders = []contender{once, peer(masscan, "--rate", "10000000", "--wait", "0")}
			r.goals = []goal{{masscan, rate, 1.5}, {masscan, effort, 0.75}}
		}),
		make(answering, "F1", "connect by an unprivileged user, all ports, answering host, 50 open", func(r *row) {
			r.nobody = true
			r.contenders = []contender{own, peer(nmap, "-sT")}
			r.goals = []goal{{nmap, wall, 1.1}}
		}),
		make(stealth, "F2", "connect by an unprivileged user, all ports, stealth host, 5 open", func(r *row) {
			// nmap asks ten ports a second or so until something answers.
			r.nobody, r.familiar = true, true
			r.contenders = []contender{own, peer(nmap, "-sT", "-T4")}
			r.goals = []goal{{nmap, wall, 0.08}}
		}),
	)
	for _, v := range []struct {
		name, what string
		where      where
	}{{"G", "by a route", behind}, {"Gl", "on link", near}} {
		all = append(all, make(stealth, v.name, "1,024 stealth hosts × 1,056 ports, one probe, "+v.what+", 2 open each", func(r *row) {
			r.where, r.open, r.last, r.ports = v.where, 32, 1056, "1-1056"
			r.contenders = []contender{once, peer(masscan, "--rate", "1000000", "--wait", "1")}
			r.goals = []goal{{masscan, wall, 0.6}}
		}))
	}
	const mib = 256
	all = append(
		all,
		make(answering, "I9", "identify nine real servers of one host: products and versions as nmap -sV names them", func(r *row) {
			r.open, r.identify, r.real, r.memory = 0, true, true, mib
			r.ports = "21,22,25,53,80,110,143,443,587"
			r.contenders = []contender{own, peer(nmap)}
			r.goals = []goal{{nmap, wall, 0.3}}
		}),
		make(answering, "M50", "identify fifty listeners that say nothing", func(r *row) {
			r.open, r.first, r.last, r.ports = 50, 5001, 5050, "5001-5050"
			r.identify, r.mute, r.memory = true, true, mib
			r.contenders = []contender{own, peer(nmap)}
			r.goals = []goal{{nmap, wall, 0.5}}
		}),
		make(answering, "P1k", "a thousand probes at once: 1,024 hosts with two listeners each that say nothing", func(r *row) {
			r.where, r.open, r.first, r.last, r.ports = near, 2, 5001, 5002, "5001-5002"
			r.identify, r.mute, r.memory = true, true, mib
			r.contenders = []contender{own}
		}),
	)
	for _, v := range []struct {
		percent int
		recall  float64
	}{{10, 0.9999}, {20, 0.999}} {
		lossy := func(r *row) {
			r.open, r.ownRuns = 1000, 10
			r.loss, r.delay, r.recall = float64(v.percent)/100, wayDelay, v.recall
			r.contenders = []contender{own}
		}
		all = append(all,
			make(answering, fmt.Sprintf("R%d", v.percent), fmt.Sprintf("recall: closed host, 1,000 open, 20 ms and %d %% loss each way", v.percent), lossy),
			make(stealth, fmt.Sprintf("S%d", v.percent), fmt.Sprintf("recall: stealth host, 1,000 open, 20 ms and %d %% loss each way", v.percent), lossy),
		)
	}
	return all
}

// command is the command line of a contender. The first word is the name of
// its program.
func command(r row, c contender, s network, targetMAC string, v6 bool) []string {
	target := targetOf(r, s, v6)
	switch c.name {
	case nmap:
		args := append([]string{nmap, "-n", "-Pn"}, c.args...)
		if r.identify {
			args = append(args, "-sV")
		}
		if v6 {
			args = append(args, "-6")
		}
		return append(args, "-p", r.ports, "-oG", "-", target)
	case masscan:
		// Inside a namespace masscan finds neither its interface's address nor
		// its neighbour's, so both are said.
		args := append([]string{masscan}, c.args...)
		args = append(args, "-p", r.ports, "--range", target, "--adapter", cableEnd)
		if v6 {
			args = append(args, "--adapter-ip", s.scanner6.String(), "--router-mac-ipv6", targetMAC)
		} else {
			args = append(args, "--adapter-ip", s.scanner4.String(), "--router-mac", targetMAC)
		}
		return append(args, "-oL", "-")
	default:
		if r.identify {
			return append(append([]string{sekisho, "check", target, "-p", r.ports}, c.args...), "-f", "json")
		}
		args := []string{sekisho, "scan", target, "-p", r.ports}
		if r.udp {
			args = append(args, "--udp")
		}
		return append(append(args, c.args...), "-f", "jsonl")
	}
}

func targetOf(r row, s network, v6 bool) string {
	switch {
	case r.where == behind && v6:
		return s.many6.String()
	case r.where == behind:
		return s.many4.String()
	case r.where == near && v6:
		return s.near6.String()
	case r.where == near:
		return s.near4.String()
	case v6:
		return s.target6.String()
	}
	return s.target4.String()
}
