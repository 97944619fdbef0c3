package probe

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"regexp"
	"strings"
	"time"

	"sekisho/internal/exposure"
	"sekisho/internal/untrusted"
)

func init() {
	register(Probe{
		Name: "ldap", Transport: exposure.TCP, Ports: []uint16{389, 3268}, TLSPorts: []uint16{636, 3269},
		ClientFirst: true, Blind: 7, Run: runLDAP,
		Tests: []Test{{Name: "ldap", Port: 389, Run: testLDAP, Options: []Option{{Name: "base", Kind: Text}}}},
	})
}

// runLDAP reads the root entry, which RFC 4512 section 5.1 has everybody read,
// asks to be nobody, and tries whether nobody may read more than the root: one
// entry without its attributes. StartTLS is asked for on a connection of its
// own.
func runLDAP(ctx context.Context, s *Session) (exposure.Service, error) {
	l := ldap{s: s, svc: exposure.Service{Facts: exposure.Facts{}}}
	return l.run(ctx)
}

// ldap is one run of the probe.
type ldap struct {
	s     *Session
	svc   exposure.Service
	trial *Trial // nil without one
	id    uint32
	root  ldapRoot
}

func (l *ldap) run(ctx context.Context) (exposure.Service, error) {
	c, err := l.s.Connect(ctx)
	if err != nil {
		return exposure.Service{}, err
	}
	defer c.Close()
	l.id = uint32(l.s.peer.nonce())
	if err := l.readRoot(c); err != nil {
		return l.service(), err
	}
	if err := l.anonymous(c); err != nil {
		return l.service(), err
	}
	if l.s.secure == nil {
		err = l.startTLS(ctx)
	}
	return l.service(), err
}

// service is what was learned; nothing when the peer speaks another protocol.
func (l *ldap) service() exposure.Service {
	if l.svc.Protocol == "" {
		return exposure.Service{}
	}
	return l.svc
}

// errLDAPResult is a refusal with its code.
type errLDAPResult ldapResult

// Error says the code and what the server says of it.
func (e errLDAPResult) Error() string {
	return strings.TrimRight(fmt.Sprintf("refused: code %d %s", e.code, strings.TrimRight(e.text, "\x00")), " ")
}

// readRoot reads all attributes of the root, those for operation too.
func (l *ldap) readRoot(c *Conn) error {
	entries, result, err := l.search(c, ldapSearchRequest("", 0, 0, ldapAny(), "*", "+"))
	var notice errLDAPResult
	if err == nil || len(entries) > 0 || errors.As(err, &notice) {
		l.svc.Protocol, l.svc.Confidence = "ldap", exposure.Confirmed
	}
	if err != nil {
		l.step(exposure.Step{ID: "ldap-root", Result: exposure.StepFailed, Detail: l.s.fail("read the root", err).Error()})
		return l.s.fail("read the root", err)
	}
	if result.code == ldapTLSFirst || result.code == ldapStronger {
		l.svc.Facts["tls_required"] = true
	}
	if len(entries) == 0 {
		l.step(exposure.Step{ID: "ldap-root", Result: exposure.StepRefused, Said: untrusted.New(errLDAPResult(result).Error(), maxFact)})
		return nil // which is how some keep everybody out
	}
	l.root = entries[0]
	ldapFacts(&l.svc, l.root)
	l.step(exposure.Step{ID: "ldap-root", Result: exposure.StepOK, Facts: exposure.Facts{"attributes": len(l.root)}})
	l.s.Learn(l.svc)
	return nil
}

// anonymous asks to be nobody and then for one entry of the directory.
func (l *ldap) anonymous(c *Conn) error {
	result, err := l.ask(c, ldapBindRequest(), ldapBindAnswer)
	if err != nil {
		l.step(exposure.Step{ID: "ldap-bind", Result: exposure.StepFailed, Detail: l.s.fail("bind", err).Error()})
		return l.s.fail("bind", err)
	}
	l.svc.Facts["anonymous_bind"] = result.code == ldapSuccess
	if result.code != ldapSuccess {
		l.step(exposure.Step{ID: "ldap-bind", Result: exposure.StepRefused, Said: untrusted.New(errLDAPResult(result).Error(), maxFact)})
	} else {
		l.step(exposure.Step{ID: "ldap-bind", Result: exposure.StepOK})
	}
	base := l.base()
	if base == "" {
		return nil
	}
	const below = 2
	entries, result, err := l.search(c, ldapSearchRequest(base, below, 1, ldapAny(), "1.1"))
	if err != nil {
		l.step(exposure.Step{ID: "ldap-read", Result: exposure.StepFailed, Asked: base, Detail: l.s.fail("read an entry", err).Error()})
		return l.s.fail("read an entry", err)
	}
	read := len(entries) > 0 && (result.code == ldapSuccess || result.code == ldapSizeLimit)
	l.svc.Facts["anonymous_read"] = read
	if read {
		l.step(exposure.Step{ID: "ldap-read", Result: exposure.StepOK, Asked: base})
	} else {
		l.step(exposure.Step{ID: "ldap-read", Result: exposure.StepRefused, Asked: base, Said: untrusted.New(errLDAPResult(result).Error(), maxFact)})
	}
	return nil
}

// base is below what nobody tries to read.
func (l *ldap) base() string {
	if l.trial != nil && l.trial.Text("base") != "" {
		return l.trial.Text("base")
	}
	return cmp.Or(l.root.one("defaultNamingContext"), l.root.one("namingContexts"))
}

// startTLS has a connection of its own go on inside TLS.
func (l *ldap) startTLS(ctx context.Context) error {
	c, err := l.agreeTLS(ctx)
	if err != nil {
		var no errLDAPResult
		if errors.As(err, &no) {
			l.svc.Facts["starttls"] = false
			l.step(exposure.Step{ID: "ldap-starttls", Result: exposure.StepRefused, Said: untrusted.New(no.Error(), maxFact)})
			return nil
		}
		l.step(exposure.Step{ID: "ldap-starttls", Result: exposure.StepFailed, Detail: l.s.fail("StartTLS", err).Error()})
		return l.s.fail("StartTLS", err)
	}
	l.svc.Facts["starttls"] = true
	_, facts, err := l.s.Upgrade(ctx, c)
	if facts != nil {
		facts.StartTLS = true
		l.svc.TLS = facts
	}
	if err != nil {
		l.step(exposure.Step{ID: "ldap-starttls", Result: exposure.StepFailed, Detail: l.s.fail("tls handshake", err).Error()})
		return l.s.fail("tls handshake", err)
	}
	l.s.tlsComplete(ctx, func(ctx context.Context) (net.Conn, error) {
		c, err := l.agreeTLS(ctx)
		if err != nil {
			return nil, err
		}
		return c, nil
	}, facts)
	l.step(exposure.Step{ID: "ldap-starttls", Result: exposure.StepOK, Asked: facts.Versions[len(facts.Versions)-1]})
	return nil
}

func (l *ldap) agreeTLS(ctx context.Context) (*Conn, error) {
	c, err := l.s.connect(ctx, nil)
	if err != nil {
		return nil, err
	}
	// Several of these may run at once, each with a count of its own.
	alone := ldap{s: l.s, id: uint32(l.s.peer.nonce())}
	result, err := alone.ask(c, ldapStartTLS(), ldapExtAnswer)
	if err != nil {
		return nil, closeWith(c, err)
	}
	if result.code != ldapSuccess {
		_ = c.Close() // nothing was written that a failing Close could lose
		return nil, errLDAPResult(result)
	}
	return c, nil
}

// ask sends an operation and reads the result that answers it.
func (l *ldap) ask(c *Conn, operation []byte, want byte) (ldapResult, error) {
	l.id++
	if _, err := c.Write(ldapMessage(l.id, operation)); err != nil {
		return ldapResult{}, err
	}
	op, content, err := l.read(c)
	if err != nil {
		return ldapResult{}, err
	}
	result, ok := parseLDAPResult(content)
	if op != want || !ok {
		return ldapResult{}, ErrProtocol
	}
	return result, nil
}

// Bounds of one search.
const (
	maxLDAPMessages = 64
	maxLDAPBytes    = 64 << 10
)

// search sends a search and reads the entries up to its end.
func (l *ldap) search(c *Conn, operation []byte) ([]ldapRoot, ldapResult, error) {
	l.id++
	if _, err := c.Write(ldapMessage(l.id, operation)); err != nil {
		return nil, ldapResult{}, err
	}
	var entries []ldapRoot
	size := 0
	for range maxLDAPMessages {
		op, content, err := l.read(c)
		if err != nil {
			return entries, ldapResult{}, err
		}
		if size += len(content); size > maxLDAPBytes {
			break
		}
		switch op {
		case ldapEntry:
			_, attributes, ok := parseLDAPEntry(content)
			if !ok {
				return entries, ldapResult{}, ErrProtocol
			}
			entries = append(entries, attributes)
		case ldapReference:
		case ldapDone:
			result, ok := parseLDAPResult(content)
			if !ok {
				return entries, result, ErrProtocol
			}
			return entries, result, nil
		default:
			return entries, ldapResult{}, ErrProtocol
		}
	}
	return entries, ldapResult{}, errLDAPEndless
}

var errLDAPEndless = errors.New("peer sent more entries than were asked for")

// read reads one message with our id.
func (l *ldap) read(c *Conn) (op byte, content []byte, err error) {
	head, err := c.exactly(2)
	if err != nil {
		return 0, nil, err
	}
	size := int(head[1])
	if head[0] != berSequence {
		return 0, nil, ErrProtocol
	}
	if size >= 0x80 {
		n := size & 0x7f
		if n == 0 || n > berMaxLength {
			return 0, nil, ErrProtocol
		}
		long, err := c.exactly(n)
		if err != nil {
			return 0, nil, err
		}
		size = 0
		for _, b := range long {
			size = size<<8 | int(b)
		}
		head = append(head, long...)
	}
	if size < 0 || size > maxMessage {
		return 0, nil, ErrProtocol
	}
	body, err := c.exactly(size)
	if err != nil {
		return 0, nil, err
	}
	id, op, content, ok := ldapOperation(append(head, body...))
	if want := uint64(l.id&0x3fffffff | 0x40000000); !ok || id != want && id != 0 {
		return 0, nil, ErrProtocol
	}
	if id == 0 { // the server ends the conversation (RFC 4511 section 4.4.1)
		if result, ok := parseLDAPResult(content); ok {
			return 0, nil, errLDAPResult(result)
		}
		return 0, nil, ErrProtocol
	}
	return op, content, nil
}

// ldapProducts are servers that name themselves.
var ldapProducts = []pattern{
	{"389 Directory Server", regexp.MustCompile(`389-Directory/(?P<version>[\w.-]+)`)},
	{"Oracle Unified Directory", regexp.MustCompile(`Oracle Unified Directory (?P<version>[\w.]+)`)},
	{"ApacheDS", regexp.MustCompile(`Apache Software Foundation`)},
	{"OpenDJ", regexp.MustCompile(`OpenDJ(?: Server)? (?P<version>[\w.]+)`)},
	{"eDirectory", regexp.MustCompile(`eDirectory v?(?P<version>[\w.]+)`)},
	{"Samba", regexp.MustCompile(`Samba Team`)},
}

// ldapFacts keeps what the root tells: all of it, and of Active Directory what
// its attributes stand for (MS-ADTS section 3.1.1.3.2).
func ldapFacts(svc *exposure.Service, root ldapRoot) {
	var lines []string
	for _, a := range root {
		for _, v := range a.values {
			lines = append(lines, a.name+": "+v)
		}
	}
	svc.Facts["root_dse"] = texts(lines, maxLDAPShown)
	set := func(name, value string) {
		if value != "" {
			svc.Facts[name] = untrusted.New(value, maxFact)
		}
	}
	for fact, attribute := range map[string]string{
		"naming_contexts": "namingContexts", "sasl_mechanisms": "supportedSASLMechanisms", "ldap_versions": "supportedLDAPVersion",
	} {
		if values := root.all(attribute); len(values) > 0 {
			svc.Facts[fact] = texts(values, maxLDAPShown)
		}
	}
	set("vendor", root.one("vendorName"))
	svc.Product, svc.Version = match(ldapProducts, root.one("vendorVersion")+" "+root.one("vendorName"))
	for _, class := range root.all("objectClass") {
		if strings.EqualFold(class, "OpenLDAProotDSE") {
			svc.Product = untrusted.New("OpenLDAP", maxProduct)
		}
	}
	if root.one("domainControllerFunctionality") == "" {
		return
	}
	if svc.Product.Raw() == "" {
		svc.Product = untrusted.New("Active Directory", maxProduct)
	}
	set("ad_domain", ldapDomain(root.one("defaultNamingContext")))
	set("ad_forest", ldapDomain(root.one("rootDomainNamingContext")))
	set("ad_site", ldapSite(root.one("serverName")))
	set("dc_name", root.one("dnsHostName"))
	set("domain_level", cmp.Or(ldapLevels[root.one("domainFunctionality")], root.one("domainFunctionality")))
	set("forest_level", cmp.Or(ldapLevels[root.one("forestFunctionality")], root.one("forestFunctionality")))
	set("dc_level", cmp.Or(ldapLevels[root.one("domainControllerFunctionality")], root.one("domainControllerFunctionality")))
	svc.Facts["global_catalog"] = strings.EqualFold(root.one("isGlobalCatalogReady"), "TRUE")
	if at, err := time.Parse("20060102150405.0Z", root.one("currentTime")); err == nil {
		ntlmClock(svc.Facts, at)
	}
}

// maxLDAPShown bounds the lines of a root.
const maxLDAPShown = 256

// testLDAP is the probe step by step.
func testLDAP(ctx context.Context, s *Session, t *Trial) (exposure.Service, error) {
	l := ldap{s: s, svc: exposure.Service{Facts: exposure.Facts{}}, trial: t}
	return l.run(ctx)
}

// step records one step of a test.
func (l *ldap) step(step exposure.Step) {
	if l.trial != nil {
		l.trial.Step(step)
	}
}
