//go:build linux && lab

package cli_test

import (
	"maps"
	"net/netip"
	"slices"
	"testing"
	"time"

	"sekisho/internal/exposure"
	"sekisho/internal/lab"
)

// serviceFaults are what is wrong with a service itself and with its protocol.
var serviceFaults = slices.Concat(ftpFaults, refusalFaults, silenceFaults, tlsFaults)

// The settings of vsftpd that a household needs: a range, port 20, and the
// router's address, which the lab always has.
const (
	ftpRanged = "pasv_min_port=50000\npasv_max_port=50010\nconnect_from_port_20=YES\n"
	ftpTold   = "pasv_address=26.10.0.2\n"
)

func ftpServer(config string, change func(t *testing.T, l *lab.Lab)) func(t *testing.T, l *lab.Lab) {
	return func(t *testing.T, l *lab.Lab) {
		t.Helper()
		l.Home.StartVsftpd(t, lab.Vsftpd{Addr: l.Home.V4, Config: config})
		l.Forward(t, "tcp", 21, 21)
		if change != nil {
			change(t, l)
		}
	}
}

func ftpServer6(change func(t *testing.T, l *lab.Lab)) func(t *testing.T, l *lab.Lab) {
	return func(t *testing.T, l *lab.Lab) {
		t.Helper()
		l.Home.StartVsftpd(t, lab.Vsftpd{Addr: l.Home.V6, Config: ftpRanged})
		l.Forward(t, "tcp", 21, 21)
		if change != nil {
			change(t, l)
		}
	}
}

func rangeForwarded(t *testing.T, l *lab.Lab) { t.Helper(); ftpRange(t, l, 50000, 50010) }

func rangeDropped(t *testing.T, l *lab.Lab) {
	t.Helper()
	l.Home.Filter(t, lab.Input, "iif != lo tcp dport 50000-50010", lab.Drop)
}

func hostAt(address func(l *lab.Lab) netip.Addr) func(l *lab.Lab) string {
	return func(l *lab.Lab) string { return address(l).String() }
}

// ftpFaults are of data connections: they are seen by a test of the other host,
// by the machine itself where its own packet filter is the matter, and by a
// client.
var ftpFaults = []fault{
	{name: "FTP, nothing is wrong", provoke: pages("forwards: [{protocol: tcp, outer: 21, to: 192.168.77.10}]\n", ftpServer(ftpTold+ftpRanged, rangeForwarded)), from: outsideHost, at: routerV4, test: "ftp", port: "21", arguments: readPages, cause: "ok", certainty: exposure.CauseProven},
	{name: "FTP, nothing is wrong, for a client", provoke: ftpServer(ftpRanged, nil), on: lanHost, host: hostAt(homeV4), port: "21", cause: "ok", certainty: exposure.CauseProven},
	{name: "FTP, nobody tried the data", provoke: ftpServer(ftpRanged, nil), from: lanHost, at: homeV4, port: "21", cause: "ok", certainty: exposure.CauseLikely},
	{name: "passive range dropped by the host", provoke: ftpServer(ftpRanged, rangeDropped), port: "21", cause: "ftp-passive-blocked", certainty: exposure.CauseProven},
	{name: "passive range dropped by the host, IPv6", provoke: ftpServer6(rangeDropped), from: lanHost, at: homeV6, test: "ftp", port: "21", cause: "ftp-passive-blocked", certainty: exposure.CauseProven},
	{name: "passive range dropped by the host, for a client", provoke: ftpServer(ftpRanged, rangeDropped), on: lanHost, host: hostAt(homeV4), port: "21", cause: "ftp-passive-blocked", certainty: exposure.CauseProven},
	{name: "ProFTPD's passive range dropped by the host", provoke: func(t *testing.T, l *lab.Lab) {
		l.Home.StartProFTPD(t, lab.ProFTPD{Config: "PassivePorts 50000 50010\n"})
		rangeDropped(t, l)
	}, port: "21", cause: "ftp-passive-blocked", certainty: exposure.CauseProven},
	{name: "passive range not forwarded by the router", provoke: ftpServer(ftpTold+ftpRanged, nil), from: outsideHost, at: routerV4, test: "ftp", port: "21", cause: "ftp-passive-blocked", certainty: exposure.CauseProven},
	{name: "passive range filtered by the router, IPv6", provoke: ftpServer6(nil), from: outsideHost, at: homeV6, test: "ftp", port: "21", cause: "ftp-passive-blocked", certainty: exposure.CauseProven},
	{name: "PASV answers the inner address", provoke: ftpServer(ftpRanged, rangeForwarded), from: outsideHost, at: routerV4, test: "ftp", port: "21", cause: "ftp-passive-address", certainty: exposure.CauseProven},
	{name: "PASV answers the inner address, for a client outside", provoke: ftpServer(ftpRanged, rangeForwarded), on: outsideHost, host: hostAt(routerV4), port: "21", cause: "ftp-passive-address", certainty: exposure.CauseProven},
	{name: "PASV answers the inner address, nobody tried it", provoke: ftpServer(ftpRanged, rangeForwarded), from: outsideHost, at: routerV4, port: "21", cause: "ftp-passive-address", certainty: exposure.CauseLikely},
	{name: "ProFTPD answers an old address", provoke: func(t *testing.T, l *lab.Lab) {
		l.Home.StartProFTPD(t, lab.ProFTPD{Config: "MasqueradeAddress 26.10.0.99\nPassivePorts 50000 50010\n"})
		l.Forward(t, "tcp", 21, 21)
		rangeForwarded(t, l)
	}, from: outsideHost, at: routerV4, test: "ftp", port: "21", cause: "ftp-passive-address", certainty: exposure.CauseProven},
	{name: "active mode cut by the server's packet filter", provoke: ftpServer(ftpRanged, func(t *testing.T, l *lab.Lab) {
		l.Home.Filter(t, lab.Output, "tcp sport 20 tcp flags & (syn | ack) == syn", lab.Drop)
	}), from: lanHost, at: homeV4, test: "ftp", port: "21", cause: "ftp-active-blocked", certainty: exposure.CauseProven},
	{name: "active mode cut by the server's packet filter, nobody else looked", provoke: ftpServer(ftpRanged, func(t *testing.T, l *lab.Lab) {
		l.Home.Filter(t, lab.Output, "tcp sport 20 tcp flags & (syn | ack) == syn", lab.Drop)
	}), port: "21", cause: "ftp-active-blocked", certainty: exposure.CauseProven},
	{name: "active mode cut by the client's packet filter", provoke: ftpServer(ftpRanged, func(t *testing.T, l *lab.Lab) {
		l.LAN.Filter(t, lab.Input, "ct state new tcp dport 1024-65535", lab.Drop)
	}), on: lanHost, host: hostAt(homeV4), port: "21", cause: "ftp-active-blocked", certainty: exposure.CauseProven},
	{name: "active mode cut by the client's packet filter, IPv6", provoke: ftpServer6(func(t *testing.T, l *lab.Lab) {
		l.LAN.Filter(t, lab.Input, "ct state new tcp dport 1024-65535", lab.Drop)
	}), on: lanHost, host: hostAt(homeV6), port: "21", cause: "ftp-active-blocked", certainty: exposure.CauseProven},
}

// hostName puts the name of the lab's server into a host's own list.
func hostName(t *testing.T, h *lab.Host, l *lab.Lab, name string) {
	t.Helper()
	h.WriteFile(t, "/etc/hosts", "127.0.0.1 localhost\n"+l.Home.V4.String()+" "+name+"\n")
}

// refusalFaults are services whose own access lists turn callers away, as a
// client sees them.
var refusalFaults = []fault{
	{name: "vsftpd turns away by hosts.deny", provoke: func(t *testing.T, l *lab.Lab) {
		l.Home.WriteFile(t, "/etc/hosts.deny", "vsftpd: ALL\n")
		l.Home.StartVsftpd(t, lab.Vsftpd{Addr: l.Home.V4, Config: "tcp_wrappers=YES\n"})
	}, on: lanHost, host: hostAt(homeV4), port: "21", cause: "service-refuses", certainty: exposure.CauseProven},
	{name: "sshd turns away by hosts.deny", provoke: func(t *testing.T, l *lab.Lab) {
		l.Home.WriteFile(t, "/etc/hosts.deny", "sshd: ALL\n")
		l.Home.StartSshd(t, lab.Sshd{})
	}, on: lanHost, host: hostAt(homeV4), port: "22", cause: "service-refuses", certainty: exposure.CauseProven},
	{name: "PostgreSQL has no entry for the host", provoke: func(t *testing.T, l *lab.Lab) {
		l.Home.StartPostgreSQL(t, lab.PostgreSQL{HBA: "host all all 127.0.0.1/32 scram-sha-256\n"})
	}, on: lanHost, host: hostAt(homeV4), port: "5432", cause: "service-refuses", certainty: exposure.CauseProven},
	{name: "MariaDB has no account for the host", provoke: func(t *testing.T, l *lab.Lab) {
		l.Home.StartMariaDB(t, lab.MariaDB{Closed: true})
	}, on: lanHost, host: hostAt(homeV4), port: "3306", cause: "service-refuses", certainty: exposure.CauseProven},
	{name: "Redis is in protected mode", provoke: func(t *testing.T, l *lab.Lab) {
		l.Home.StartRedis(t, lab.Redis{Config: "protected-mode yes\n"})
	}, on: lanHost, host: hostAt(homeV4), port: "6379", cause: "service-refuses", certainty: exposure.CauseProven},
	{name: "nginx denies", provoke: func(t *testing.T, l *lab.Lab) {
		l.Home.StartNginx(t, lab.Nginx{Config: "allow 127.0.0.1; deny all;"})
	}, on: lanHost, host: hostAt(homeV4), port: "80", cause: "service-refuses", certainty: exposure.CauseLikely},
	{name: "nginx denies over IPv6", provoke: func(t *testing.T, l *lab.Lab) {
		l.Home.StartNginx(t, lab.Nginx{Config: "deny 2000::/3;"})
	}, on: lanHost, host: hostAt(homeV6), port: "80", cause: "service-refuses", certainty: exposure.CauseLikely},
}

// banning shuts out for ten minutes whoever makes more than three connections to
// the port in a minute, as fail2ban and its kin do.
func banning(t *testing.T, h *lab.Host, port string) {
	t.Helper()
	h.NFT(t, `table inet ban {
		set banned4 { type ipv4_addr; flags dynamic,timeout; timeout 10m; }
		set banned6 { type ipv6_addr; flags dynamic,timeout; timeout 10m; }
		chain input {
			type filter hook input priority filter
			iif lo accept
			ip saddr @banned4 tcp dport `+port+` drop
			ip6 saddr @banned6 tcp dport `+port+` drop
			meta nfproto ipv4 tcp dport `+port+` ct state new limit rate over 1/minute burst 2 packets add @banned4 { ip saddr } drop
			meta nfproto ipv6 tcp dport `+port+` ct state new limit rate over 1/minute burst 2 packets add @banned6 { ip6 saddr } drop
		}
	}`)
}

// silenceFaults are services that take connections and do not serve.
var silenceFaults = []fault{
	{name: "hangs, for a client", provoke: func(t *testing.T, l *lab.Lab) { l.Home.Listen(t, "tcp", "[::]:80") }, on: lanHost, host: hostAt(homeV4), port: "80", cause: "service-silent", certainty: exposure.CauseProven},
	{name: "hangs over IPv6, for a client", provoke: func(t *testing.T, l *lab.Lab) { l.Home.Listen(t, "tcp", "[::]:25") }, on: lanHost, host: hostAt(homeV6), port: "25", cause: "service-silent", certainty: exposure.CauseProven},
	{name: "a name server that hangs", provoke: func(t *testing.T, l *lab.Lab) { l.Home.ListenPacket(t, "udp", "[::]:53") }, port: "53/udp", cause: "service-silent", certainty: exposure.CauseLikely},
	{name: "a time server that answers nobody", provoke: func(t *testing.T, l *lab.Lab) { l.Home.ListenPacket(t, "udp4", "0.0.0.0:123") }, port: "123/udp", cause: "service-silent", certainty: exposure.CauseLikely},
	{name: "mail at the port of the web", provoke: func(t *testing.T, l *lab.Lab) { l.Home.StartPostfix(t, lab.Postfix{Port: 80}) }, on: lanHost, host: hostAt(homeV4), port: "80", cause: "service-wrong", certainty: exposure.CauseProven},
	{name: "Redis at the port of mail", provoke: func(t *testing.T, l *lab.Lab) {
		l.Home.StartRedis(t, lab.Redis{Port: 25, Config: "protected-mode no\n"})
	}, on: lanHost, host: hostAt(homeV4), port: "25", cause: "service-wrong", certainty: exposure.CauseProven},
	{name: "shut out after some connections", provoke: func(t *testing.T, l *lab.Lab) {
		l.Home.StartNginx(t, lab.Nginx{})
		banning(t, l.Home, "80")
	}, on: lanHost, host: hostAt(homeV4), port: "80", cause: "adaptive-firewall", certainty: exposure.CauseProven},
	{name: "shut out after some connections, IPv6", provoke: func(t *testing.T, l *lab.Lab) {
		l.Home.StartSshd(t, lab.Sshd{})
		banning(t, l.Home, "22")
	}, on: lanHost, host: hostAt(homeV6), port: "22", cause: "adaptive-firewall", certainty: exposure.CauseProven},
}

// tlsFaults are certificates and TLS that clients do not take.
var tlsFaults = []fault{
	{name: "expired, IPv6", provoke: func(t *testing.T, l *lab.Lab) {
		l.Home.StartNginx(t, lab.Nginx{Expires: time.Now().Add(-48 * time.Hour)})
	}, on: lanHost, host: hostAt(homeV6), port: "443", cause: "tls-broken", certainty: exposure.CauseProven},
	{name: "not valid yet", provoke: func(t *testing.T, l *lab.Lab) {
		l.Home.StartNginx(t, lab.Nginx{Expires: time.Now().AddDate(0, 0, 200)})
	}, from: lanHost, at: homeV4, port: "443", cause: "tls-broken", certainty: exposure.CauseProven},
	{name: "a certificate for another name", provoke: func(t *testing.T, l *lab.Lab) {
		l.Home.StartNginx(t, lab.Nginx{})
		hostName(t, l.LAN, l, "www.other.example")
	}, on: lanHost, host: func(*lab.Lab) string { return "www.other.example" }, port: "443", cause: "tls-broken", certainty: exposure.CauseProven},
	{name: "a mailbox's certificate for another name", provoke: func(t *testing.T, l *lab.Lab) {
		l.Home.StartDovecot(t, lab.Dovecot{})
		hostName(t, l.LAN, l, "imap.other.example")
	}, on: lanHost, host: func(*lab.Lab) string { return "imap.other.example" }, port: "993", cause: "tls-broken", certainty: exposure.CauseProven},
	{name: "mail's STARTTLS with another name", provoke: func(t *testing.T, l *lab.Lab) {
		l.Home.StartPostfix(t, lab.Postfix{})
		hostName(t, l.LAN, l, "mail.other.example")
	}, on: lanHost, host: func(*lab.Lab) string { return "mail.other.example" }, port: "25", cause: "tls-broken", certainty: exposure.CauseProven},
	{name: "large packets vanish, TLS stalls", provoke: func(t *testing.T, l *lab.Lab) {
		l.Home.StartNginx(t, lab.Nginx{})
		l.Home.Filter(t, lab.Output, "tcp sport 443 meta length > 600", lab.Drop)
	}, on: lanHost, host: hostAt(homeV4), port: "443", cause: "tls-broken", certainty: exposure.CauseLikely},
	{name: "in the clear where TLS belongs", provoke: func(t *testing.T, l *lab.Lab) {
		l.Home.StartNginx(t, lab.Nginx{Port: 443, TLSPort: 8443})
	}, on: lanHost, host: hostAt(homeV4), port: "443", cause: "tls-broken", certainty: exposure.CauseProven},
	{name: "in the clear where TLS belongs, IPv6", provoke: func(t *testing.T, l *lab.Lab) {
		l.Home.StartDovecot(t, lab.Dovecot{IMAP: 993, IMAPS: 1993})
	}, on: lanHost, host: hostAt(homeV6), port: "993", cause: "tls-broken", certainty: exposure.CauseProven},
}

// TestServicesThatFailThePolicyHaveCauses: the port is open as it should be, and
// what answers there is not what the policy says.
func TestServicesThatFailThePolicyHaveCauses(t *testing.T) {
	l := lab.New(t)
	l.Home.StartNginx(t, lab.Nginx{Expires: time.Now().AddDate(0, 0, 10)})
	l.Home.StartSshd(t, lab.Sshd{Port: 25})
	l.LAN.WriteFile(t, "/tmp/policy.yaml", "lan:\n  open:\n    - {port: 25, protocol: smtp}\n    - {port: 80, tls: required}\n    - {port: 443, protocol: https, certificate-days: 30}\n")
	r := sekisho(t, l.LAN, root, "check", l.Home.V4.String(), "-p", "25,80,443", "--policy", "/tmp/policy.yaml", "-f", "json")
	causes := map[uint16]string{}
	for _, p := range decode[exposure.Report](t, r).Hosts[0].Ports {
		for _, v := range p.Verdicts {
			if v.Cause != nil {
				causes[p.Port] = v.Cause.ID + " " + string(v.Cause.Certainty)
			}
		}
	}
	want := map[uint16]string{25: "service-wrong proven", 80: "tls-broken proven", 443: "tls-broken proven"}
	if !maps.Equal(causes, want) {
		t.Errorf("%v, want %v\n%s%s", causes, want, r.out, r.errs)
	}
}
