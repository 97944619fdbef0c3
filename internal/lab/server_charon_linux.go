package lab

import (
	"context"
	"fmt"
	"time"
)

// Charon says what strongSwan agrees to.
type Charon struct {
	Version    int    // of IKE: 1 or 2; both when zero
	Proposals  string // in strongSwan's words; aes256-sha256-modp2048 when empty
	Aggressive bool   // with a shared key, which strongSwan must be told not to care about
	Unused     bool   // it has no connection at all, as it comes
}

// StartCharon starts strongSwan's daemon, for whoever knows a shared key. No
// tunnel ever comes about: the plugins that would make one are left out.
func (h *Host) StartCharon(t T, o Charon) *Server {
	t.Helper()
	proposals, aggressive := o.Proposals, "no"
	if proposals == "" {
		proposals = "aes256-sha256-modp2048"
	}
	if o.Aggressive {
		aggressive = "yes"
	}
	h.WriteFile(t, "/etc/strongswan.conf", fmt.Sprintf(`charon-systemd {
	i_dont_care_about_security_and_use_aggressive_mode_psk = %s
	send_vendor_id = yes
	filelog {
		stderr {
			default = 1
			flush_line = yes
		}
	}
	load_modular = no
	load = random nonce openssl aes des sha1 sha2 md5 hmac kdf curve25519 gmp kernel-netlink socket-default vici
}
`, aggressive))
	connection := fmt.Sprintf(`connections {
	lab {
		version = %d
		proposals = %s
		aggressive = %s
		local { auth = psk
			id = home.example }
		remote { auth = psk }
		children { lab { } }
	}
}
secrets { ike { secret = "lab" } }
`, o.Version, proposals, aggressive)
	if o.Unused {
		connection = ""
	}
	h.WriteFile(t, "/etc/swanctl/swanctl.conf", connection)
	s := h.start(t, "charon-systemd", []wanted{{"udp", 500, 2}, {"udp", 4500, 2}}, "/usr/sbin/charon-systemd")
	s.await(t, "swanctl", "--load-all", "--noprompt")
	return s
}

// await runs a command of the host until it succeeds: a server listens to its
// peers before it does to its owner.
func (s *Server) await(t T, command string, args ...string) {
	t.Helper()
	deadline := time.Now().Add(startTimeout)
	look := time.NewTicker(20 * time.Millisecond)
	defer look.Stop()
	for {
		out, err := s.host.Command(context.Background(), command, args...).CombinedOutput()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s: %s %v: %v: %s; %s said:\n%s", s.host.Name, command, args, err, out, s.Name, s.Log())
		}
		<-look.C
	}
}
