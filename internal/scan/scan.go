// Package scan finds out the state of ports: open, closed, filtered or
// honestly unknown, with the evidence for it. Sending, receiving, pacing and
// deciding are apart: three ways to ask (connect, raw SYN, datagrams) share
// one order, one pace and one way to decide.
package scan

import (
	"fmt"
	"net/netip"
	"time"

	"sekisho/internal/cookie"
	"sekisho/internal/exposure"
	"sekisho/internal/netio"
)

// Method is how TCP ports are asked.
type Method uint8

// The methods. Auto sends raw SYNs where that is permitted and tells the
// truth, and connects elsewhere: to every address of this machine, since Linux
// drops injected frames that claim to come from itself.
const (
	Auto Method = iota
	SYN
	Connect
)

var methodWords = []string{"auto", "syn", "connect"}

// ParseMethod reads the word of a method.
func ParseMethod(s string) (Method, error) { return unword[Method](methodWords, "method", s) }

// Profile is how hard a path may be driven.
type Profile uint8

// The profiles. AutoProfile is WAN when this machine's source address is
// private and the target is on the Internet, for then a router translates
// each flow and its table is small; otherwise it is LAN.
const (
	AutoProfile Profile = iota
	LAN
	WAN
	Polite
)

var profileWords = []string{"auto", "lan", "wan", "polite"}

// ParseProfile reads the word of a profile.
func ParseProfile(s string) (Profile, error) { return unword[Profile](profileWords, "profile", s) }

func unword[T ~uint8](words []string, kind, s string) (T, error) {
	for i, w := range words {
		if w == s {
			return T(i), nil
		}
	}
	return 0, fmt.Errorf("%q is no %s: one of %q", s, kind, words)
}

// Payload is a first datagram that makes a UDP service answer.
type Payload struct {
	Protocol string
	// New builds the datagram. The nonce goes into what the service echoes, so
	// that the reply proves itself; the same nonce gives the same datagram.
	New func(nonce uint64) []byte
	// Match reports whether reply answers request. Nil means that any reply
	// does, since the protocol echoes nothing.
	Match func(request, reply []byte) bool
	// Weak says that a reply repeats too little of the request to prove itself.
	Weak bool
	// Silent says that the service answers no stranger by design: the silence
	// of its port says nothing.
	Silent bool
	// OtherPort says that the service answers from another port than was asked.
	OtherPort bool
}

// Request is what to look at and how.
type Request struct {
	Targets  []exposure.Target
	TCP, UDP []uint16
	Echo     bool // one ICMP echo an address too: transport icmp, port 0
	Method   Method
	Retries  int  // further tries of a port that did not answer; −1: the engine decides by the loss that it sees
	Rate     int  // packets a second, in place of the profile's
	Wait     bool // for every proof that a host's limit on ICMP errors delays, however long it takes
	Profile  Profile
	Timeout  time.Duration // of the whole scan; 0 leaves it to the bound that the engine computes
	Payloads func(port uint16) []Payload
	View     func(netip.Addr) exposure.View
	Own      func(netip.Addr) bool // whether it is an address of this machine
	Vantage  string
	Seed     uint64       // the same seed gives the same order; 0 draws one
	Shard    Shard        // which part of the ports is to be asked
	Proxy    *netio.Proxy // through which every connection goes; nil: none
	Progress func(Progress)
	// Trip is how long an answer of the targets takes at most, where somebody is in
	// touch with them: then they are there, and an answer is not waited for as long
	// as one of whom nothing is known. 0: nothing is known.
	Trip time.Duration
	// Key is the secret that the cookies of the questions follow from, so that
	// somebody else who has it can prove what arrives: the sequence number of a
	// SYN is the lower half of Word(endpoint, source port), the nonce of a
	// datagram or an echo is Word(endpoint, 0). The zero Key draws one.
	Key cookie.Key
	// Asked is told of every question that has left, controls too, from several
	// goroutines. Handshakes that confirm an open port are none.
	Asked func(exposure.Transport, netip.AddrPort, time.Time)
	// Say words the notes of the summary and the details of observations, as
	// a printer of the message catalogue does. Nil says them in English.
	Say func(id string, pairs ...any) string

	journal *Journal // that the request was opened with
	job     int      // its place in it
}

// Progress is how far a scan is. It is told at most four times a second, from
// the goroutine that found is called from.
type Progress struct {
	Done, Total int     // ports with a state, and all that were asked for
	Share       float64 // of the work that is done, 0 to 1: a host that is silent gets its states at the end
	Sent        int64   // packets
	Rate        float64 // packets a second, lately
	Left        time.Duration
}
