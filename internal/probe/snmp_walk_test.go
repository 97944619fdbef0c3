package probe

import (
	"context"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"sekisho/internal/exposure"
	"sekisho/internal/netio"
	"sekisho/internal/wire/snmp"
)

// snmpFake is a host that answers datagrams by a function and takes no other
// connection; no answer is silence.
func snmpFake(answer func(request []byte) []byte) *peer {
	at := netip.MustParseAddrPort("192.0.2.7:161")
	return &peer{
		target: exposure.Target{Address: at.Addr()}, at: at, wide: 1, owned: true, nonce: func() uint64 { return testNonce },
		dial: func(ctx context.Context, _ exposure.Transport, to netip.AddrPort) (net.Conn, error) {
			return nil, &netio.Error{Op: "dial", Target: to, Reason: exposure.LocalError, Err: os.ErrDeadlineExceeded}
		},
		exchange: func(_ context.Context, to netip.AddrPort, request []byte, accept func([]byte) bool) ([]byte, error) {
			if b := answer(request); accept(b) {
				return b, nil
			}
			return nil, &netio.Error{Op: "receive", Target: to, Reason: exposure.NoResponse, Err: os.ErrDeadlineExceeded}
		},
	}
}

// snmpAnswering makes an agent of version 2c of a function from a unit to the
// objects that answer it.
func snmpAnswering(t *testing.T, objects func(unit snmp.PDU) []snmp.Binding) *peer {
	return snmpFake(func(request []byte) []byte {
		m, err := snmp.Parse(request)
		if err != nil {
			t.Errorf("we sent what nobody reads: %v", err)
			return nil
		}
		m.PDU.Bindings = objects(m.PDU)
		m.PDU.Op, m.PDU.Status, m.PDU.Index = snmp.Response, 0, 0
		return m.Marshal()
	})
}

func snmpTested(t testing.TB, p *peer, name string, o TestOptions) Outcome {
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	test, of, _ := testNamed(name)
	return runTest(ctx, p, of, test, o)
}

// TestSNMPWalkEnds holds that no agent keeps a walk going: one whose objects go
// on for ever, one that says the same again, one that goes backwards, and one
// that answers of something else.
func TestSNMPWalkEnds(t *testing.T) {
	name := func(n uint32) snmp.OID { return snmpSystem.Plus(9, n) }
	for what, c := range map[string]struct {
		next func(asked snmp.OID) snmp.OID
		want int // objects that are shown
	}{
		"for_ever": {func(asked snmp.OID) snmp.OID {
			if len(asked) == len(snmpSystem)+2 {
				return name(asked[len(asked)-1] + 1)
			}
			return name(1)
		}, 50},
		"again":     {func(snmp.OID) snmp.OID { return name(1) }, 1},
		"backwards": {func(asked snmp.OID) snmp.OID { return name(100 - uint32(len(asked))) }, 1},
		"elsewhere": {func(snmp.OID) snmp.OID { return snmp.OID{1, 3, 6, 1, 4, 1, 9} }, 0},
		"nothing":   {func(snmp.OID) snmp.OID { return nil }, 0},
	} {
		t.Run(what, func(t *testing.T) {
			asked := 0
			p := snmpAnswering(t, func(unit snmp.PDU) []snmp.Binding {
				if asked++; asked > 200 {
					t.Fatal("it asks without end")
				}
				if unit.Op == snmp.Get {
					return nil
				}
				if o := c.next(unit.Bindings[0].Name); o != nil {
					return []snmp.Binding{{Name: o, Value: snmp.Text("x\x1b[2J")}}
				}
				return nil
			})
			out := snmpTested(t, p, "snmp", TestOptions{Values: map[string][]string{"oid": {"system"}, "max-objects": {"50"}}})
			found := 0
			for _, s := range out.Steps {
				if s.ID == "snmp-object" && s.Result == exposure.StepOK {
					found++
				}
			}
			if found != c.want || out.Service.Protocol != "snmp" || out.Service.Error != "" {
				t.Errorf("%d objects, want %d; %+v", found, c.want, out.Service)
			}
		})
	}
}

// TestSNMPClockIsLearned has an agent of version 3 whose clock we had wrong.
func TestSNMPClockIsLearned(t *testing.T) {
	user := snmp.NewUser("reader", snmp.Auths[3], "readerpass", snmp.Privs[1], "readerpass")
	engine := snmp.Security{Engine: []byte("\x80\x00\x1f\x88\x04agent"), Boots: 7, Time: 1000}
	late := snmp.OID{1, 3, 6, 1, 6, 3, 15, 1, 1, 2, 0}
	told := 0
	p := snmpFake(func(request []byte) []byte {
		m, err := user.Open(request)
		if m, plain := snmp.Parse(request); err != nil && plain == nil && len(m.Security.Engine) == 0 {
			// The discovery is told a clock of long ago.
			m.Security, m.Reportable = snmp.Security{Engine: engine.Engine, Boots: 1, Time: 1}, false
			m.PDU = snmp.PDU{Op: snmp.Report, Bindings: []snmp.Binding{{Name: late, Value: snmp.Number(snmp.Counter32, 1)}}}
			return m.Marshal()
		}
		if err != nil {
			return nil
		}
		if m.Security.Boots != engine.Boots {
			told++
			m.PDU.Op, m.PDU.Bindings = snmp.Report, []snmp.Binding{{Name: late, Value: snmp.Number(snmp.Counter32, 1)}}
		} else {
			m.PDU.Op, m.PDU.Bindings = snmp.Response, []snmp.Binding{{Name: snmpSystem.Plus(5, 0), Value: snmp.Text("agent")}}
		}
		m.Security, m.Reportable = engine, false
		b, err := user.Seal(m, 1)
		if err != nil {
			t.Error(err)
		}
		return b
	})
	out := snmpTested(t, p, "snmp", TestOptions{
		User: "reader", Password: func() (string, error) { return "readerpass", nil },
		Values: map[string][]string{"auth": {"SHA-256"}, "priv": {"AES"}, "oid": {"sysName.0"}},
	})
	if out.Service.Facts.Text("sys_name").Raw() != "agent" || out.Service.Error != "" || told != 1 {
		t.Errorf("told %d times; %+v", told, out.Service)
	}
}

// TestSNMPSecretsStayHidden: neither a community nor a password stands in what a
// test tells.
func TestSNMPSecretsStayHidden(t *testing.T) {
	const secret = "s3cret-community"
	p := snmpAnswering(t, func(snmp.PDU) []snmp.Binding { return nil })
	for _, o := range []TestOptions{
		{Values: map[string][]string{"community": {"true"}}},
		{User: "me", Values: map[string][]string{"priv": {"AES"}}},
	} {
		o.Password = func() (string, error) { return secret, nil }
		for _, test := range []string{"snmp", "snmptrap"} {
			out := snmpTested(t, p, test, o)
			for _, s := range out.Steps {
				if strings.Contains(s.Asked+s.Detail+s.Said.Raw(), secret) {
					t.Errorf("%s tells the secret: %+v", test, s)
				}
			}
			if strings.Contains(out.Service.Error, secret) {
				t.Errorf("%s tells the secret: %s", test, out.Service.Error)
			}
		}
	}
}

func TestSNMPOptionsAreChecked(t *testing.T) {
	short := func() (string, error) { return "short", nil }
	for _, c := range []struct {
		test string
		o    TestOptions
	}{
		{"snmp", TestOptions{Values: map[string][]string{"snmp-version": {"4"}}}},
		{"snmp", TestOptions{Values: map[string][]string{"oid": {"noSuchName"}}}},
		{"snmp", TestOptions{Values: map[string][]string{"mib-dir": {"testdata/no-such-folder"}}}},
		{"snmp", TestOptions{User: "me", Password: short}},
		{"snmp", TestOptions{User: "me", Values: map[string][]string{"auth": {"ROT13"}}}},
		{"snmptrap", TestOptions{Values: map[string][]string{"trap": {"noSuchTrap"}}}},
		{"snmptrap", TestOptions{Values: map[string][]string{"snmp-version": {"1"}, "inform": {"true"}}}},
		{"snmptrap", TestOptions{Values: map[string][]string{"engine-id": {"xyz"}}}},
		{"syslog", TestOptions{Values: map[string][]string{"transport": {"sctp"}}}},
		{"syslog", TestOptions{Values: map[string][]string{"rfc": {"822"}}}},
		{"syslog", TestOptions{Values: map[string][]string{"facility": {"local8"}}}},
		{"syslog", TestOptions{Values: map[string][]string{"severity": {"8"}}}},
		{"syslog", TestOptions{Values: map[string][]string{"find-in": {"testdata/no-such-folder"}}}},
	} {
		test, _, _ := testNamed(c.test)
		if _, err := c.o.checked(test); err == nil {
			t.Errorf("%s takes %v", c.test, c.o.Values)
		}
	}
	for _, name := range []string{"snmp", "snmptrap", "syslog"} {
		test, _, _ := testNamed(name)
		if _, err := (TestOptions{}).checked(test); err != nil {
			t.Errorf("%s does not take its own defaults: %v", name, err)
		}
	}
}

func TestSyslogRoutes(t *testing.T) {
	test, p, _ := testNamed("syslog")
	for transport, want := range map[string]Route{
		"udp": {exposure.UDP, 514, false}, "tcp": {exposure.TCP, 514, false}, "tls": {exposure.TCP, 6514, true},
	} {
		got, over, o := (TestOptions{Values: map[string][]string{"transport": {transport}}}).routed(test, p)
		if over.Transport != want.Transport || o.Port != want.Port || got.Secure != want.Secure {
			t.Errorf("%s: %v %d %v", transport, over.Transport, o.Port, got.Secure)
		}
		_, _, o = (TestOptions{Port: 1514, Values: map[string][]string{"transport": {transport}}}).routed(test, p)
		if o.Port != 1514 {
			t.Errorf("%s: the port that was named is %d", transport, o.Port)
		}
	}
}

func TestSyslogOverTLSByFlag(t *testing.T) {
	test, p, _ := testNamed("syslog")
	got, over, o := (TestOptions{Secure: new(true)}).routed(test, p)
	if over.Transport != exposure.TCP || o.Port != 6514 || !got.Secure {
		t.Errorf("%v %d %v", over.Transport, o.Port, got.Secure)
	}
}

// TestSyslogLooksInBoundedPlaces: old files, links and folders are passed over,
// and a message in several files is found in all.
func TestSyslogLooksInBoundedPlaces(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	since := time.Now()
	one, two := write("a.log", "x mark-1 y"), write("sub/b.log", "mark-1\nmark-2")
	old := write("old.log", "mark-1")
	if err := os.Chtimes(old, since.Add(-time.Hour), since.Add(-time.Hour)); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(one, filepath.Join(dir, "link.log")); err != nil {
		t.Fatal(err)
	}
	left, found := map[string]syslogMessage{"mark-1": {}, "mark-2": {}, "mark-3": {}}, map[string][]string{}
	if err := syslogLook(dir, since, left, found); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(found["mark-1"], []string{one, two}) || !slices.Equal(found["mark-2"], []string{two}) || len(left) != 1 {
		t.Errorf("found %v, left %v", found, left)
	}
}

// FuzzSNMPWalk walks agents that say anything.
func FuzzSNMPWalk(f *testing.F) {
	addRecorded(f, "snmpv2c")
	addRecorded(f, "snmpv3")
	f.Fuzz(func(t *testing.T, said []byte) {
		for _, o := range []TestOptions{{}, {Values: map[string][]string{"snmp-version": {"1"}}}, {User: "me", Password: func() (string, error) { return "password1", nil }}} {
			out := snmpTested(t, fixedPeer(said), "snmp", o)
			inert(t, out.Service.Error)
			if len(out.Steps) > 1000 {
				t.Errorf("%d steps", len(out.Steps))
			}
		}
	})
}
