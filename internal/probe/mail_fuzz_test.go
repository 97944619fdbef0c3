package probe

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/miekg/dns"
)

// FuzzMailTrials runs the tests of mail against a server that says anything, as
// its DNS server does: each comes to an end without a panic, and what it tells
// is inert in every output.
func FuzzMailTrials(f *testing.F) {
	for _, folder := range []string{"smtp", "pop3", "imap"} {
		addRecorded(f, folder)
	}
	query, err := lookupQuery("home.example", dns.TypeMX, uint16(testNonce&0xffff))
	if err != nil {
		f.Fatal(err)
	}
	var m dns.Msg
	if err := m.Unpack(query); err != nil {
		f.Fatal(err)
	}
	m.Response = true
	for _, record := range []string{"home.example. 60 MX 10 mail.home.example.", "home.example. 60 MX 0 .", "home.example. 60 PTR \\027[2J.home.example.", "home.example. 60 A 192.0.2.7"} {
		rr, err := dns.NewRR(record)
		if err != nil {
			f.Fatal(err)
		}
		m.Answer = append(m.Answer, rr)
	}
	answer, err := m.Pack()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(answer)
	f.Fuzz(func(t *testing.T, said []byte) {
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		defer cancel()
		o := TestOptions{
			User: "somebody", Password: func() (string, error) { return "secret-of-somebody", nil },
			Values: map[string][]string{"domain": {"home.example"}, "resolver": {"192.0.2.1"}},
		}
		for _, name := range []string{"smtp", "submission", "pop3", "imap"} {
			test, p, ok := testNamed(name)
			if !ok {
				t.Fatalf("no test %s", name)
			}
			doc, err := json.Marshal(runTest(ctx, fixedPeer(said), p, test, o))
			if err != nil {
				t.Fatal(err)
			}
			inert(t, string(doc))
		}
		targets, err := smtpTargets(ctx, fixedPeer(said), "home.example", "192.0.2.1")
		for _, target := range targets {
			if hostName(target.Name) != target.Name {
				t.Errorf("target %q is no host", target.Name)
			}
		}
		inert(t, message(err))
		if _, _, err := lookupAnswer(said, dns.TypeMX); err != nil {
			inert(t, message(&Error{Probe: "smtp", Step: "lookup", Err: err}))
		}
		imapFolder(string(said))
		imapMails(string(said))
	})
}
