package rules

import (
	"slices"

	"sekisho/internal/exposure"
	"sekisho/internal/lang"
)

func init() {
	register(rule{"no-owner", judgeOwner})
}

// judgeOwner speaks of what nobody on this machine seems to answer for: a
// socket without a process, and an open port without a socket.
func judgeOwner(s subject) []ruling {
	if !s.Local {
		return nil
	}
	var found []ruling
	for _, l := range s.Listeners {
		if l.Unowned || s.Owners && l.Process == "" {
			found = append(found, s.withoutProcess(l))
		}
	}
	for _, o := range s.Observations {
		if s.withoutSocket(o) {
			return append(found, s.elsewhere(o))
		}
	}
	return found
}

// kernelServices are names of services that the kernel itself offers.
var kernelServices = []string{"nfs", "nfsd", "nlockmgr", "wireguard", "iscsi", "iscsi-target", "rdma", "l2tp", "vxlan", "geneve"}

func (s subject) withoutProcess(l exposure.Listener) ruling {
	severity := s.graded(exposure.Low)
	// WireGuard chooses any UDP port, and tunnels of the kernel are UDP too.
	if s.Transport == exposure.UDP || slices.Contains(kernelServices, s.Name) {
		severity = exposure.Info
	}
	return ruling{
		severity: severity,
		evidence: say(lang.Text{
			EN: "Every process was looked at and none holds the {{.Transport}} socket at {{.Address}}, port {{.Port}}.",
			JA: "すべてのプロセスを調べましたが、{{.Address}} ポート {{.Port}} の {{.Transport}} ソケットを持つものがありません。",
		}, "Transport", s.Transport, "Address", l.Address, "Port", s.number()),
		meaning: say(lang.Text{
			EN: "Such a socket is the kernel's own (NFS, WireGuard), belongs to a container, or to a program that hides.",
			JA: "カーネル自身のもの(NFS、WireGuardなど)か、コンテナのものか、隠れているプログラムのものです。",
		}),
		remedy: []said{say(lang.Text{
			EN: "See what the kernel and the containers know of it:\nss -{{if eq .Transport \"udp\"}}u{{else}}t{{end}}lnpe 'sport = :{{.Port}}'\nlsns -t net\nwg show interfaces\ncat /proc/fs/nfsd/portlist",
			JA: "カーネルとコンテナの側から確かめます。\nss -{{if eq .Transport \"udp\"}}u{{else}}t{{end}}lnpe 'sport = :{{.Port}}'\nlsns -t net\nwg show interfaces\ncat /proc/fs/nfsd/portlist",
		}, "Transport", s.Transport, "Port", s.number())},
	}
}

// withoutSocket reports whether this machine saw a port of its own open though
// nothing is bound there.
func (s subject) withoutSocket(o exposure.Observation) bool {
	if o.State != exposure.Open || !o.View.Own() {
		return false
	}
	return !slices.ContainsFunc(s.Listeners, func(l exposure.Listener) bool {
		// Whether an IPv6 socket takes IPv4 too is not always seen.
		return l.Takes(o.Address) || l.Address.Unmap().IsUnspecified() && l.Address.Is6() && l.V6Only == nil
	})
}

func (s subject) elsewhere(o exposure.Observation) ruling {
	return ruling{
		severity: exposure.Low,
		evidence: say(lang.Text{
			EN: "Port {{.Port}} answers at {{.Address}}, and no socket of this machine is bound there.",
			JA: "{{.Address}} のポート {{.Port}} が応答しますが、この機器にはそこで待ち受けるソケットがありません。",
		}, "Address", o.Address, "Port", s.number()),
		meaning: say(lang.Text{
			EN: "A redirect rule of the firewall or of a container passes the connection on, or something hides its socket. What listens here tells nothing about this port.",
			JA: "ファイアウォールやコンテナの転送規則が接続を別の場所へ渡しているか、何かがソケットを隠しています。待ち受けの一覧からは分からないポートです。",
		}),
		remedy: []said{say(lang.Text{
			EN: "See who redirects the port:\nnft list ruleset | grep -w {{.Port}}\niptables-save -t nat | grep -w {{.Port}}\ndocker ps --filter publish={{.Port}}",
			JA: "どこが転送しているかを確かめます。\nnft list ruleset | grep -w {{.Port}}\niptables-save -t nat | grep -w {{.Port}}\ndocker ps --filter publish={{.Port}}",
		}, "Port", s.number())},
	}
}
