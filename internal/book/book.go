// Package book is the book of services: for every entry of portspec's catalogue
// the lesson that goes with it. The catalogue tells what a number is for and
// what somebody who reaches it can do; the lesson tells how a session goes,
// where the port is usually open, how it is closed, and what is worth knowing
// about it.
package book

import (
	"fmt"
	"maps"
	"sync"

	"sekisho/internal/portspec"
)

// Text is a text in both languages of the program.
type Text struct{ EN, JA string }

// Habit is how a port is usually kept on a kind of machine.
type Habit uint8

// The habits. Zero is none, so that a lesson which leaves one out is found.
const (
	_       Habit = iota
	Closed        // nobody reaches it, or nothing listens
	Outward       // nothing listens; the machine's programs connect to it elsewhere
	LAN           // open to the local network alone
	Open          // open to the Internet
)

// habits are the words of the habits.
var habits = [...]string{Closed: "closed", Outward: "outward", LAN: "lan", Open: "open"}

// String is the word that machine formats use.
func (h Habit) String() string {
	if h == 0 || int(h) >= len(habits) {
		return fmt.Sprintf("Habit(%d)", uint8(h))
	}
	return habits[h]
}

// Usual is where a port is usually open, by kind of machine.
type Usual struct{ HomePC, HomeServer, MailServer, WebServer Habit }

// Lesson is what the book says of one service beside its entry in the
// catalogue.
type Lesson struct {
	Session Text // who connects to whom, and what goes over it then
	Usual   Usual
	Close   Text // how to close it, or to keep it from strangers
	// Upgrade is the word by which a session that begins in clear becomes
	// encrypted on the same port; empty where there is none.
	Upgrade  string
	Facts    []Text // worth knowing, a sentence or two each
	Diagrams []Diagram
	Tables   []Table
}

// Diagram is messages between parties, in the order of time. Whoever shows it
// draws it: the widths of letters differ between the languages.
type Diagram struct {
	Title   Text
	Parties []Text // from left to right
	Steps   []Step
}

// Step is one message, from a party to another by their places in Parties.
type Step struct {
	From, To int
	Text     Text
}

// Table is facts in rows.
type Table struct {
	Title Text
	Heads []Text
	Rows  [][]Text // each as long as Heads
}

// lessons are those of a theme, by the name of the service.
type lessons map[string]Lesson

// all is every lesson that is written for one service.
var all = sync.OnceValue(func() lessons {
	whole := lessons{}
	for _, theme := range []lessons{basic, mail, remote, files, web, windows, network, printing, voice, home, control, databases, queues, containers, peers, monitoring, games} {
		maps.Copy(whole, theme)
	}
	return whole
})

// Of is the lesson of a service. It is the same one for every trojan: such a
// number is a hint, and what to do about it does not depend on the program.
func Of(s portspec.Service) Lesson {
	if l, written := all()[s.Name]; written {
		return l
	}
	if s.Trojan {
		return trojan
	}
	return Lesson{}
}

// same is a text that is written alike in both languages: a number, a name, a
// path.
func same(text string) Text { return Text{EN: text, JA: text} }
