//go:build linux && lab

package cli_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"sekisho/internal/exposure"
	"sekisho/internal/lab"
)

// TestProofOfAnotherAddress has somebody at one address have another one looked at,
// which claims their token at two vantages, and counts on the router what the service
// sends to it: nothing before the second claim.
func TestProofOfAnotherAddress(t *testing.T) {
	l := lab.New(t)
	l.Router.NFT(t, fmt.Sprintf(`table inet proof {
		counter looks {
		}
		chain arriving {
			type filter hook prerouting priority raw
			iifname "wan" ip6 daddr %s tcp dport 4000-4002 counter name looks
		}
	}`, l.LAN.V6))
	counted := func() string { return l.Router.Run(t, "nft", "list", "counter", "inet", "proof", "looks") }
	base, peer := "http://["+l.Outside.V6.String()+"]:8080", "http://["+l.Outside.V6.String()+"]:9090"
	serving(t, l.Outside, root, "--listen", ":9090", "--database", "/tmp/second.db")
	serving(t, l.Outside, root, "--listen", ":8080", "--peer", peer)
	home, other := from(l.Home), from(l.LAN)
	for _, c := range []*http.Client{home, other} {
		c.Transport.(*http.Transport).Proxy = nil
	}
	order := func(token string, into any) int {
		return askAPI(t, home, "POST", base+"/api/v1/jobs", `{"tcp":"4000-4002","proof":"`+token+`","consent":{"text":"a","scope":"b"}}`, into).StatusCode
	}
	// Whoever has no other vantage to ask says so.
	var refused exposure.Problem
	if r := askAPI(t, home, "POST", peer+"/api/v1/proofs", "", &refused); r.StatusCode != 403 || !strings.Contains(refused.Detail, "--peer") {
		t.Errorf("%s %+v", r.Status, refused)
	}
	var proof exposure.Proof
	if r := askAPI(t, home, "POST", base+"/api/v1/proofs", "", &proof); r.StatusCode != 201 || len(proof.Claim) != 2 ||
		!strings.HasPrefix(proof.Claim[0], base+"/") || !strings.HasPrefix(proof.Claim[1], peer+"/") {
		t.Fatalf("%s %+v", r.Status, proof)
	}
	for _, claim := range proof.Claim {
		if status := order(proof.Token, &refused); status != 403 || refused.Type != exposure.ProblemType+string(exposure.JobUnproven) {
			t.Errorf("before the claim at %s: %d %+v", claim, status, refused)
		}
		var claimed exposure.Proof
		r := askAPI(t, other, "POST", claim, `{"consent":{"text":"my other computer may look at this one","scope":"any port"}}`, &claimed)
		if r.StatusCode != 200 || claimed.Address != l.LAN.V6 {
			t.Fatalf("%s %s %+v", claim, r.Status, claimed)
		}
	}
	if out := counted(); !strings.Contains(out, "packets 0 ") {
		t.Errorf("something was sent before the proof:\n%s", out)
	}
	var plan exposure.Plan
	if status := order(proof.Token, &plan); status != 201 || plan.Address != l.LAN.V6 {
		t.Fatalf("%d %+v", status, plan)
	}
	path := base + "/api/v1/jobs/" + plan.Job
	if r := askAPI(t, other, "POST", path+"/go", "", nil); r.StatusCode != 404 {
		t.Errorf("go by who did not ask: %s", r.Status)
	}
	if out := counted(); !strings.Contains(out, "packets 0 ") {
		t.Errorf("something was sent before go:\n%s", out)
	}
	if r := askAPI(t, home, "POST", path+"/go", "", nil); r.StatusCode != 202 {
		t.Fatalf("go: %s", r.Status)
	}
	var report exposure.Report
	waitFor(t, func() bool {
		askAPI(t, home, "POST", path+"/heartbeat", "", nil)
		report = exposure.Report{}
		askAPI(t, home, "GET", path+"/result", "", &report)
		return !report.Partial
	})
	if len(report.Hosts) != 1 || len(report.Hosts[0].Addresses) != 1 || report.Hosts[0].Addresses[0] != l.LAN.V6 || len(report.Hosts[0].Ports) != 3 {
		t.Errorf("%+v", report.Hosts)
	}
	if out := counted(); strings.Contains(out, "packets 0 ") {
		t.Errorf("nothing was looked at:\n%s", out)
	}
}
