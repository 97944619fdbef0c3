package probe

import (
	"strings"
)

// The tags of LDAP (RFC 4511 section 4.2 and following).
const (
	ldapBind        = 0x60
	ldapBindAnswer  = 0x61
	ldapUnbind      = 0x42
	ldapSearch      = 0x63
	ldapEntry       = 0x64
	ldapDone        = 0x65
	ldapReference   = 0x73
	ldapExtended    = 0x77
	ldapExtAnswer   = 0x78
	ldapSimple      = 0x80
	ldapPresent     = 0x87
	ldapEquality    = 0xa3
	ldapAnd         = 0xa0
	ldapExtName     = 0x80
	ldapStartTLSOID = "1.3.6.1.4.1.1466.20037"
)

// The result codes that mean something here (RFC 4511 section 4.1.9).
const (
	ldapSuccess   = 0
	ldapSizeLimit = 4
	ldapTLSFirst  = 13 // confidentialityRequired
	ldapStronger  = 8  // strongerAuthRequired
)

// ldapMessage puts an operation into a message. The id fits into 31 bits.
func ldapMessage(id uint32, operation []byte) []byte { return ber(berSequence, berID(id), operation) }

// ldapBindRequest asks to be nobody: version 3, no name, no password (RFC 4513
// section 5.1.1).
func ldapBindRequest() []byte {
	return ber(ldapBind, berSmall(berInteger, 3), ber(berOctets), ber(ldapSimple))
}

// ldapStartTLS asks to go on inside TLS (RFC 4511 section 4.14).
func ldapStartTLS() []byte { return ber(ldapExtended, ber(ldapExtName, []byte(ldapStartTLSOID))) }

// ldapSearchRequest asks for entries: those at a name (scope 0) or below it
// too (scope 2), at most as many, and of them the attributes.
func ldapSearchRequest(base string, scope, most byte, filter []byte, attributes ...string) []byte {
	var list []byte
	for _, a := range attributes {
		list = append(list, ber(berOctets, []byte(a))...)
	}
	return ber(ldapSearch,
		ber(berOctets, []byte(base)), berSmall(berEnum, scope), berSmall(berEnum, 0), // aliases as they are
		berSmall(berInteger, most), berSmall(berInteger, 0), // no limit of time
		[]byte{0x01, 1, 0}, // types and values
		filter, ber(berSequence, list))
}

// ldapAny is the filter that every entry passes.
func ldapAny() []byte { return ber(ldapPresent, []byte("objectClass")) }

// ldapOperation takes the id and the operation out of a message.
func ldapOperation(b []byte) (id uint64, op byte, content []byte, ok bool) {
	outer := berReader{rest: b}
	message := outer.enter(berSequence)
	id = message.number()
	op, content = message.next()
	return id, op, content, !message.failed
}

// ldapResult is how an operation ended.
type ldapResult struct {
	code int
	text string // what the server says of it
}

func parseLDAPResult(b []byte) (ldapResult, bool) {
	r := berReader{rest: b}
	code := r.take(berEnum)
	r.take(berOctets)
	text := r.take(berOctets)
	if r.failed || len(code) != 1 {
		return ldapResult{}, false
	}
	return ldapResult{int(code[0]), string(text)}, true
}

// ldapAttribute is one attribute and its values.
type ldapAttribute struct {
	name   string
	values []string
}

// Bounds of what is kept of one entry.
const (
	maxLDAPAttributes = 128
	maxLDAPValues     = 512 // of all attributes together
)

// parseLDAPEntry decodes an entry. What is not as it should be ends it; what
// came before is kept.
func parseLDAPEntry(b []byte) (name string, attributes []ldapAttribute, ok bool) {
	r := berReader{rest: b}
	name = string(r.take(berOctets))
	list := r.enter(berSequence)
	if r.failed {
		return "", nil, false
	}
	values := 0
	for len(list.rest) > 0 && len(attributes) < maxLDAPAttributes {
		pair := list.enter(berSequence)
		a := ldapAttribute{name: string(pair.take(berOctets))}
		set := pair.enter(ldapSet)
		for len(set.rest) > 0 && values < maxLDAPValues {
			value := set.take(berOctets)
			if set.failed {
				return name, attributes, true
			}
			a.values = append(a.values, string(value))
			values++
		}
		if pair.failed || list.failed {
			break
		}
		attributes = append(attributes, a)
	}
	return name, attributes, true
}

const ldapSet = 0x31

// ldapRoot is a root entry, read by attribute.
type ldapRoot []ldapAttribute

// all are the values of an attribute.
func (r ldapRoot) all(name string) []string {
	for _, a := range r {
		if strings.EqualFold(a.name, name) {
			return a.values
		}
	}
	return nil
}

// one is the first value of an attribute, empty when there is none.
func (r ldapRoot) one(name string) string {
	if v := r.all(name); len(v) > 0 {
		return v[0]
	}
	return ""
}

// ldapDomain is a name of a directory as DNS has it: DC=home,DC=example is
// home.example. What has other parts is no domain.
func ldapDomain(name string) string {
	var labels []string
	for part := range strings.SplitSeq(name, ",") {
		kind, value, found := strings.Cut(strings.TrimSpace(part), "=")
		if !found || !strings.EqualFold(kind, "DC") {
			return ""
		}
		labels = append(labels, value)
	}
	return strings.Join(labels, ".")
}

// ldapSite is the site in the name of a server of Active Directory:
// CN=DC1,CN=Servers,CN=SITE,CN=Sites,….
func ldapSite(name string) string {
	parts := strings.Split(name, ",")
	if len(parts) < 4 || !strings.EqualFold(parts[1], "CN=Servers") || !strings.EqualFold(parts[3], "CN=Sites") {
		return ""
	}
	_, site, _ := strings.Cut(parts[2], "=")
	return site
}

// ldapLevels are the functional levels of Active Directory (MS-ADTS section
// 6.1.4.4).
var ldapLevels = map[string]string{
	"0": "Windows 2000", "1": "Windows Server 2003 interim", "2": "Windows Server 2003", "3": "Windows Server 2008",
	"4": "Windows Server 2008 R2", "5": "Windows Server 2012", "6": "Windows Server 2012 R2", "7": "Windows Server 2016",
	"10": "Windows Server 2025",
}
