package web

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"time"

	"sekisho/internal/exposure"
)

// Bounds of proofs. A token is as long as rand.Text has it.
const (
	proofLasts   = 15 * time.Minute
	mostProofs   = 4096 // tokens that are known at once
	mostOfAsker  = 8    // of them, of one asker, and claims of one address
	tokenLetters = 26
	secondWaits  = 10 * time.Second
)

// proofs are tokens by which another address than the caller's proves itself: the
// machine there sends a request of its own, to this vantage and to a second one. It
// is the same proof as that of the caller's own address, so nothing is sent to an
// address to find out whose it is. A name proves nothing here: who owns a name can let
// it lead to anybody.
type proofs struct {
	mu   sync.Mutex
	list map[string]proof
}

// proof is one token.
type proof struct {
	asker     netip.Addr // who had it made here; invalid of one that was made elsewhere
	address   netip.Addr // who claimed it here, the first and only one
	confirmed bool       // a second vantage saw the same
	until     time.Time
}

func newProofs() *proofs { return &proofs{list: map[string]proof{}} }

// of is a token that is not over.
func (p *proofs) of(token string, now time.Time) (proof, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	known, ok := p.list[token]
	return known, ok && now.Before(known.until)
}

// room forgets what is over, and reports whether there is place for one more of an
// address.
func (p *proofs) room(a netip.Addr, now time.Time) bool {
	n := 0
	for token, known := range p.list {
		switch {
		case !now.Before(known.until):
			delete(p.list, token)
		case known.asker == a || known.address == a:
			n++
		}
	}
	return len(p.list) < mostProofs && n < mostOfAsker
}

// add makes a token known, of an asker.
func (p *proofs) add(token string, asker netip.Addr, now time.Time) (proof, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	made := proof{asker: asker, until: now.Add(proofLasts)}
	if !p.room(asker, now) {
		return made, false
	}
	p.list[token] = made
	return made, true
}

// claim pins a token to an address. One that was made by another vantage begins to be
// known by its claim.
func (p *proofs) claim(token string, a netip.Addr, now time.Time) (proof, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	known, ok := p.list[token]
	if ok && !now.Before(known.until) {
		ok = false
	}
	switch {
	case ok && known.address == a:
		return known, nil
	case ok && known.address.IsValid():
		return proof{}, &exposure.JobError{Kind: exposure.JobUnproven, Why: "another address has claimed this token"}
	case !p.room(a, now):
		return proof{}, &exposure.JobError{Kind: exposure.JobLimit, Why: "too many proofs are open"}
	case !ok:
		known = proof{until: now.Add(proofLasts)}
	}
	known.address = a
	p.list[token] = known
	return known, nil
}

// confirm says that a second vantage saw a token claimed by the same address.
func (p *proofs) confirm(token string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if known, ok := p.list[token]; ok {
		known.confirmed = true
		p.list[token] = known
	}
}

// proofRoutes are the requests about proofs.
func (s *Service) proofRoutes() []route {
	return []route{
		{
			method: "POST", path: "/api/v1/proofs", status: 201, gives: exposure.Proof{}, problems: []int{403, 429},
			summary: "A token by which another address than the caller's proves itself, and where it has to be claimed from there: at this vantage and at another one. Refused where this one has no other to ask.",
			handler: http.HandlerFunc(s.newProof),
		},
		{
			method: "POST", path: "/api/v1/proofs/{token}", status: 200, takes: exposure.ProofClaim{}, gives: exposure.Proof{}, problems: []int{400, 403, 429},
			summary: "From the address that is to be looked at: it lets itself be looked at by who holds the token, for a quarter of an hour. The first address that claims a token is the only one.",
			handler: http.HandlerFunc(s.claimProof),
		},
		{
			method: "GET", path: "/api/v1/proofs/{token}", status: 200, gives: exposure.Proof{}, problems: []int{404},
			summary: "Which address has claimed a token here, for who knows it.", handler: http.HandlerFunc(s.readProof),
		},
	}
}

// newProof makes a token for who asks from an address that may be looked at itself.
func (s *Service) newProof(w http.ResponseWriter, r *http.Request) {
	if err := s.refuses(r); err != nil {
		s.problem(w, err)
		return
	}
	if s.config.Second == nil {
		s.problem(w, &exposure.JobError{Kind: exposure.JobUnproven, Why: "this vantage knows no other one that could see the proof too: whoever runs it names one by --peer"})
		return
	}
	now := time.Now()
	if wait := s.naming.take(caller(r), now); wait > 0 {
		s.later(w, wait)
		return
	}
	token := rand.Text()
	made, ok := s.proofs.add(token, caller(r), now)
	if !ok {
		s.problem(w, &exposure.JobError{Kind: exposure.JobLimit, Why: "too many proofs are open"})
		return
	}
	told := made.told(token)
	for _, base := range append([]string{at(r)}, s.config.Seconds...) {
		told.Claim = append(told.Claim, base+"/api/v1/proofs/"+token)
	}
	w.Header().Set("Location", "/api/v1/proofs/"+token)
	s.write(w, http.StatusCreated, told)
}

func (p proof) told(token string) exposure.Proof {
	return exposure.Proof{Schema: exposure.ProofSchema, Token: token, Address: p.address, Expires: p.until.UTC()}
}

// claimProof takes a claim from the address itself. It has to be what a job is, too: a
// request with a body in JSON that consents, which no page of somebody else can have a
// browser send.
func (s *Service) claimProof(w http.ResponseWriter, r *http.Request) {
	if err := s.refuses(r); err != nil {
		s.problem(w, err)
		return
	}
	var asked exposure.ProofClaim
	if err := decode(r, &asked); err != nil {
		s.problem(w, err)
		return
	}
	token := r.PathValue("token")
	switch {
	case !tokenLike(token):
		s.problem(w, wrong("a token has 26 capital letters and digits"))
		return
	case strings.TrimSpace(asked.Consent.Text) == "" || strings.TrimSpace(asked.Consent.Scope) == "":
		s.problem(w, wrong("consent is missing: its text and its scope"))
		return
	case len(asked.Consent.Text)+len(asked.Consent.Scope) > mostConsent:
		s.problem(w, wrong("the consent is too long"))
		return
	}
	now := time.Now()
	if wait := s.naming.take(caller(r), now); wait > 0 {
		s.later(w, wait)
		return
	}
	claimed, err := s.proofs.claim(token, caller(r), now)
	if err != nil {
		s.problem(w, err)
		return
	}
	s.config.Log.Info("proof", "address", caller(r), "asker", claimed.asker, "consent", asked.Consent.Text, "scope", asked.Consent.Scope)
	s.write(w, http.StatusOK, claimed.told(token))
}

func (s *Service) readProof(w http.ResponseWriter, r *http.Request) {
	token := r.PathValue("token")
	known, ok := s.proofs.of(token, time.Now())
	if !ok {
		s.problem(w, &exposure.JobError{Kind: exposure.JobGone, Why: "there is no such token, or none any more"})
		return
	}
	s.write(w, http.StatusOK, known.told(token))
}

// tokenLike reports whether a word looks like a token.
func tokenLike(word string) bool {
	return len(word) == tokenLetters && !strings.ContainsFunc(word, func(r rune) bool { return !('A' <= r && r <= 'Z' || '2' <= r && r <= '7') })
}

// proved is the address that claimed the caller's token, as this vantage and a second
// one saw. It is pinned: whoever has it later, the token means no other.
func (s *Service) proved(r *http.Request, asked exposure.JobRequest) (netip.Addr, error) {
	unproven := func(why string) (netip.Addr, error) {
		return netip.Addr{}, &exposure.JobError{Kind: exposure.JobUnproven, Why: why}
	}
	if s.config.Second == nil {
		return unproven("this vantage knows no other one that could see the proof too: whoever runs it names one by --peer")
	}
	known, ok := s.proofs.of(asked.Proof, time.Now())
	switch {
	case !ok || known.asker != caller(r): // to another asker it does not exist
		return unproven("the caller has no such token, or none any more")
	case !known.address.IsValid():
		return unproven("no address has claimed the token yet")
	case known.address == known.asker:
		return unproven("the token was claimed from the caller's own address, which needs no proof")
	}
	if err := s.refusesAddress(known.address); err != nil {
		return netip.Addr{}, err
	}
	if !known.confirmed {
		if wait := s.naming.take(caller(r), time.Now()); wait > 0 { // nobody has the others asked as often as they like
			return netip.Addr{}, &exposure.JobError{Kind: exposure.JobLimit, Why: "too many questions for other vantages"}
		}
		ctx, cancel := context.WithTimeout(r.Context(), secondWaits)
		defer cancel()
		seen, err := s.config.Second(ctx, asked.Proof)
		switch {
		case err != nil:
			return unproven("no second vantage has seen the token claimed: " + clean(err.Error()))
		case seen != known.address:
			return unproven(fmt.Sprintf("a second vantage saw the token claimed by %s, this one by %s", seen, known.address))
		}
		s.proofs.confirm(asked.Proof)
	}
	return known.address, nil
}
