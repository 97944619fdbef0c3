package web

import (
	"errors"
	"math"
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"time"

	"sekisho/internal/lang"
	"sekisho/internal/reach"
)

// mostWrittenName bounds what is read of a name as it was written: one of 253
// characters may have been four times as many bytes, and have a scheme and a path.
const mostWrittenName = 2048

// nameShown is the page of the name test. Nothing is sent to an address of a name: the
// vantage's own resolver is asked, and that is all.
type nameShown struct {
	Refused string
	Through string
	Address string
	Bridged bool
	Wrong   string
	Written string
	Proven  []netip.Addr
	Others  []string // the page over the other family
	V6      bool
	Result  *named
}

// visitorAt are the addresses from which requests of this visitor are known to come, of
// each family one at most.
func (s *Service) visitorAt(r *http.Request) []netip.Addr {
	if a := caller(r); a.IsValid() {
		return []netip.Addr{a}
	}
	return nil
}

func (s *Service) nameAsked(r *http.Request) nameShown {
	n := nameShown{Address: caller(r).String(), Through: proxied(r), Bridged: bridged(r), Proven: s.visitorAt(r), V6: caller(r).Is6()}
	if err := s.refuses(r); err != nil {
		n.Refused = string(err.Kind)
	}
	if len(n.Proven) < 2 {
		for _, other := range s.others(r) {
			n.Others = append(n.Others, other+"name")
		}
	}
	return n
}

func (s *Service) nameForm(w http.ResponseWriter, r *http.Request) {
	s.show(w, r, http.StatusOK, "name", "", s.nameAsked(r), false)
}

// nameTest looks a name up and says whether it leads to the visitor.
func (s *Service) nameTest(w http.ResponseWriter, r *http.Request) {
	say, n := lang.For(s.spoken(w, r)), s.nameAsked(r)
	text := r.PostFormValue("name")
	n.Written = written(text[:min(len(text), mostWrittenName)])
	again := func(status int, wrong string) {
		n.Wrong = wrong
		s.show(w, r, status, "name", "", n, false)
	}
	if n.Refused != "" {
		again(http.StatusForbidden, "")
		return
	}
	name, err := hostName(text[:min(len(text), mostWrittenName+1)])
	if len(text) > mostWrittenName {
		err = errNameWrong
	}
	if errors.Is(err, errNameEnd) && reach.LAN(caller(r)) && slices.Contains(homeEnds, privateEnd(name)) {
		err = nil // the resolver is that of their network, too
	}
	if err != nil {
		again(http.StatusBadRequest, wrongName(say, name, err))
		return
	}
	if slices.Contains(s.config.Hostnames, name) {
		again(http.StatusBadRequest, say.Say("web.name-wrong-service", "Name", name))
		return
	}
	if s.config.Names == nil {
		again(http.StatusServiceUnavailable, say.Say("web.name-no-resolver"))
		return
	}
	if wait := s.naming.take(caller(r), time.Now()); wait > 0 {
		seconds := int(math.Ceil(wait.Seconds()))
		w.Header().Set("Retry-After", strconv.Itoa(seconds))
		again(http.StatusTooManyRequests, say.Say("web.wait", "Seconds", seconds))
		return
	}
	result := judgeName(name, s.config.Names(r.Context(), name), visitorSeen{Proven: n.Proven, Own: s.config.Scope().Own})
	n.Result = &result
	s.show(w, r, http.StatusOK, "name", "", n, false)
}

// wrongName is why what was written is not asked for.
func wrongName(say *lang.Printer, name string, err error) string {
	switch {
	case errors.Is(err, errNameEmpty):
		return say.Say("web.name-wrong-empty")
	case errors.Is(err, errNameAddress):
		return say.Say("web.name-wrong-address")
	case errors.Is(err, errNameSingle):
		return say.Say("web.name-wrong-single", "Name", name)
	case errors.Is(err, errNameEnd):
		return say.Say("web.name-wrong-end", "End", privateEnd(name))
	}
	return say.Say("web.name-wrong")
}
