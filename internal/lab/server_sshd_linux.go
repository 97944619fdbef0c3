package lab

import (
	"fmt"
	"net/netip"
	"strings"
)

// Sshd says how an SSH server is to run.
type Sshd struct {
	Addr   netip.Addr // all addresses when zero
	Port   uint16     // 22 when zero
	Config string     // lines of sshd_config, which win
}

// StartSshd starts OpenSSH with new host keys of the kinds that Debian makes.
func (h *Host) StartSshd(t T, o Sshd) *Server {
	t.Helper()
	port := portOr(o.Port, 22)
	h.WriteFile(t, "/run/sshd/.keep", "")
	keys := fmt.Sprintf("/etc/ssh/lab-%d", port)
	// All at once: a key of RSA can take a while.
	h.Run(t, "sh", "-c", `mkdir "$1" && cd "$1" &&
		for kind in ed25519 ecdsa "rsa -b 2048"; do ssh-keygen -q -N "" -t $kind -f ${kind%% *} & pids="$pids $!"; done
		for pid in $pids; do wait $pid || exit; done`, "sh", keys)
	var conf strings.Builder
	conf.WriteString(o.Config + "\n") // of two lines that contradict, sshd takes the first
	for _, a := range addressesOr(o.Addr) {
		fmt.Fprintf(&conf, "ListenAddress %s\n", netip.AddrPortFrom(a, port))
	}
	for _, kind := range []string{"ed25519", "ecdsa", "rsa"} {
		fmt.Fprintf(&conf, "HostKey %s/%s\n", keys, kind)
	}
	conf.WriteString("PidFile none\nUsePAM yes\n")
	h.WriteFile(t, keys+"/sshd_config", conf.String())
	// sshd starts itself again for each client, and wants to know where it is.
	return h.start(t, "sshd", []wanted{{"tcp", port, len(addressesOr(o.Addr))}}, "/usr/sbin/sshd", "-D", "-e", "-f", keys+"/sshd_config")
}
