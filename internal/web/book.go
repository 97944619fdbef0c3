package web

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"sekisho/internal/book"
	"sekisho/internal/exposure"
	"sekisho/internal/lang"
	"sekisho/internal/portspec"
)

// library is the book of services as a page shows it: what a word leads to, or all
// of it.
type library struct {
	Word     string
	Services []shelved
	Topics   []exposure.Topic
	Also     []string // services that tell of the word, too

	// Of a number: the port itself, and what range it lies in.
	Port       uint16
	Number     bool
	RangeName  string
	RangeAbout string
	Nearest    string // the name that a word which leads nowhere is like
}

// shelved is one service, in a line or in full.
type shelved struct {
	exposure.CatalogueEntry
	Numbers string
	In      bool // in full
}

// Secrecy is the word for what can be read on the way.
func (s shelved) Secrecy() string {
	switch {
	case s.LoginCleartext:
		return "login-cleartext"
	case s.Cleartext:
		return "cleartext"
	}
	return "encrypted"
}

// Habits are where the port is usually open.
func (s shelved) Habits() []struct{ Where, Habit string } {
	return []struct{ Where, Habit string }{
		{"home-pc", s.Usual.HomePC}, {"home-server", s.Usual.HomeServer}, {"mail-server", s.Usual.MailServer}, {"web-server", s.Usual.WebServer},
	}
}

// fewShelved is up to how many services each is shown in full.
const fewShelved = 3

// mostWord bounds what a visitor looks up.
const mostWord = 100

// book shows the book of services: all of it, or what a word leads to.
func (s *Service) book(w http.ResponseWriter, r *http.Request) {
	word := strings.TrimSpace(r.URL.Query().Get("q"))
	word = word[:min(len(word), mostWord)]
	ja := s.spoken(w, r) == lang.Japanese
	found := book.Found{Services: portspec.Services(), Topics: []book.Topic{book.Ports}}
	if word != "" {
		found = book.Find(word)
	}
	l := library{Word: written(word), Also: found.Also, Number: found.Number, Port: found.Port}
	for _, service := range found.Services {
		l.Services = append(l.Services, shelve(service, ja, len(found.Services) <= fewShelved))
	}
	if word != "" || len(found.Services) == 0 {
		for _, t := range found.Topics {
			l.Topics = append(l.Topics, t.In(ja))
		}
	}
	if found.Number {
		in := book.RangeOf(found.Port)
		l.RangeName, l.RangeAbout = fmt.Sprintf("%d-%d: %s", in.First, in.Last, in.Name.In(ja)), in.About.In(ja)
	} else if len(l.Services)+len(l.Topics) == 0 {
		l.Nearest = portspec.Nearest(word)
	}
	s.show(w, r, http.StatusOK, "book", "", l, false)
}

// bookEntry shows one service by its name.
func (s *Service) bookEntry(w http.ResponseWriter, r *http.Request) {
	service, known := portspec.ByName(r.PathValue("name"))
	if !known {
		s.lost(w, r)
		return
	}
	l := library{Services: []shelved{shelve(service, s.spoken(w, r) == lang.Japanese, true)}}
	s.show(w, r, http.StatusOK, "book", service.Name, l, false)
}

func shelve(service portspec.Service, ja, full bool) shelved {
	var numbers []string
	for _, of := range []struct {
		ports     exposure.PortList
		transport exposure.Transport
	}{{service.TCP, exposure.TCP}, {service.UDP, exposure.UDP}} {
		list := make([]string, len(of.ports))
		for i, p := range of.ports {
			list[i] = strconv.Itoa(int(p))
		}
		if len(list) > 0 {
			numbers = append(numbers, strings.Join(list, ", ")+"/"+of.transport.String())
		}
	}
	return shelved{book.Entry(service, ja), strings.Join(numbers, " · "), full}
}
