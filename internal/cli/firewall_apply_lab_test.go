//go:build linux && lab

package cli_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"sekisho/internal/exposure"
	"sekisho/internal/lab"
)

// applying is a run of firewall --apply that waits for its word.
type applying struct {
	t     *testing.T
	h     *lab.Host
	cmd   *exec.Cmd
	stdin io.WriteCloser
	lines chan string // of both its outputs
	pid   string      // in the host
}

// apply starts a change, and returns when it is made and waits, or has ended.
func apply(t *testing.T, h *lab.Host, args ...string) *applying {
	t.Helper()
	path, err := program()
	if err != nil {
		t.Fatal(err)
	}
	a := &applying{t: t, h: h, lines: make(chan string, 1000)}
	// The shell tells its number and becomes the program.
	a.cmd = h.Command(t.Context(), "setsid", "sh", "-c", `echo "pid $$"; exec env SEKISHO_LANG=en "$@"`, "sh", path)
	a.cmd.Args = append(a.cmd.Args, append([]string{"firewall"}, args...)...)
	if a.stdin, err = a.cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	r, w := io.Pipe()
	a.cmd.Stdout, a.cmd.Stderr = w, w
	if err := a.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		w.CloseWithError(a.cmd.Wait())
	}()
	go func() {
		defer close(a.lines)
		for lines := bufio.NewScanner(r); lines.Scan(); {
			a.lines <- lines.Text()
		}
	}()
	a.pid = strings.TrimPrefix(a.await("pid "), "pid ")
	return a
}

// await returns the next line that begins with some words.
func (a *applying) await(words string) string {
	a.t.Helper()
	var seen []string
	late := time.After(time.Minute)
	for {
		select {
		case line, ok := <-a.lines:
			if !ok {
				a.t.Fatalf("it ended and never said %q:\n%s", words, strings.Join(seen, "\n"))
			}
			if strings.HasPrefix(strings.TrimSpace(line), words) {
				return line
			}
			seen = append(seen, line)
		case <-late:
			a.t.Fatalf("it does not say %q:\n%s", words, strings.Join(seen, "\n"))
		}
	}
}

var uncounted = regexp.MustCompile(`counter packets \d+ bytes \d+|\[\d+:\d+\]|(?m)^#.*$`)

// rules are all rules of a host, in every form, and the files of ufw.
func rules(t *testing.T, h *lab.Host) string {
	t.Helper()
	text := h.Run(t, "sh", "-c", `nft list ruleset; for p in iptables ip6tables iptables-legacy ip6tables-legacy; do $p-save; done; cat /etc/ufw/user*.rules /etc/firewalld/zones/* 2>/dev/null; true`)
	return uncounted.ReplaceAllString(text, "")
}

// awaitRules waits until the rules of a host are those, and tells whether they
// came.
func awaitRules(t *testing.T, h *lab.Host, want string) {
	t.Helper()
	late := time.Now().Add(time.Minute)
	for rules(t, h) != want { // each look starts a program and waits for it
		if time.Now().After(late) {
			t.Fatalf("the old rules did not come back; now:\n%s\n\nwant:\n%s", rules(t, h), want)
		}
	}
}

// reaches tries a port of home from a host of the LAN.
func reaches(t *testing.T, from *lab.Host, to netip.Addr, port int, want bool) {
	t.Helper()
	patience := 20 * time.Second
	if !want {
		patience = 300 * time.Millisecond // silence, or a refusal
	}
	err := from.Do(func() error {
		c, err := net.DialTimeout("tcp", net.JoinHostPort(to.String(), strconv.Itoa(port)), patience)
		if err == nil {
			err = c.Close()
		}
		return err
	})
	if (err == nil) != want {
		t.Errorf("from %s to %s port %d: %v, want it open: %v", from.Name, to, port, err, want)
	}
}

// firewalls are machines with each product for real, that let in port 2222 and not
// 8099.
var firewalls = map[string]func(t *testing.T, h *lab.Host){
	"nftables": func(t *testing.T, h *lab.Host) {
		h.NFT(t, `table inet edge {
			set friends { type ipv4_addr; elements = { 10.1.1.1, 10.1.1.2 }
			}
			chain arriving {
				type filter hook input priority filter; policy drop
				ct state established,related accept
				iif lo accept
				meta l4proto ipv6-icmp accept
				ip saddr @friends counter accept
				tcp dport { 22, 2222 } accept comment "ssh"
			}
		}`)
	},
	"iptables": func(t *testing.T, h *lab.Host) {
		h.Run(t, "sh", "-ec", `for p in iptables ip6tables; do
			$p -P INPUT DROP; $p -A INPUT -i lo -j ACCEPT; $p -A INPUT -m conntrack --ctstate ESTABLISHED -j ACCEPT
			$p -A INPUT -p tcp --dport 2222 -m comment --comment 'for me' -j ACCEPT; done
			ip6tables -A INPUT -p ipv6-icmp -j ACCEPT; iptables -t nat -A POSTROUTING -o eth7 -j MASQUERADE`)
	},
	"ufw": func(t *testing.T, h *lab.Host) {
		h.StartUFW(t, "allow 2222/tcp", "allow from 10.0.0.0/8 to any app OpenSSH")
	},
	"firewalld": func(t *testing.T, h *lab.Host) { h.StartFirewalld(t, "--add-port=2222/tcp") },
}

// TestApply makes a change with each product, for real: it holds while it waits,
// stays when it is confirmed, from the keyboard or another shell, and everything is
// as before when it is not, whoever is killed.
func TestApply(t *testing.T) {
	for product, start := range firewalls {
		t.Run(product, func(t *testing.T) {
			t.Parallel()
			l := lab.New(t)
			h := l.Home
			h.Listen(t, "tcp", ":8099")
			start(t, h)
			before := rules(t, h)
			open := []string{"open", "8099", "--apply"}

			a := apply(t, h, append(open, "--confirm", "3s")...)
			a.await("Keep the change?")
			reaches(t, l.LAN, h.V4, 8099, true)
			a.await("Nobody confirmed in time")
			awaitRules(t, h, before)
			reaches(t, l.LAN, h.V4, 8099, false)

			a = apply(t, h, append(open, "--confirm", "1m")...)
			a.await("Keep the change?")
			if r := sekisho(t, h, root, "firewall", "close", "2222", "--apply"); r.code != 2 || !strings.Contains(r.errs, "another change waits") {
				t.Errorf("a second change: %d %s", r.code, r.errs)
			}
			h.Run(t, "kill", "-9", "--", "-"+a.pid) // its whole group
			if r := sekisho(t, h, root, "firewall", "rollback"); r.code != 0 || !strings.Contains(r.out, "old rules are in force") {
				t.Errorf("taken back from another shell: %d %s%s", r.code, r.out, r.errs)
			}
			awaitRules(t, h, before)

			a = apply(t, h, append(open, "--confirm", "3s")...)
			a.await("Keep the change?")
			h.Run(t, "kill", "-9", a.pid)
			awaitRules(t, h, before)

			a = apply(t, h, append(open, "--confirm", "1m")...)
			a.await("Keep the change?")
			if r := sekisho(t, h, root, "firewall", "confirm"); r.code != 0 || !strings.Contains(r.out, "new rules stay") {
				t.Errorf("confirmed from another shell: %d %s%s", r.code, r.out, r.errs)
			}
			a.await("Confirmed")
			for _, to := range []netip.Addr{h.V4, h.V6} {
				reaches(t, l.LAN, to, 8099, true)
			}
			switch product { // what lasts over a restart
			case "ufw":
				h.Run(t, "ufw", "reload")
			case "firewalld":
				h.Run(t, "firewall-cmd", "--reload")
			}
			reaches(t, l.LAN, h.V6, 8099, true)

			a = apply(t, h, "close", "8099", "--apply")
			a.await("Keep the change?")
			fmt.Fprintln(a.stdin, "yes")
			a.await("Confirmed")
			for _, to := range []netip.Addr{h.V4, h.V6} {
				reaches(t, l.LAN, to, 8099, false)
				reaches(t, l.LAN, to, 2222, false)
			}
			if r := sekisho(t, h, root, "firewall", "confirm"); r.code != 2 || !strings.Contains(r.errs, "no change waits") {
				t.Errorf("nothing to confirm: %d %s", r.code, r.errs)
			}
		})
	}
}

// TestApplyTellsWhatBecame: the document of a change holds what was run, what the
// rules then did and how it ended.
func TestApplyTellsWhatBecame(t *testing.T) {
	l := lab.New(t)
	h := l.Home
	h.Listen(t, "tcp", ":8099")
	firewalls["nftables"](t, h)
	r := sekisho(t, h, root, "firewall", "open", "8099", "--apply", "--confirm", "1s", "-f", "json")
	d := decode[exposure.FirewallCommands](t, r)
	if r.code != 1 || d.Applied == nil || d.Applied.Outcome != "rolled-back" || d.Applied.Why != "deadline" || len(d.Applied.Lines) != 1 {
		t.Fatalf("%d %+v", r.code, d.Applied)
	}
	accepted := false
	for _, a := range d.Ports[0].After {
		accepted = accepted || a.Zone == exposure.ZoneLAN && a.Verdict == exposure.FirewallAccept
	}
	if !accepted || len(d.Ports[0].Observations) == 0 {
		t.Errorf("%+v", d.Ports[0])
	}
	if r := sekisho(t, h, nobody, "firewall", "open", "8099", "--apply"); r.code != 2 || !strings.Contains(r.errs, "root") || strings.Count(r.errs, "\n") != 1 {
		t.Errorf("by nobody: %d %s", r.code, r.errs)
	}
}

// TestApplyKeepsWhatOthersChanged: a rule that somebody adds while the change
// waits stays when it is taken back.
func TestApplyKeepsWhatOthersChanged(t *testing.T) {
	for product, theirs := range map[string]string{
		"nftables": "nft add rule inet edge arriving udp dport 4242 accept",
		"iptables": "iptables -I INPUT 2 -p udp -m udp --dport 4242 -j ACCEPT",
	} {
		t.Run(product, func(t *testing.T) {
			h := lab.New(t).Home
			firewalls[product](t, h)
			a := apply(t, h, "close", "2222", "--apply")
			a.await("Keep the change?")
			h.Run(t, "sh", "-ec", theirs)
			fmt.Fprintln(a.stdin, "no")
			if line := a.await("Taken back"); !strings.Contains(line, "Somebody else changed") {
				t.Errorf("it says %q", line)
			}
			now := rules(t, h)
			if !strings.Contains(now, "4242") || strings.Contains(now, "sekisho") || !strings.Contains(now, "2222") {
				t.Errorf("the rules are\n%s", now)
			}
		})
	}
}

// TestApplyNeverCutsOff: the connection of ssh that a change would cut is found,
// with SSH_CONNECTION and without, and nothing is changed.
func TestApplyNeverCutsOff(t *testing.T) {
	for product, start := range firewalls {
		t.Run(product, func(t *testing.T) {
			t.Parallel()
			l := lab.New(t)
			h := l.Home
			h.StartSshd(t, lab.Sshd{Port: 2222, Config: "PermitRootLogin yes\nStrictModes no"})
			l.LAN.Run(t, "ssh-keygen", "-q", "-N", "", "-t", "ed25519", "-f", "/root/key")
			h.WriteFile(t, "/root/.ssh/authorized_keys", l.LAN.Run(t, "cat", "/root/key.pub"))
			start(t, h)
			before := rules(t, h)
			path, err := program()
			if err != nil {
				t.Fatal(err)
			}
			try := func(environment, port string) (int, string) {
				t.Helper()
				cmd := l.LAN.Command(t.Context(), "ssh", "-n", "-p", "2222", "-i", "/root/key", "-o", "StrictHostKeyChecking=no", "-o", "LogLevel=ERROR",
					"root@"+h.V4.String(), environment+" "+path+" firewall close "+port+" --apply --confirm 1s --lang en")
				out, _ := cmd.CombinedOutput()
				return cmd.ProcessState.ExitCode(), string(out)
			}
			for _, environment := range []string{"env", "env -u SSH_CONNECTION -u SSH_CLIENT", "setsid -w env -u SSH_CONNECTION"} {
				if code, out := try(environment, "2222"); code != 2 || !strings.Contains(out, "refused: it would cut off the connection from "+l.LAN.V4.String()) {
					t.Errorf("%s: %d %s", environment, code, out)
				}
			}
			if now := rules(t, h); now != before {
				t.Errorf("the rules changed:\n%s", now)
			}
			if code, out := try("env", "8099"); code != 1 || !strings.Contains(out, "old rules are in force again") {
				t.Errorf("another port: %d %s", code, out)
			}
			awaitRules(t, h, before)
		})
	}
}

// TestApplyWithoutRoom: where the way back cannot be written down, nothing is
// changed.
func TestApplyWithoutRoom(t *testing.T) {
	h := lab.New(t).Home
	firewalls["nftables"](t, h)
	before := rules(t, h)
	h.Run(t, "sh", "-ec", "mkdir -p /var/lib/sekisho; mount -t tmpfs -o size=8k full /var/lib/sekisho; head -c 100000 /dev/zero > /var/lib/sekisho/x || true")
	r := sekisho(t, h, root, "firewall", "open", "8099", "--apply", "--confirm", "1s")
	if r.code != 2 || !strings.Contains(r.errs, "nothing was changed") {
		t.Errorf("%d %s", r.code, r.errs)
	}
	awaitRules(t, h, before)
}

// TestApplyGuardKilled: whoever is left puts the rules back, and what is left
// behind is told by the next command.
func TestApplyGuardKilled(t *testing.T) {
	h := lab.New(t).Home
	firewalls["nftables"](t, h)
	before := rules(t, h)
	a := apply(t, h, "open", "8099", "--apply")
	a.await("Keep the change?")
	h.Run(t, "pkill", "-9", "-x", "firewall-guard")
	a.await("The process that guarded the change was ended")
	awaitRules(t, h, before)

	a = apply(t, h, "open", "8099", "--apply")
	a.await("Keep the change?")
	h.Run(t, "sh", "-c", "kill -STOP "+a.pid+"; pkill -9 -x firewall-guard; kill -9 "+a.pid) // both at once
	r := sekisho(t, h, root, "firewall", "show", "8099")
	if !strings.Contains(r.errs, "NOTE: a change of") {
		t.Errorf("the next command says %s", r.errs)
	}
	if r := sekisho(t, h, root, "firewall", "rollback"); r.code != 0 {
		t.Errorf("%d %s", r.code, r.errs)
	}
	awaitRules(t, h, before)
}
