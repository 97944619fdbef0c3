package diagnose

import (
	"maps"
	"net/netip"
	"strings"
	"testing"

	"sekisho/internal/exposure"
	"sekisho/internal/lang"
	"sekisho/internal/untrusted"
)

func init() { maps.Copy(cases, ftpCases) }

// ftpWord is a fact of a service that is one word.
func ftpWord(s string) untrusted.Text { return untrusted.New(s, 99) }

// ftpLook is what a view found out about data connections.
func ftpLook(view exposure.View, at netip.Addr, pasv, port string, told netip.Addr) FTPLook {
	return FTPLook{Service: exposure.Service{
		Address: at, View: view, Protocol: "ftp", Confidence: exposure.Confirmed,
		Facts: exposure.Facts{"logged_in": true, "pasv": ftpWord(pasv), "port": ftpWord(port), "passive_address": ftpWord(told.String())},
	}}
}

// ftpServed is an FTP server of this machine, with what was seen of its data.
func ftpServed(zone exposure.Zone, looks ...FTPLook) Case {
	c := server()
	c.Expected, c.Services[0].Protocol, c.Zone = "ftp", "ftp", zone
	c.Firewall = filter(zone, exposure.FirewallAccept)
	view, at := exposure.ViewLAN, home
	if zone != exposure.ZoneLAN {
		view, at = exposure.ViewOutside, wan
	}
	c.Observations = append(c.Observations, saw(view, at, exposure.Open, exposure.SynAck, ""))
	c.FTP.Looks = looks
	return c
}

var ftpCases = map[string]struct {
	c         Case
	id        string
	certainty exposure.Certainty
	rivals    []string
}{
	"FTP as it should be":      {ftpServed(exposure.ZoneLAN, ftpLook(exposure.ViewLAN, home, "ok", "ok", home)), "ok", exposure.CauseProven, nil},
	"FTP, nobody tried data":   {ftpServed(exposure.ZoneLAN, ftpLook(exposure.ViewSelf, home, "ok", "ok", home)), "ok", exposure.CauseLikely, nil},
	"FTP, data ports silent":   {ftpServed(exposure.ZoneInternetV4, ftpLook(exposure.ViewOutside, wan, "silent", "ok", wan)), "ftp-passive-blocked", exposure.CauseProven, nil},
	"FTP, inner address told":  {ftpServed(exposure.ZoneInternetV4, ftpLook(exposure.ViewOutside, wan, "ok", "ok", home)), "ftp-passive-address", exposure.CauseProven, nil},
	"FTP, both":                {ftpServed(exposure.ZoneInternetV4, ftpLook(exposure.ViewOutside, wan, "silent", "ok", home)), "ftp-passive-address", exposure.CauseLikely, []string{"ftp-passive-blocked"}},
	"FTP, active mode silent":  {ftpServed(exposure.ZoneLAN, ftpLook(exposure.ViewLAN, home, "ok", "silent", home)), "ftp-active-blocked", exposure.CauseProven, nil},
	"FTP, both modes silent":   {ftpServed(exposure.ZoneLAN, ftpLook(exposure.ViewLAN, home, "silent", "silent", home)), "ftp-passive-blocked", exposure.CauseProven, nil},
	"FTP, range kept out":      {withRange(ftpServed(exposure.ZoneLAN, ftpLook(exposure.ViewSelf, home, "ok", "ok", home)), exposure.FirewallDrop, false), "ftp-passive-blocked", exposure.CauseProven, nil},
	"FTP, range with a helper": {withRange(ftpServed(exposure.ZoneLAN, ftpLook(exposure.ViewSelf, home, "ok", "ok", home)), exposure.FirewallDrop, true), "ok", exposure.CauseLikely, nil},
	"FTP, range doubtful":      {withRange(ftpServed(exposure.ZoneLAN, ftpLook(exposure.ViewSelf, home, "ok", "ok", home)), exposure.FirewallCannotSay, false), "ok", exposure.CauseLikely, nil},
	"FTP, for those outside":   {ftpServed(exposure.ZoneLAN, ftpLook(exposure.ViewLAN, home, "ok", "ok", google)), "ok", exposure.CauseProven, nil},
}

func withRange(c Case, v exposure.FirewallVerdict, helped bool) Case {
	c.FTP.Helped = helped
	c.FTP.Range = map[uint16][]exposure.FirewallAnswer{50003: filter(c.Zone, v)}
	return c
}

// Each product is told its own settings, and the address that clients use.
func TestFTPRemedyNamesTheProduct(t *testing.T) {
	for product, want := range map[string]string{
		"vsftpd": "pasv_address=203.0.113.7", "ProFTPD": "MasqueradeAddress 203.0.113.7", "Pure-FTPd": "echo 203.0.113.7 > /etc/pure-ftpd/conf/ForcePassiveIP", "": "203.0.113.7",
	} {
		look := ftpLook(exposure.ViewOutside, wan, "ok", "ok", home)
		look.Service.Product = ftpWord(product)
		if product == "" {
			look.Service.Product = untrusted.Text{}
		}
		c := ftpServed(exposure.ZoneInternetV4, look)
		c.Listeners[0].Process = ""
		for _, tag := range []lang.Tag{lang.English, lang.Japanese} {
			if steps := Explain(c, tag).Cause.Remedy; len(steps) < 4 || !strings.Contains(steps[0], want) {
				t.Errorf("%s: %q, want %q", product, steps, want)
			}
		}
	}
}
