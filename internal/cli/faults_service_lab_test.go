//go:build linux && lab

package cli_test

import (
	"net/netip"
	"slices"
	"testing"

	"sekisho/internal/exposure"
	"sekisho/internal/lab"
)

// serviceFaults are what is wrong with a service itself and with its protocol.
var serviceFaults = slices.Concat(ftpFaults)

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
	{name: "FTP, nothing is wrong", provoke: ftpServer(ftpTold+ftpRanged, rangeForwarded), from: outsideHost, at: routerV4, test: "ftp", port: "21", cause: "ok", certainty: exposure.CauseProven},
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
