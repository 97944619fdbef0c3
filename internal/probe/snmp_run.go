package probe

import (
	"context"
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strconv"

	"sekisho/internal/exposure"
	"sekisho/internal/untrusted"
	"sekisho/internal/wire/snmp"
)

// The objects that every agent has (RFC 3418), and the number of interfaces
// (RFC 2863).
var (
	snmpSystem  = snmp.OID{1, 3, 6, 1, 2, 1, 1}
	snmpIfTable = snmp.OID{1, 3, 6, 1, 2, 1, 2}
	snmpAbout   = []snmp.OID{
		snmpSystem.Plus(1, 0), snmpSystem.Plus(2, 0), snmpSystem.Plus(3, 0), snmpSystem.Plus(4, 0),
		snmpSystem.Plus(5, 0), snmpSystem.Plus(6, 0), snmpIfTable.Plus(1, 0),
	}
)

// snmpFacts are the names of what those objects tell.
var snmpFacts = map[string]string{
	"sysDescr.0": "sys_descr", "sysObjectID.0": "sys_object_id", "sysUpTime.0": "sys_uptime", "sysContact.0": "sys_contact",
	"sysName.0": "sys_name", "sysLocation.0": "sys_location", "ifNumber.0": "interfaces",
}

// snmpProducts recognise what runs by sysDescr.
var snmpProducts = []pattern{
	{"Cisco IOS", regexp.MustCompile(`(?s)Cisco IOS Software.*?Version (?P<version>[\w.()]+)`)},
	{"Cisco NX-OS", regexp.MustCompile(`(?s)Cisco NX-OS.*?Version (?P<version>[\w.()]+)`)},
	{"Cisco IOS", regexp.MustCompile(`(?s)Cisco Internetwork Operating System.*?Version (?P<version>[\w.()]+)`)},
	{"MikroTik RouterOS", regexp.MustCompile(`^RouterOS`)},
	{"Windows", regexp.MustCompile(`Software: Windows(?: 2000)? Version (?P<version>[\d.]+ \(Build \d+)`)},
	{"HP JetDirect", regexp.MustCompile(`JETDIRECT|JetDirect`)},
	{"Juniper JUNOS", regexp.MustCompile(`JUNOS (?P<version>[\w.-]+)`)},
	{"Yamaha", regexp.MustCompile(`^(?P<product>(?:RTX|NVR|FWX|SWX)\S+) (?:BootROM )?Rev\.\s?(?P<version>[\d.]+)`)},
	{"APC", regexp.MustCompile(`^APC .*?AOS v(?P<version>[\d.]+)`)},
	{"Brother", regexp.MustCompile(`^Brother NC-`)},
	{"Canon", regexp.MustCompile(`^Canon (?P<product>[\w -]+)`)},
}

// runSNMP asks in one version and, once the agent has answered, in the others:
// what each of them is told is the agent's business. Nothing is written, and no
// community but public is tried, which servers that know another one leave
// unanswered (RFC 1157 section 4.1).
func runSNMP(ctx context.Context, s *Session, first snmp.Version) (exposure.Service, error) {
	r := &snmpRun{s: s, svc: exposure.Service{Facts: exposure.Facts{}}}
	if first != snmp.V3 && !s.peer.owned {
		return r.svc, s.fail("ask", errSNMPUnowned)
	}
	if err := r.try(ctx, first); err != nil {
		return r.svc, s.fail("ask", err)
	}
	for _, version := range []snmp.Version{snmp.V1, snmp.V2c, snmp.V3} {
		if version == first || version != snmp.V3 && !s.peer.owned {
			continue
		}
		a := &snmpAgent{}
		soon, cancel := a.soon(ctx)
		// One that stays silent, or answers what the other has told already, is no
		// error: the service is known.
		_ = r.try(soon, version)
		cancel()
	}
	return r.svc, nil
}

// snmpRun is one run of the probe.
type snmpRun struct {
	s        *Session
	svc      exposure.Service
	versions []snmp.Version
	told     bool // the objects are known
}

// try asks in one version.
func (r *snmpRun) try(ctx context.Context, version snmp.Version) error {
	a := &snmpAgent{s: r.s, version: version, community: snmpPublic}
	if version == snmp.V3 {
		if err := a.discover(ctx); err != nil {
			return err
		}
		r.speaks(version)
		r.engine(a.engine)
		return nil
	}
	hello := snmpGet(byte(version), r.s.peer.nonce())
	if _, err := r.s.Exchange(ctx, hello, func(b []byte) bool { return snmpReplies(hello, b) }); err != nil {
		return err
	}
	r.svc.Facts["community_public"] = true
	r.speaks(version)
	soon, cancel := a.soon(ctx)
	defer cancel()
	if !r.told {
		if objects, err := a.get(soon, snmpAbout); err == nil {
			r.objects(objects)
		}
	}
	if version == snmp.V2c {
		r.amplifies(soon, a)
	}
	return nil
}

// speaks says that the agent answered in a version.
func (r *snmpRun) speaks(version snmp.Version) {
	r.svc.Protocol, r.svc.Confidence = snmpName, exposure.Confirmed
	r.versions = append(r.versions, version)
	slices.Sort(r.versions)
	told := make([]untrusted.Text, len(r.versions))
	for i, v := range r.versions {
		told[i] = untrusted.Line(v.String())
	}
	r.svc.Facts["versions"] = told
	r.s.Learn(r.svc)
}

// objects keeps what the agent told of its system.
func (r *snmpRun) objects(objects []snmp.Binding) {
	snmpTell(&r.svc, objects)
	r.told = true
	r.s.Learn(r.svc)
}

// snmpTell makes facts of the objects of snmpAbout and names the product.
func snmpTell(svc *exposure.Service, objects []snmp.Binding) {
	names := snmp.Standard()
	for _, o := range objects {
		fact := snmpFacts[names.Name(o.Name)]
		switch {
		case fact == "" || o.Value.None() || o.Value.Kind == snmp.Octets && len(o.Value.Bytes) == 0:
		case fact == "interfaces" && o.Value.Kind == snmp.Integer:
			svc.Facts[fact] = int(o.Value.Num)
		case fact == "sys_object_id" && o.Value.Kind == snmp.ObjectID:
			svc.Facts[fact] = untrusted.Line(o.Value.OID.String())
			snmpMaker(svc, "enterprise", o.Value.OID)
			svc.Product = untrusted.Line(snmp.Product(o.Value.OID))
		case o.Value.Kind == snmp.Octets:
			svc.Facts[fact] = untrusted.New(o.Value.Bytes, maxFact)
		default:
			svc.Facts[fact] = untrusted.Line(o.Value.String())
		}
	}
	svc.Banner = svc.Facts.Text("sys_descr")
	if product, version := match(snmpProducts, svc.Banner.Raw()); !product.IsZero() {
		svc.Product, svc.Version = product, version
	}
}

// snmpMaker keeps whose number an object stands below.
func snmpMaker(svc *exposure.Service, fact string, o snmp.OID) {
	if n, ok := snmp.EnterpriseOf(o); ok {
		svc.Facts[fact] = snmpEnterprise(n)
	}
}

// snmpEnterprise is the name of a maker, or the number of one that is not known
// here.
func snmpEnterprise(n uint32) untrusted.Text {
	if name := snmp.Enterprise(n); name != "" {
		return untrusted.Line(name)
	}
	return untrusted.Line(strconv.FormatUint(uint64(n), 10))
}

// engine keeps what the id of the engine tells, beside how often the agent has
// booted and how long it has run since.
func (r *snmpRun) engine(s snmp.Security) {
	snmpTellEngine(&r.svc, s)
	r.s.Learn(r.svc)
}

func snmpTellEngine(svc *exposure.Service, s snmp.Security) {
	facts := svc.Facts
	facts["engine_id"] = untrusted.Line(fmt.Sprintf("%x", s.Engine))
	facts["engine_boots"], facts["engine_time"] = int(s.Boots), int(s.Time)
	e, err := snmp.ParseEngine(s.Engine)
	if err != nil {
		return
	}
	facts["engine_enterprise"] = snmpEnterprise(e.Enterprise)
	if e.Format != "" {
		facts["engine_format"] = untrusted.Line(e.Format)
	}
	switch {
	case e.Address != netip.Addr{}:
		facts["engine_address"] = untrusted.Line(e.Address.String())
	case e.MAC != "":
		facts["engine_mac"] = untrusted.Line(e.MAC)
	case e.Text != "":
		facts["engine_text"] = untrusted.New(e.Text, maxFact)
	case !e.Created.IsZero():
		facts["engine_created"] = untrusted.Line(e.Created.Format("2006-01-02T15:04:05Z"))
	}
}

// snmpRepetitions is how many objects the one request asks for by which the
// amplification is measured: few enough to burden nobody, and the factor grows
// with the number that an attacker would choose.
const snmpRepetitions = 20

// amplifies measures how much longer the answer to one GetBulk is than the
// request (RFC 3416 section 4.2.3). Those who forge addresses ask for more.
func (r *snmpRun) amplifies(ctx context.Context, a *snmpAgent) {
	id := a.id()
	request := snmp.Message{Version: snmp.V2c, Community: []byte(a.community), PDU: snmp.PDU{
		Op: snmp.GetBulk, ID: id, Index: snmpRepetitions,
		Bindings: []snmp.Binding{{Name: snmpSystem, Value: snmp.Value{Kind: snmp.Null}}},
	}}.Marshal()
	came, err := r.s.volleys(ctx, func(reply []byte) int {
		if m, err := snmp.Parse(reply); err != nil || m.PDU.Op != snmp.Response || m.PDU.ID != id {
			return -1
		}
		return 0
	}, request)
	if err == nil {
		came[0].keep(r.svc.Facts, "snmp-getbulk")
		r.s.Learn(r.svc)
	}
}
