//go:build linux && lab

package probe_test

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"sekisho/internal/exposure"
	"sekisho/internal/lab"
	"sekisho/internal/probe"
)

// ftpTested runs the test of FTP from one host.
func ftpTested(t *testing.T, from *lab.Host, to netip.Addr, o probe.TestOptions) probe.Outcome {
	t.Helper()
	if o.Timeout == 0 {
		o.Timeout = 20 * time.Second
	}
	out, err := probe.RunTestThrough(t.Context(), from.Do, "ftp", exposure.Target{Address: to}, o)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func said(out probe.Outcome) string {
	var b strings.Builder
	for _, s := range out.Steps {
		fmt.Fprintf(&b, "%s %s why=%q asked=%q said=%q %s>%s %v %s\n", s.ID, s.Result, s.Why, s.Asked, s.Said.Terminal(), s.Local, s.Remote, s.Facts, s.Detail)
	}
	for i, f := range out.Flow {
		fmt.Fprintf(&b, "%d %s %s > %s %s\n", i+1, f.Row, f.From, f.To, f.What)
	}
	fmt.Fprintf(&b, "%v\n%s\n", out.Service.Facts, out.Service.Error)
	return b.String()
}

func TestFTPTry(t *testing.T) {
	l := lab.New(t)
	l.Home.StartVsftpd(t, lab.Vsftpd{Config: "connect_from_port_20=YES"})
	for _, to := range []netip.Addr{l.Home.V4, l.Home.V6} {
		t.Log(said(ftpTested(t, l.LAN, to, probe.TestOptions{})))
	}
}
