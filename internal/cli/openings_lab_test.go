//go:build linux && lab

package cli_test

import (
	"strings"
	"testing"

	"sekisho/internal/exposure"
	"sekisho/internal/lab"
)

// TestUnusedOpenings: what each product lets in and nothing listens on is told, what
// is used is not, and the command that is told takes it away.
func TestUnusedOpenings(t *testing.T) {
	for product, start := range map[string]func(h *lab.Host){
		"ufw": func(h *lab.Host) { h.StartUFW(t, "allow 80/tcp", "allow 8099/tcp", "deny 8098/tcp") },
		"firewalld": func(h *lab.Host) {
			h.StartFirewalld(t, "--remove-service=ssh", "--add-service=http", "--add-port=8099/tcp")
		},
		"nftables": func(h *lab.Host) {
			h.NFT(t, `table inet edge {
				chain arriving {
					type filter hook input priority filter; policy drop
					ct state established,related accept
					iif lo accept
					tcp dport 80 accept
					tcp dport 8099 accept
					udp dport 68 accept
					tcp dport 8098 drop
					tcp dport 8098 accept
				}
			}`)
		},
		"iptables": func(h *lab.Host) {
			h.Run(t, "sh", "-ec", `iptables -P INPUT DROP; iptables -A INPUT -m conntrack --ctstate ESTABLISHED -j ACCEPT
				iptables -A INPUT -p tcp --dport 80 -j ACCEPT; iptables -A INPUT -p tcp --dport 8099 -m comment --comment 'x $(id) y' -j ACCEPT`)
		},
		"redirect": func(h *lab.Host) {
			h.NFT(t, `table ip turn {
				chain before {
					type nat hook prerouting priority dstnat
					tcp dport 8080 redirect to :80
					tcp dport 8099 redirect to :8097
				}
			}`)
		},
	} {
		t.Run(product, func(t *testing.T) {
			h := lab.New(t).Home
			h.StartNginx(t, lab.Nginx{})
			start(h)
			found := func() map[uint16]exposure.Finding {
				t.Helper()
				list := map[uint16]exposure.Finding{}
				for _, f := range decode[exposure.LocalDocument](t, sekisho(t, h, root, "local", "-f", "json")).Findings {
					if f.Rule == "unused-opening" {
						list[f.Port] = f.Finding
					}
				}
				return list
			}
			got := found()
			if len(got) != 1 || got[8099].Rule == "" {
				t.Fatalf("it finds %v", got)
			}
			report := decode[exposure.Report](t, sekisho(t, h, root, "check", "-p", "80,8099", "-f", "json"))
			if p := portOf(report, exposure.TCP, 8099); p == nil || len(p.Findings) != 1 || p.Findings[0].Rule != "unused-opening" {
				t.Errorf("check tells %+v", p)
			}
			_, lines, _ := strings.Cut(got[8099].Remedy[0], "\n")
			h.Run(t, "sh", "-ec", lines)
			if left := found(); len(left) > 0 {
				t.Errorf("after %q there is %v", lines, left)
			}
		})
	}
}
