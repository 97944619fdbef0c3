//go:build linux && lab

package probe_test

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"sekisho/internal/exposure"
	"sekisho/internal/lab"
	"sekisho/internal/probe"
)

// ftpTested runs the test of FTP from one host against another.
func ftpTested(t *testing.T, from *lab.Host, to netip.Addr, o probe.TestOptions) probe.Outcome {
	t.Helper()
	o.Timeout = 20 * time.Second
	out, err := probe.RunTestThrough(t.Context(), from.Do, "ftp", exposure.Target{Address: to}, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("%s:\n%s", to, ftpShown(out))
		}
	})
	return out
}

func ftpShown(out probe.Outcome) string {
	var b strings.Builder
	for _, s := range out.Steps {
		fmt.Fprintf(&b, "%s %s %s %q %q %s %s %v %s\n", s.ID, s.Result, s.Why, s.Asked, s.Said.Terminal(), s.Local, s.Remote, s.Facts, s.Detail)
	}
	for i, f := range out.Flow {
		fmt.Fprintf(&b, "%d %s %s > %s %s\n", i+1, f.Row, f.From, f.To, f.What)
	}
	fmt.Fprintf(&b, "%v\n%s\n", out.Service.Facts, out.Service.Error)
	return b.String()
}

// ftpResults are the steps with what became of each, in one word each.
func ftpResults(out probe.Outcome) []string {
	var results []string
	for _, s := range out.Steps {
		results = append(results, strings.TrimPrefix(s.ID, "ftp-")+" "+s.Result.String())
	}
	return results
}

// TestFTPRealServers moves data in every mode with vsftpd and ProFTPD, over both
// families, in the clear, inside TLS that was asked for and inside TLS from the
// first byte.
func TestFTPRealServers(t *testing.T) {
	for _, c := range []struct {
		name  string
		start func(h *lab.Host) *lab.Server
		port  uint16
		tls   bool
		from  uint16 // the port of active data; 0: any
	}{
		{"vsftpd", func(h *lab.Host) *lab.Server {
			return h.StartVsftpd(t, lab.Vsftpd{Config: "connect_from_port_20=YES"})
		}, 21, false, 20},
		{"vsftpd", func(h *lab.Host) *lab.Server {
			return h.StartVsftpd(t, lab.Vsftpd{TLS: true})
		}, 21, true, 0},
		{"vsftpd", func(h *lab.Host) *lab.Server {
			return h.StartVsftpd(t, lab.Vsftpd{Port: 990, TLS: true, Config: "implicit_ssl=YES"})
		}, 990, true, 0},
		{"ProFTPD", func(h *lab.Host) *lab.Server { return h.StartProFTPD(t, lab.ProFTPD{}) }, 21, false, 0},
		{"ProFTPD", func(h *lab.Host) *lab.Server { return h.StartProFTPD(t, lab.ProFTPD{TLS: true}) }, 21, true, 0},
	} {
		t.Run(fmt.Sprintf("%s_%d_%v", c.name, c.port, c.tls), func(t *testing.T) {
			l := lab.New(t)
			c.start(l.Home)
			for _, to := range []netip.Addr{l.Home.V4, l.Home.V6} {
				out := ftpTested(t, l.LAN, to, probe.TestOptions{Port: c.port})
				facts := out.Service.Facts
				if out.Service.Product.Raw() != c.name || out.Service.Error != "" || facts["tls_control"] != c.tls || facts["tls_data"] != c.tls {
					t.Errorf("%s: %q, TLS %v %v, error %q", to, out.Service.Product, facts["tls_control"], facts["tls_data"], out.Service.Error)
				}
				modes := []string{"pasv", "epsv", "port", "eprt"}
				if to.Is6() {
					modes = []string{"epsv", "eprt"}
				}
				for _, m := range modes {
					if facts.Text(m).Raw() != "ok" {
						t.Errorf("%s: %s is %q", to, m, facts.Text(m))
					}
				}
				ftpHoldFlow(t, out, modes, netip.AddrPortFrom(to, c.port), c.from)
				if facts["data_port_let_in"] == true {
					t.Errorf("%s: port 20 is called let in", to)
				}
			}
		})
	}
}

// ftpHoldFlow holds the diagram: five rows a mode, each with both ends, the list
// and the file on data connections of their own, opened by the side that opens
// them in that mode.
func ftpHoldFlow(t *testing.T, out probe.Outcome, modes []string, server netip.AddrPort, from uint16) {
	t.Helper()
	rows := []exposure.FlowRow{exposure.FlowControl, exposure.FlowData, exposure.FlowListing, exposure.FlowRequest, exposure.FlowTransfer}
	if len(out.Flow) != len(rows)*len(modes) {
		t.Fatalf("%d rows for %v", len(out.Flow), modes)
	}
	for i, m := range modes {
		flow := out.Flow[i*len(rows) : (i+1)*len(rows)]
		for j, row := range rows {
			if flow[j].Row != row {
				t.Fatalf("%s: row %d is %s", m, j+1, flow[j].Row)
			}
		}
		control, data, listing, request, transfer := flow[0], flow[1], flow[2], flow[3], flow[4]
		active := m == "port" || m == "eprt"
		switch {
		case control.To != server || request.To != server || request.From != control.From:
			t.Errorf("%s: control %s > %s, request %s > %s", m, control.From, control.To, request.From, request.To)
		case data.What != strings.ToUpper(m):
			t.Errorf("%s: agreed on by %s", m, data.What)
		case active && (data.From != listing.From || data.To != listing.To), !active && (data.To != listing.From || data.From != listing.To):
			t.Errorf("%s: data %s > %s, listing %s > %s", m, data.From, data.To, listing.From, listing.To)
		case listing.From.Addr() != server.Addr() || transfer.From.Addr() != server.Addr() || listing.To == transfer.To:
			t.Errorf("%s: listing %s > %s, transfer %s > %s", m, listing.From, listing.To, transfer.From, transfer.To)
		case active && from != 0 && (listing.From.Port() != from || transfer.From.Port() != from):
			t.Errorf("%s: from %s and %s", m, listing.From, transfer.From)
		}
		for _, f := range flow[1:] {
			if f.From.Port() == 0 || f.To.Port() == 0 {
				t.Errorf("%s: %s has no port at both ends", m, f.Row)
			}
		}
	}
}

// TestFTPWrites has a user and then nobody in particular upload and delete in
// every mode, and holds that nothing stays, that nothing is written unasked and
// that the password shows nowhere.
func TestFTPWrites(t *testing.T) {
	l := lab.New(t)
	const secret = "Kirin7-wa-tabi"
	l.Home.Run(t, "useradd", "--create-home", "--shell", "/bin/bash", "alice")
	l.Home.Run(t, "sh", "-c", "echo alice:"+secret+" | chpasswd && echo small > ~alice/small.txt && seq 9999 > ~alice/large.txt && mkdir -p /srv/lab && mkdir /srv/lab/in && chown ftp /srv/lab/in")
	l.Home.StartVsftpd(t, lab.Vsftpd{TLS: true, Config: "write_enable=YES\nforce_local_logins_ssl=YES\nforce_local_data_ssl=YES\n" +
		"anon_upload_enable=YES\nanon_other_write_enable=YES"})
	password := func() (string, error) { return secret, nil }

	out := ftpTested(t, l.LAN, l.Home.V4, probe.TestOptions{User: "alice", Password: password, Values: map[string][]string{"write": {"true"}}})
	var want []string
	for _, m := range []string{"pasv", "epsv", "port", "eprt"} {
		want = append(want, m+"-list ok", m+"-get ok", m+"-put ok", m+"-delete ok")
	}
	if got := ftpResults(out); !slices.Equal(got, append([]string{"greeting ok", "auth-tls ok", "login ok", "protect ok"}, want...)) {
		t.Errorf("steps %q", got)
	}
	if out.Service.Facts["user_write"] != true || out.Service.Facts["anonymous_write"] != nil || out.Service.Facts["upload_left"] != nil || out.Service.Facts["login_without_tls"] != false {
		t.Errorf("facts %v", out.Service.Facts)
	}
	if strings.Contains(ftpShown(out), secret) {
		t.Error("the password is shown")
	}
	if left := l.Home.Run(t, "sh", "-c", "ls ~alice"); left != "large.txt\nsmall.txt\n" {
		t.Errorf("left: %q", left)
	}
	for _, s := range out.Steps {
		if strings.HasSuffix(s.ID, "-get") && !strings.HasSuffix(s.Asked, "RETR small.txt") {
			t.Errorf("downloads %q", s.Asked)
		}
	}

	out = ftpTested(t, l.LAN, l.Home.V4, probe.TestOptions{User: "alice", Password: password, Values: map[string][]string{"file": {"large.txt"}, "max": {"5000"}}})
	for _, s := range out.Steps {
		if strings.HasSuffix(s.ID, "-get") && (s.Result != exposure.StepOK || s.Facts["bytes"] != int64(5000) || s.Facts["cut"] != true) {
			t.Errorf("%s: %s %v %s", s.ID, s.Result, s.Facts, s.Detail)
		}
	}
	if _, wrote := out.Service.Facts["user_write"]; wrote {
		t.Error("wrote unasked")
	}

	wrong := ftpTested(t, l.LAN, l.Home.V4, probe.TestOptions{User: "alice", Password: func() (string, error) { return "no-" + secret, nil }})
	if wrong.Service.Facts["logged_in"] != false || strings.Contains(ftpShown(wrong), secret) {
		t.Errorf("a wrong password:\n%s", ftpShown(wrong))
	}
	out = ftpTested(t, l.LAN, l.Home.V4, probe.TestOptions{Values: map[string][]string{"write": {"true"}}})
	if out.Service.Facts["anonymous_write"] != true || out.Service.Facts["user_write"] != nil {
		t.Errorf("facts %v", out.Service.Facts)
	}
	if got := ftpResults(out); !slices.Contains(got, "pasv-put refused") || !slices.Contains(got, "eprt-delete ok") {
		t.Errorf("steps %q", got)
	}
	if left := l.Home.Run(t, "sh", "-c", "ls /srv/lab/*"); left != "/srv/lab/welcome.txt\n\n/srv/lab/in:\n" {
		t.Errorf("left: %q", left)
	}
}

// TestFTPRecordedAgain records the exchanges with ProFTPD again, and those with
// vsftpd that offers TLS.
func TestFTPRecordedAgain(t *testing.T) {
	l := lab.New(t)
	at := netip.AddrPortFrom(l.Home.V4, 21)
	for _, c := range []struct {
		path  string
		start func() *lab.Server
	}{
		{"ftp/happy-proftpd-plain", func() *lab.Server { return l.Home.StartProFTPD(t, lab.ProFTPD{}) }},
		{"ftp/happy-proftpd-tls", func() *lab.Server { return l.Home.StartProFTPD(t, lab.ProFTPD{TLS: true}) }},
		{"ftp/happy-proftpd-tls-required", func() *lab.Server {
			return l.Home.StartProFTPD(t, lab.ProFTPD{TLS: true, Config: "TLSRequired on"})
		}},
	} {
		s := c.start()
		recordAgain(t, l.LAN, at, c.path, "ProFTPD", "proftpd-core")
		s.Stop()
	}
	l.Home.StartVsftpd(t, lab.Vsftpd{TLS: true, Config: "force_local_logins_ssl=YES"})
	recordAgain(t, l.LAN, at, "ftp/happy-vsftpd-tls", "vsftpd", "vsftpd")
}
