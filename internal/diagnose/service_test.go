package diagnose

import (
	"maps"
	"net/netip"
	"time"

	"sekisho/internal/exposure"
	"sekisho/internal/untrusted"
)

func init() { maps.Copy(cases, serviceCases) }

// told is a server of another host that answered so.
func told(protocol, banner string, facts exposure.Facts) Case {
	c := far(saw(exposure.ViewLAN, home, exposure.Open, exposure.SynAck, ""))
	s := exposure.Service{Address: home, View: exposure.ViewLAN, Protocol: protocol, Confidence: exposure.Confirmed, Facts: facts}
	if banner != "" {
		s.Banner = untrusted.New(banner, 99)
	}
	c.Services = []exposure.Service{s}
	return c
}

// askedAgain is a port that was open and was asked once more.
func askedAgain(c Case, state exposure.State, reason exposure.Reason) Case {
	c.Again = []exposure.Observation{{Address: home, State: state, Reason: reason}, {Address: home, State: state, Reason: reason}}
	return c
}

// certified is a server that shows a certificate of this time.
func certified(from, to time.Time) Case {
	c := told("http", "", nil)
	c.Services[0].TLS = &exposure.TLS{Certificate: &exposure.Certificate{NotBefore: from, NotAfter: to}}
	return c
}

// deaf is a UDP service of this machine that answers nobody.
func deaf(port uint16, states ...exposure.State) Case {
	c := server()
	c.Transport, c.Port, c.Expected, c.Services, c.Observations = exposure.UDP, port, "", nil, nil
	for _, s := range states {
		c.Observations = append(c.Observations, exposure.Observation{View: exposure.ViewLoopback, Address: netip.MustParseAddr("127.0.0.1"), State: s})
	}
	return c
}

var day = time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)

var serviceCases = map[string]struct {
	c         Case
	id        string
	certainty exposure.Certainty
	rivals    []string
}{
	"far: no account for this host":  {told("mysql", "Host is not allowed", exposure.Facts{"host_allowed": false}), "service-refuses", exposure.CauseProven, nil},
	"far: protected mode":            {told("redis", "", exposure.Facts{"protected_mode": true}), "service-refuses", exposure.CauseProven, nil},
	"far: no service for you":        {told("smtp", "554 no service", nil), "service-refuses", exposure.CauseProven, nil},
	"far: few words":                 {told("", "421 Service not available.", nil), "service-refuses", exposure.CauseProven, nil},
	"far: a mail server that serves": {told("smtp", "220 mail.example.org", nil), "ok", exposure.CauseProven, nil},
	"far: 403":                       {told("http", "", exposure.Facts{"status": 403}), "service-refuses", exposure.CauseLikely, nil},
	"far: 200":                       {told("http", "", exposure.Facts{"status": 200}), "ok", exposure.CauseProven, nil},
	"far: answers, then no more":     {askedAgain(told("http", "", nil), exposure.Filtered, exposure.NoResponse), "adaptive-firewall", exposure.CauseProven, nil},
	"far: answers again":             {askedAgain(told("http", "", nil), exposure.Open, exposure.SynAck), "ok", exposure.CauseProven, nil},
	"far: not valid yet":             {certified(day.AddDate(0, 1, 0), day.AddDate(1, 0, 0)), "tls-broken", exposure.CauseProven, nil},
	"far: valid":                     {certified(day.AddDate(0, -1, 0), day.AddDate(1, 0, 0)), "ok", exposure.CauseProven, nil},
	"far: in the clear":              {with(told("http", "", nil), func(c *Case) { c.Expected = "https" }), "tls-broken", exposure.CauseProven, nil},
	"far: TLS stalls":                {with(told("", "HTTP/1.1 400 Bad Request", nil), func(c *Case) { c.Expected, c.Services[0].Confidence = "https", exposure.Likely }), "tls-broken", exposure.CauseLikely, nil},
	"far: TLS is demanded":           {with(told("http", "", nil), func(c *Case) { c.Encrypted = true }), "tls-broken", exposure.CauseProven, nil},
	"far: ends too soon":             {with(certified(day.AddDate(0, -1, 0), day.AddDate(0, 0, 10)), func(c *Case) { c.Days = 30 }), "tls-broken", exposure.CauseProven, nil},
	"deaf":                           {deaf(53, exposure.OpenFiltered), "service-silent", exposure.CauseLikely, nil},
	"deaf, of no known kind":         {deaf(4000, exposure.OpenFiltered), "inconclusive", exposure.CausePossible, nil},
}
