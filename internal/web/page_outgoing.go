package web

import (
	"crypto/rand"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"sekisho/internal/exposure"
)

// browsersRefuse are the ports to which no browser connects for a page (WHATWG
// Fetch, section 2.9, "port blocking").
var browsersRefuse = listed("1,7,9,11,13,15,17,19-23,25,37,42,43,53,69,77,79,87,95,101-104,109-111,113,115,117,119,123,135,137,139,143,161,179,389,427,465,512-515,526,530-532,540,548,554,556,563,587,601,636,989,990,993,995,1719,1720,1723,2049,3659,4045,4190,5060,5061,6000,6566,6665-6669,6679,6697,10080", false)

// outgoingShown is the page that has the visitor's browser ask the echo ports of the
// vantage. What comes of it stays in the browser: nothing is sent to the visitor, and
// nothing is kept.
type outgoingShown struct {
	Address string
	Ports   []outgoingPort
	Refused []outgoingPort // those that no browser asks
	Command string
	Mixed   bool // the page came inside TLS, which the echo ports do not speak
	origins []string
}

// outgoingPort is one echo port.
type outgoingPort struct {
	Port uint16
	Name string
	URL  string
	Word string
}

// policy is that of other pages, with the ports that this one asks.
func (o outgoingShown) policy() string {
	return strings.Replace(pagePolicy, "connect-src 'self'", strings.Join(append([]string{"connect-src 'self'"}, o.origins...), " "), 1)
}

// Words are what may come of a port.
func (o outgoingShown) Words() []string {
	return []string{"reached", "detour", "other", "silent", "cut"}
}

// vantageHost is the host by which a browser reaches the vantage itself, empty where
// it cannot be told: the one that the request names, or the vantage's own address where
// a proxy stands before the service.
func (s *Service) vantageHost(r *http.Request) string {
	if s.config.Forwarding.trusts(clientOf(r).peer) {
		for _, a := range s.sources(r) {
			if a.Is6() == caller(r).Is6() {
				return a.String()
			}
		}
		return ""
	}
	host := r.Host
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.Trim(host, "[]")
	if a, err := netip.ParseAddr(host); err == nil {
		if a.Zone() != "" {
			return ""
		}
		return a.String()
	}
	if host == "" || len(host) > mostName || strings.ContainsFunc(host, notOfName) {
		return ""
	}
	return host
}

// outgoing shows which ports of the vantage can be asked, and how.
func (s *Service) outgoing(w http.ResponseWriter, r *http.Request) {
	o := outgoingShown{Address: caller(r).String()}
	host, scheme := s.vantageHost(r), "http"
	encrypted := s.encrypted(r)
	if o.Mixed = encrypted && (s.config.TLS == nil || r.TLS == nil); !o.Mixed && encrypted {
		scheme = "https"
	}
	echoes := s.config.Door.Station().Echoes
	if s.config.EchoWord == nil || host == "" {
		echoes.TCP = nil
	}
	// An address of IPv6 is no source of a policy (CSP 3 section 2.3.1): there the
	// scheme alone can be named.
	_, err := netip.ParseAddr(host)
	literal := err == nil && strings.Contains(host, ":")
	if literal {
		o.origins = []string{scheme + ":"}
	}
	nonce := rand.Text()
	var refused exposure.PortList
	for _, port := range echoes.TCP {
		p := outgoingPort{Port: port, Name: nameOf(endpoint{exposure.TCP, port})}
		if browsersRefuse.Has(port) {
			refused = append(refused, port)
			o.Refused = append(o.Refused, p)
			continue
		}
		if o.Mixed {
			continue
		}
		origin := scheme + "://" + net.JoinHostPort(host, strconv.Itoa(int(port)))
		p.URL, p.Word = origin+exposure.EchoPath+nonce, s.config.EchoWord(nonce, port)
		if !literal {
			o.origins = append(o.origins, origin)
		}
		o.Ports = append(o.Ports, p)
	}
	if o.Mixed {
		refused = slices.Clone(echoes.TCP)
	}
	if b, err := refused.MarshalText(); err == nil && len(b) > 0 && host != "" {
		o.Command = "sekisho check --via " + s.here(r, encrypted) + " --outgoing " + string(b)
	}
	s.show(w, r, http.StatusOK, "outgoing", "", o, false)
}

// here is the address of the service as the visitor reached it.
func (s *Service) here(r *http.Request, encrypted bool) string {
	host := r.Host
	if strings.ContainsFunc(host, func(c rune) bool { return notOfName(c) && !strings.ContainsRune("[]:", c) }) {
		return "URL"
	}
	if encrypted {
		return "https://" + host
	}
	return "http://" + host
}
