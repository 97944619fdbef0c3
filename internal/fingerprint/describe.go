package fingerprint

import (
	"maps"
	"regexp"
	"slices"
	"strings"

	"sekisho/internal/exposure"
	"sekisho/internal/untrusted"
)

// source is where a kind of text stands in a service.
type source struct {
	kind     string         // the word of recog for it
	protocol string         // or several, with spaces between them
	fact     string         // empty: the banner
	cut      *regexp.Regexp // what stands before the text on every line, and is not judged
}

// replyCode stands before each line of an answer (RFC 959 section 4.2).
var replyCode = regexp.MustCompile(`(?m)^\d{3}[ -]`)

// webProtocols are those that answer with the header fields of HTTP.
const webProtocols = "http http-proxy ipp winrm"

// sources are the texts that recog has a word for, those that tell most first.
// Beside them every banner, header and fact goes by a word of our own, made of
// the protocol and the fact: redis.version, http.title, ssh.banner.
var sources = []source{
	{kind: "ssh.banner", protocol: "ssh", cut: regexp.MustCompile(`^SSH-\d+\.\d+-`)},
	{kind: "ftp.banner", protocol: "ftp", cut: replyCode},
	{kind: "smtp.banner", protocol: "smtp", cut: replyCode},
	{kind: "smtp_help", protocol: "smtp", fact: "help"},
	{kind: "imap4.banner", protocol: "imap", cut: regexp.MustCompile(`^\* (?:OK|PREAUTH|BYE) `)},
	{kind: "pop3.banner", protocol: "pop3", cut: regexp.MustCompile(`^(?:\+OK|-ERR) `)},
	{kind: "nntp.banner", protocol: "nntp", cut: replyCode},
	{kind: "telnet_banners", protocol: "telnet"},
	{kind: "mysql.banners", protocol: "mysql"},
	{kind: "mysql.banners", protocol: "mysql", fact: "version"},
	{kind: "mysql.error", protocol: "mysql"},
	{kind: "http_header.server", protocol: webProtocols, fact: "server"},
	{kind: "http_header.wwwauth", protocol: webProtocols, fact: "www_authenticate"},
	{kind: "http_header.x-powered-by", protocol: webProtocols, fact: "powered_by"},
	{kind: "http_header.cookie", protocol: webProtocols, fact: "cookies"},
	{kind: "html_title", protocol: webProtocols, fact: "title"},
	{kind: "apache_os", protocol: webProtocols, fact: "server"},
	{kind: "dns.versionbind", protocol: "dns", fact: "version_bind"},
	{kind: "ntp.readvar", protocol: "ntp", fact: "readvar"},
	{kind: "snmp.sys_description", protocol: "snmp", fact: "sys_descr"},
	{kind: "snmp.sys_object_id", protocol: "snmp", fact: "sys_object_id"},
	{kind: "smb.native_os", protocol: "smb", fact: "native_os"},
	{kind: "smb.native_lm", protocol: "smb", fact: "native_lm"},
	{kind: "sip_header.server", protocol: "sip"},
	{kind: "sip_header.server", protocol: "sip", fact: "server"},
	{kind: "sip_header.user_agent", protocol: "sip", fact: "user_agent"},
	{kind: "rtsp_header.server", protocol: "rtsp", fact: "server"},
	{kind: "x11.vendor", protocol: "x11", cut: regexp.MustCompile(` \d+$`)}, // of the release
}

// greetings are the kinds that a greeting in no known protocol is judged by,
// where the wording of a product leaves no doubt.
var greetings = []source{
	{kind: "ssh.banner"},
	{kind: "ftp.banner", cut: replyCode},
	{kind: "smtp.banner", cut: replyCode},
	{kind: "nntp.banner", cut: replyCode},
	{kind: "pop3.banner", cut: regexp.MustCompile(`^(?:\+OK|-ERR) `)},
	{kind: "imap4.banner", cut: regexp.MustCompile(`^\* (?:OK|PREAUTH|BYE) `)},
}

// Describe adds what the fingerprints tell of a service to its facts: vendor,
// product, version, operating system, device and CPE names, under their own
// names with an underscore in place of each dot, as service_vendor or os_cpe23.
// A fact that the probe itself learned stays as it is. Product and version
// become those of the fingerprint only where the probe named none.
func (m *Matcher) Describe(s exposure.Service) exposure.Service {
	if m == nil || s.Confidence < exposure.Likely {
		return s
	}
	d := description{m: m, out: s, product: s.Product.IsZero(), told: exposure.Facts{}, taken: map[string]bool{}}
	list := sources
	if s.Protocol == "" {
		list = greetings
	}
	for _, from := range list {
		if s.Protocol == "" || slices.Contains(strings.Fields(from.protocol), s.Protocol) {
			for _, text := range from.texts(s) {
				d.judge(from.kind, text)
			}
		}
	}
	d.own(s)
	if s.TLS != nil && s.TLS.Certificate != nil {
		d.judge("x509.subject", s.TLS.Certificate.Subject.Raw())
		d.judge("x509.issuer", s.TLS.Certificate.Issuer.Raw())
	}
	if server := s.Facts.Text("server").Raw(); s.Protocol == "http" && strings.HasPrefix(server, "Apache") {
		d.components(server)
	}
	return d.whole()
}

// texts are the texts of a source, without what stands before them: first as
// they are, then line by line where there are several.
func (from source) texts(s exposure.Service) []string {
	var list []string
	for _, text := range textsOf(s, from.fact) {
		if from.cut != nil {
			text = from.cut.ReplaceAllString(text, "")
		}
		text = strings.TrimSpace(text)
		list = append(list, text)
		if lines := strings.Split(text, "\n"); len(lines) > 1 {
			for _, line := range lines[:min(len(lines), maxLines)] {
				list = append(list, strings.TrimSpace(line))
			}
		}
	}
	return slices.DeleteFunc(list, func(text string) bool { return text == "" })
}

// maxLines bounds the lines of a text that are judged one by one.
const maxLines = 16

// textsOf are the texts of a fact, or the banner.
func textsOf(s exposure.Service, fact string) []string {
	if fact == "" {
		return []string{s.Banner.Raw()}
	}
	var list []string
	switch value := s.Facts[fact].(type) {
	case untrusted.Text:
		list = append(list, value.Raw())
	case []untrusted.Text:
		for _, text := range value[:min(len(value), maxLines)] {
			list = append(list, text.Raw())
		}
	}
	return list
}

// description is what is gathered of one service.
type description struct {
	m       *Matcher
	out     exposure.Service
	product bool            // the probe named none
	told    exposure.Facts  // new facts
	taken   map[string]bool // what a text told of: service, os, hw
	version untrusted.Text
}

// own judges every text by the kinds that go by our own words.
func (d *description) own(s exposure.Service) {
	if s.Protocol == "" {
		return
	}
	for _, kind := range d.m.kinds {
		fact, ours := strings.CutPrefix(kind, s.Protocol+".")
		if !ours || slices.ContainsFunc(sources, func(known source) bool { return known.kind == kind }) {
			continue
		}
		if fact == "banner" {
			fact = ""
		}
		for _, text := range textsOf(s, fact) {
			d.judge(kind, text)
		}
	}
}

// maxFact bounds a fact.
const maxFact = 512

// judge asks for a text, and keeps what is new. The first text that tells of
// the service, or of the operating system, tells all of it: halves of two
// answers make no third.
func (d *description) judge(kind, text string) {
	f, ok := d.m.match(kind, text)
	if !ok {
		return
	}
	about := map[string]bool{}
	for _, p := range f.params {
		what, _, _ := strings.Cut(p.name, ".")
		name := factName(p.name)
		if d.taken[what] || name == "" {
			continue
		}
		about[what] = true
		value := untrusted.New(p.value, maxFact)
		switch {
		case p.name == "service.product" && d.product:
			d.out.Product = value
		case p.name == "service.version" && d.product:
			d.version = value
		default:
			d.told[name] = value
		}
	}
	for what := range about {
		d.taken[what] = true
	}
}

// components are the modules that Apache lists in its Server field.
func (d *description) components(server string) {
	var list []untrusted.Text
	words := strings.Fields(server)
	for _, word := range words[:min(len(words), maxLines)] {
		f, ok := d.m.match("apache_modules", word)
		if !ok {
			continue
		}
		name, version := "", ""
		for _, p := range f.params {
			switch p.name {
			case "service.component.product":
				name = p.value
			case "service.component.version":
				version = p.value
			}
		}
		if name != "" {
			list = append(list, untrusted.New(strings.TrimSpace(name+" "+version), maxFact))
		}
	}
	if len(list) > 0 {
		d.told["components"] = list
	}
}

// whole is the service with what was told.
func (d *description) whole() exposure.Service {
	if d.product && !d.out.Product.IsZero() {
		d.out.Version = d.version
	}
	if len(d.told) == 0 {
		return d.out
	}
	maps.Copy(d.told, d.out.Facts)
	d.out.Facts = d.told
	return d.out
}

// factName is the name of a param as a fact: small letters, digits and
// underscores. Params that are for the fingerprints' own use have none.
func factName(param string) string {
	if strings.HasPrefix(param, "_") || strings.HasSuffix(param, ".certainty") || param == "cookie" {
		return ""
	}
	name := []byte(strings.ToLower(param))
	for i, b := range name {
		if (b < 'a' || b > 'z') && (b < '0' || b > '9') {
			name[i] = '_'
		}
	}
	if len(name) == 0 || name[0] < 'a' || name[0] > 'z' {
		return ""
	}
	return string(name)
}
