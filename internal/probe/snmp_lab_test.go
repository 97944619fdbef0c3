//go:build linux && lab

package probe_test

import (
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"sekisho/internal/exposure"
	"sekisho/internal/lab"
	"sekisho/internal/probe"
)

const snmpdConfig = `
rocommunity public
rocommunity6 public
rocommunity other-secret 
sysLocation Rack 3, Tokyo
sysContact admin@home.example
sysName home.example
createUser reader SHA-256 "readerpass" AES "hiddenpass"
createUser weak MD5 "readerpass" DES
rouser reader priv
rouser weak auth
`

// through runs a test from the second PC.
func through(t *testing.T, l *lab.Lab, name string, to netip.Addr, o probe.TestOptions) probe.Outcome {
	t.Helper()
	o.Owned = true
	out, err := probe.RunTestThrough(t.Context(), l.LAN.Do, name, exposure.Target{Address: to}, o)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// secret is a password that was typed.
func secret(s string) func() (string, error) { return func() (string, error) { return s, nil } }

// step finds one by what was asked for.
func step(out probe.Outcome, id, asked string) (exposure.Step, bool) {
	i := slices.IndexFunc(out.Steps, func(s exposure.Step) bool { return s.ID == id && (asked == "" || strings.Contains(s.Asked, asked)) })
	if i < 0 {
		return exposure.Step{}, false
	}
	return out.Steps[i], true
}

// TestSNMPAgentTellsWhoItIs asks a real agent as check does.
func TestSNMPAgentTellsWhoItIs(t *testing.T) {
	l := lab.New(t)
	l.Home.StartSnmpd(t, lab.Snmpd{Config: snmpdConfig})
	for _, to := range []netip.Addr{l.Home.V4, l.Home.V6} {
		svc := probe.IdentifyThrough(t.Context(), l.LAN.Do, exposure.Target{Address: to}, exposure.UDP, 161, probe.Options{Timeout: 20 * time.Second, Owned: true})
		if svc.Protocol != "snmp" || svc.Confidence != exposure.Confirmed || svc.Product.Raw() != "Net-SNMP" || svc.Error != "" {
			t.Fatalf("%s: %+v", to, svc)
		}
		for fact, want := range map[string]string{
			"sys_name": "home.example", "sys_location": "Rack 3, Tokyo", "sys_contact": "admin@home.example", "enterprise": "Net-SNMP",
			"sys_object_id": "1.3.6.1.4.1.8072.3.2.10", "engine_format": "net-snmp", "engine_enterprise": "Net-SNMP",
		} {
			if got := svc.Facts.Text(fact).Raw(); got != want {
				t.Errorf("%s: %s is %q, want %q", to, fact, got, want)
			}
		}
		if n, _ := svc.Facts["interfaces"].(int); n < 2 {
			t.Errorf("%d interfaces", n)
		}
		if got := svc.Facts.Texts("versions"); len(got) != 3 {
			t.Errorf("versions %v", got)
		}
		if factor, _ := svc.Facts["amplification"].(float64); factor < 5 {
			t.Errorf("amplifies %v times", factor)
		}
	}
	// Where nobody has consented no community is tried, and version 3 tells on.
	svc := probe.IdentifyThrough(t.Context(), l.LAN.Do, exposure.Target{Address: l.Home.V4}, exposure.UDP, 161, probe.Options{Timeout: 20 * time.Second})
	if _, known := svc.Facts["community_public"]; known || svc.Protocol != "snmp" || len(svc.Facts.Texts("versions")) != 1 {
		t.Errorf("without consent: %+v", svc)
	}
}

// TestSNMPWalks walks a real agent in each version.
func TestSNMPWalks(t *testing.T) {
	l := lab.New(t)
	l.Home.StartSnmpd(t, lab.Snmpd{Config: snmpdConfig})
	for name, c := range map[string]struct {
		o    probe.TestOptions
		want string // how it ends: nothing is well
	}{
		"v1":               {probe.TestOptions{Values: map[string][]string{"snmp-version": {"1"}}}, ""},
		"v2c":              {probe.TestOptions{}, ""},
		"typed":            {probe.TestOptions{Values: map[string][]string{"community": {"true"}}, Password: secret("other-secret")}, ""},
		"wrong_community":  {probe.TestOptions{Values: map[string][]string{"community": {"true"}}, Password: secret("nobody"), Options: probe.Options{Timeout: 2 * time.Second}}, "i/o timeout"},
		"v3_priv":          {probe.TestOptions{User: "reader", Password: secret("readerpass\nhiddenpass"), Values: map[string][]string{"auth": {"SHA-256"}, "priv": {"AES"}}}, ""},
		"v3_auth":          {probe.TestOptions{User: "weak", Password: secret("readerpass"), Values: map[string][]string{"auth": {"MD5"}}}, ""},
		"v3_des":           {probe.TestOptions{User: "weak", Password: secret("readerpass"), Values: map[string][]string{"auth": {"MD5"}, "priv": {"DES"}}}, ""},
		"v3_wrong":         {probe.TestOptions{User: "reader", Password: secret("wrongpass"), Values: map[string][]string{"auth": {"SHA-256"}}}, "usmStatsWrongDigests"},
		"v3_stranger":      {probe.TestOptions{User: "nobody", Password: secret("wrongpass")}, "usmStatsUnknownUserNames"},
		"v3_not_encrypted": {probe.TestOptions{User: "reader", Password: secret("readerpass"), Values: map[string][]string{"auth": {"SHA-256"}}}, "authorizationError"},
	} {
		t.Run(name, func(t *testing.T) {
			out := through(t, l, "snmp", l.Home.V4, c.o)
			if !strings.Contains(out.Service.Error, c.want) || (out.Service.Error == "") != (c.want == "") {
				t.Errorf("ended with %q, want %q", out.Service.Error, c.want)
			}
			if c.want != "" {
				return
			}
			for asked, want := range map[string]string{"sysName.0": "home.example", "ifDescr.1": "lo", "ifOperStatus.1": "up(1)"} {
				if s, ok := step(out, "snmp-object", asked); !ok || s.Said.Raw() != want {
					t.Errorf("%s is %q, %v; want %q", asked, s.Said, ok, want)
				}
			}
			if _, public := out.Service.Facts["community_public"]; public != (name == "v1" || name == "v2c") {
				t.Errorf("the community is told as public: %v", public)
			}
		})
	}
}

// TestSNMPObjects asks for objects by number and by name, of a vendor's module
// too, and ends where it was told to.
func TestSNMPObjects(t *testing.T) {
	l := lab.New(t)
	l.Home.StartSnmpd(t, lab.Snmpd{})
	out := through(t, l, "snmp", l.Home.V4, probe.TestOptions{Values: map[string][]string{
		"oid": {"sysUpTime.0", "1.3.6.1.4.1.2021.4.5", "nsVersionOfLab", "1.3.6.1.2.1.99"}, "mib-dir": {"testdata/snmp-mibs"},
	}})
	for _, asked := range []string{"sysUpTime.0", "memTotalRealOfLab.0"} {
		if s, ok := step(out, "snmp-object", asked); !ok || s.Result != exposure.StepOK || s.Said.IsZero() {
			t.Errorf("%s: %+v, %v", asked, s, ok)
		}
	}
	if s, ok := step(out, "snmp-object", "entitySensorMIB"); !ok || s.Result != exposure.StepRefused {
		t.Errorf("an object that is not there: %+v", s)
	}
	out = through(t, l, "snmp", l.Home.V4, probe.TestOptions{Values: map[string][]string{"max-objects": {"3"}}})
	found := 0
	for _, s := range out.Steps {
		if s.ID == "snmp-object" {
			found++
		}
	}
	if last := out.Steps[len(out.Steps)-1]; found != 3 || last.Why != "snmp-enough" {
		t.Errorf("%d objects, then %+v", found, last)
	}
}

// TestSNMPEveryCipher asks Net-SNMP as users of every pair of protocols, the two
// makings of long keys among them.
func TestSNMPEveryCipher(t *testing.T) {
	auths := []string{"MD5", "SHA", "SHA-224", "SHA-256", "SHA-384", "SHA-512"}
	privs := []string{"DES", "AES", "AES-192", "AES-256", "AES-192-C", "AES-256-C"}
	var config strings.Builder
	config.WriteString("sysName home.example\n")
	for _, auth := range auths {
		for _, priv := range privs {
			user := strings.ReplaceAll(auth+priv, "-", "")
			config.WriteString("createUser " + user + " " + auth + " \"readerpass\" " + priv + " \"hiddenpass\"\nrouser " + user + " priv\n")
		}
	}
	l := lab.New(t)
	l.Home.StartSnmpd(t, lab.Snmpd{Config: config.String()})
	for _, auth := range auths {
		for _, priv := range privs {
			out := through(t, l, "snmp", l.Home.V4, probe.TestOptions{
				User: strings.ReplaceAll(auth+priv, "-", ""), Password: secret("readerpass\nhiddenpass"),
				Values: map[string][]string{"auth": {auth}, "priv": {priv}, "oid": {"sysName.0"}},
			})
			if s, ok := step(out, "snmp-object", "sysName.0"); !ok || s.Said.Raw() != "home.example" {
				t.Errorf("%s %s: %q, %+v", auth, priv, out.Service.Error, out.Steps)
			}
		}
	}
	// A cipher whose key is made in the other way is no cipher of that user.
	out := through(t, l, "snmp", l.Home.V4, probe.TestOptions{
		User: "SHAAES256", Password: secret("readerpass\nhiddenpass"), Options: probe.Options{Timeout: 3 * time.Second},
		Values: map[string][]string{"auth": {"SHA"}, "priv": {"AES-256-C"}},
	})
	if last := out.Steps[len(out.Steps)-1]; out.Service.Error == "" || last.Why != "snmp-cipher" {
		t.Errorf("%+v", out.Steps)
	}
}
