//go:build linux && lab

package cli_test

import (
	"testing"

	"sekisho/internal/exposure"
	"sekisho/internal/lab"
)

// viaFTPFaults are faults of FTP's data connections that a vantage finds out by
// itself: nobody brings it the document of a test.
var viaFTPFaults = []fault{
	{name: "via: FTP, nothing is wrong", provoke: ftpServer(ftpTold+ftpRanged, func(t *testing.T, l *lab.Lab) {
		rangeForwarded(t, l)
		hairpinning(t, l, 21)
	}), via: true, port: "21", arguments: v4, cause: "ok", certainty: exposure.CauseProven},
	{name: "via: FTP, nothing is wrong over IPv6", provoke: ftpServer6(rangeForwarded), via: true, port: "21", arguments: v6, cause: "ok", certainty: exposure.CauseProven},
	{name: "via: PASV answers the inner address", provoke: ftpServer(ftpRanged, rangeForwarded), via: true, port: "21", arguments: v4, cause: "ftp-passive-address", certainty: exposure.CauseProven},
	{name: "via: ProFTPD answers an old address", provoke: func(t *testing.T, l *lab.Lab) {
		l.Home.StartProFTPD(t, lab.ProFTPD{Config: "MasqueradeAddress 26.10.0.99\nPassivePorts 50000 50010\n"})
		l.Forward(t, "tcp", 21, 21)
		rangeForwarded(t, l)
	}, via: true, port: "21", arguments: v4, cause: "ftp-passive-address", certainty: exposure.CauseProven},
	{name: "via: passive range not forwarded by the router", provoke: ftpServer(ftpTold+ftpRanged, nil), via: true, port: "21", arguments: v4, cause: "ftp-passive-blocked", certainty: exposure.CauseProven},
	{name: "via: passive range filtered by the router, IPv6", provoke: ftpServer6(nil), via: true, port: "21", arguments: v6, cause: "ftp-passive-blocked", certainty: exposure.CauseProven},
	{name: "via: passive range dropped by the host", provoke: ftpServer(ftpTold+ftpRanged, func(t *testing.T, l *lab.Lab) {
		rangeForwarded(t, l)
		rangeDropped(t, l)
	}), via: true, port: "21", arguments: v4, cause: "ftp-passive-blocked", certainty: exposure.CauseProven},
	{name: "via: active mode cut by the server's packet filter", provoke: ftpServer(ftpTold+ftpRanged, func(t *testing.T, l *lab.Lab) {
		rangeForwarded(t, l)
		l.Home.Filter(t, lab.Output, "ip daddr != 192.168.0.0/16 tcp sport 20 tcp flags & (syn | ack) == syn", lab.Drop)
	}), via: true, port: "21", arguments: v4, cause: "ftp-active-blocked", certainty: exposure.CauseProven},
	{name: "via: active mode cut by the router, IPv6", provoke: ftpServer6(func(t *testing.T, l *lab.Lab) {
		rangeForwarded(t, l)
		l.Router.NFT(t, "insert rule inet router forward iifname \"lan\" tcp sport 20 tcp flags & (syn | ack) == syn drop")
	}), via: true, port: "21", arguments: v6, cause: "ftp-active-blocked", certainty: exposure.CauseProven},
}
