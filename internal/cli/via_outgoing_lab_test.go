//go:build linux && lab

package cli_test

import (
	"fmt"
	"strings"
	"testing"

	"sekisho/internal/exposure"
	"sekisho/internal/lab"
)

// TestOutgoing holds which ports a network lets out to against what its router
// really does: a vantage's echo ports tell, over each family.
func TestOutgoing(t *testing.T) {
	l := lab.New(t)
	l.Home.StartSshd(t, lab.Sshd{})
	l.Forward(t, "tcp", 22, 22)
	serving(t, l.Outside, root, "--echo-ports", "25,53,80,123,443,445,993,3074")
	l.Home.WriteFile(t, "/etc/hosts", "127.0.0.1 localhost\n"+l.Outside.V4.String()+" vantage.example\n"+l.Outside.V6.String()+" vantage.example\n")
	l.Router.StartNginx(t, lab.Nginx{Addr: l.Router.V4})
	l.Router.NFT(t, `
		insert rule inet router forward iifname "lan" tcp dport 25 drop
		insert rule inet router forward iifname "lan" udp dport 123 drop
		insert rule inet router forward iifname "lan" tcp dport 445 reject with tcp reset
		insert rule inet router forward iifname "lan" meta nfproto ipv6 tcp dport 993 reject with icmpx type admin-prohibited
		insert rule inet router prerouting iifname "lan" meta nfproto ipv4 tcp dport 53 dnat ip to `+l.Router.V4.String()+`:80
	`)
	want := map[string]exposure.Outcome{
		"tcp 25": exposure.Fail, "tcp 53": exposure.Fail, "tcp 80": exposure.Pass, "tcp 443": exposure.Pass, "tcp 445": exposure.Fail,
		"tcp 993": exposure.Fail, "tcp 9999": exposure.Inconclusive, "udp 53": exposure.Pass, "udp 123": exposure.Fail, "udp 3074": exposure.Pass,
	}
	r := sekisho(t, l.Home, root, "check", "-p", "22", "--via", viaURL, "--outgoing", "25,53,http,https,445,993,9999,53/udp,123/udp,3074/udp", "-f", "json")
	report := decode[exposure.Report](t, r)
	got := map[string]exposure.Outcome{}
	for _, p := range report.Outgoing {
		for _, v := range p.Verdicts {
			got[fmt.Sprint(p.Transport, " ", p.Port)] = v.Verdict
		}
	}
	for key, outcome := range want {
		if got[key] != outcome {
			t.Errorf("%s: %q, want %s", key, got[key], outcome)
		}
	}
	if r.code != 1 || len(got) != len(want) || report.Summary.Pass != 4 {
		t.Errorf("exit code %d: %v, %+v\n%s", r.code, got, report.Summary, r.errs)
	}
	// A policy that names no host is judged the same.
	l.Home.WriteFile(t, "/tmp/policy.yaml", "outgoing:\n  open: [http, 3074/udp]\n  closed: [25/tcp]\n")
	page := sekisho(t, l.Home, root, "check", "-p", "22", "--via", viaURL, "--policy", "/tmp/policy.yaml")
	if page.code != 0 || !strings.Contains(page.out, "3 pass") {
		t.Errorf("exit code %d:\n%s\n%s", page.code, page.out, page.errs)
	}
}
