package probe

import (
	"context"

	"sekisho/internal/exposure"
	"sekisho/internal/untrusted"
	"sekisho/internal/wire/netlogon"
)

func init() {
	register(Probe{
		Name: "cldap", Transport: exposure.UDP, Ports: []uint16{389}, Hello: cldapHello, Match: cldapReplies, Run: runCLDAP,
		Tests: []Test{{Name: "cldap", Port: 389, Run: testCLDAP}},
	})
}

// cldapHello asks for the root of the directory and for none of its attributes
// (RFC 4511 section 4.5.1.8). Directories that answer over UDP are used to
// flood others with the whole root, seventy times what was asked; this answer
// is as short as the question.
func cldapHello(nonce uint64) []byte {
	return ldapMessage(uint32(nonce), ldapSearchRequest("", 0, 0, ldapAny(), "1.1"))
}

// cldapReplies wants an entry or the end of the search, with our message id.
func cldapReplies(hello, b []byte) bool {
	asked, op, _, ok := ldapOperation(hello)
	id, got, _, answered := ldapOperation(b)
	return ok && answered && op == ldapSearch && id == asked && (got == ldapEntry || got == ldapDone)
}

// runCLDAP asks, after the hello, what a domain controller tells those who look
// for one (MS-ADTS section 6.3.3), and for the whole root, which shows how much
// the server would send to somebody whose address was forged.
func runCLDAP(ctx context.Context, s *Session) (exposure.Service, error) {
	return s.cldapAsk(ctx, s.Exchange, func(exposure.Step) {})
}

// testCLDAP does so step by step.
func testCLDAP(ctx context.Context, s *Session, t *Trial) (exposure.Service, error) {
	return s.cldapAsk(ctx, s.question, t.Step)
}

// cldapAsk asks the three questions and tells how each went.
func (s *Session) cldapAsk(
	ctx context.Context, exchange func(context.Context, []byte, func([]byte) bool) ([]byte, error), told func(exposure.Step),
) (exposure.Service, error) {
	nonce := s.peer.nonce()
	svc := exposure.Service{Protocol: "cldap", Confidence: exposure.Confirmed, Facts: exposure.Facts{}}
	ask := func(id, step, asked string, request []byte) ([]byte, error) {
		reply, err := exchange(ctx, request, func(b []byte) bool { return cldapReplies(request, b) })
		done := exposure.Step{ID: id, Result: exposure.StepOK, Asked: asked, Remote: s.peer.at}
		if err != nil {
			err = s.fail(step, err)
			done.Result, done.Detail = exposure.StepFailed, err.Error()
		} else {
			done.Facts = exposure.Facts{"sent": len(request), "received": len(reply)}
		}
		told(done)
		return reply, err
	}
	if _, err := ask("cldap-ask", "ask", "rootDSE 1.1", cldapHello(nonce)); err != nil {
		return exposure.Service{}, err
	}
	s.Learn(svc)
	whole := ldapMessage(uint32(nonce)+1, ldapSearchRequest("", 0, 0, ldapAny(), "*", "+"))
	reply, err := ask("cldap-root", "read the root", "rootDSE * +", whole)
	if err != nil {
		return svc, err
	}
	volley{sent: len(whole), received: len(reply), packets: 1}.keep(svc.Facts, "cldap-rootdse")
	if root := cldapFirst(reply); len(root) > 0 {
		ldapFacts(&svc, root)
	}
	s.Learn(svc)
	// NtVer 6: the newest form of the answer.
	filter := ber(ldapAnd, ber(ldapEquality, ber(berOctets, []byte("NtVer")), ber(berOctets, []byte{6, 0, 0, 0})))
	locate := ldapMessage(uint32(nonce)+2, ldapSearchRequest("", 0, 0, filter, "Netlogon"))
	if reply, err = ask("cldap-locate", "look for a domain controller", "Netlogon", locate); err != nil {
		return svc, err
	}
	if told, err := netlogon.Parse([]byte(cldapFirst(reply).one("Netlogon"))); err == nil {
		cldapNetlogon(svc.Facts, told)
	}
	return svc, nil
}

// cldapFirst is the entry in a datagram, empty when there is none.
func cldapFirst(b []byte) ldapRoot {
	_, op, content, ok := ldapOperation(b)
	if !ok || op != ldapEntry {
		return nil
	}
	_, attributes, _ := parseLDAPEntry(content)
	return attributes
}

// cldapNetlogon keeps what a domain controller says of itself.
func cldapNetlogon(facts exposure.Facts, n netlogon.Response) {
	for name, value := range map[string]string{
		"ad_domain": n.Domain, "ad_forest": n.Forest, "dc_name": n.Host, "domain": n.NetBIOSDomain, "computer": n.NetBIOSName,
		"ad_site": n.Site, "client_site": n.ClientSite,
	} {
		if value != "" {
			facts[name] = untrusted.New(value, maxFact)
		}
	}
	facts["dc_roles"] = texts(n.Roles(), 32)
}
