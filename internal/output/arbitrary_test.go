package output_test

import (
	"fmt"
	"net/netip"
	"reflect"
	"strings"
	"time"

	"pgregory.net/rapid"

	"sekisho/internal/exposure"
	"sekisho/internal/untrusted"
)

// hostile are pieces of text that have done harm somewhere.
var hostile = []string{
	"\x1b[2J", "\x1b]52;c;QUJD\x07", "\r", "\n", "\x00", "\u202e", "\u2066", "\u009b31m", "\ufeff", "\u200b", "\xff\xfe", "\u0301\u0301\u0301\u0301\u0301\u0301",
	"<script>", "=HYPERLINK(1)", "%s%n", `"`, `\`, "「", "」", "`", "日本語の長いバナーです。", "ｆｕｌｌ", "…", "👩‍👩‍👧‍👦", "🇯🇵", "ไทย", "مرحبا",
	strings.Repeat("A", 300), strings.Repeat("漢", 200), "a b  c", "192.168.77.9", "fe80::77", "x",
}

// words makes any text, tame or not.
var words = rapid.Custom(func(t *rapid.T) string {
	switch rapid.IntRange(0, 3).Draw(t, "kind") {
	case 0:
		return rapid.StringMatching(`[a-z][a-z0-9.-]{0,12}`).Draw(t, "tame")
	case 1:
		return rapid.String().Draw(t, "any")
	}
	return strings.Join(rapid.SliceOfN(rapid.SampledFrom(hostile), 0, 4).Draw(t, "hostile"), "")
})

var addresses = rapid.Custom(func(t *rapid.T) netip.Addr {
	if rapid.Bool().Draw(t, "v6") {
		a := netip.AddrFrom16([16]byte(rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "bytes")))
		if rapid.IntRange(0, 5).Draw(t, "zone") == 0 {
			a = a.WithZone(rapid.StringMatching(`[a-z]{1,6}[0-9]`).Draw(t, "zone"))
		}
		return a
	}
	return rapid.SampledFrom([]netip.Addr{
		ip("127.0.0.1"), ip("0.0.0.0"), ip("192.168.77.9"), ip("203.0.114.5"),
		netip.AddrFrom4([4]byte(rapid.SliceOfN(rapid.Byte(), 4, 4).Draw(t, "bytes"))),
	}).Draw(t, "v4")
})

// enums are the values that fields of a type may have, where it is not all.
var enums = map[reflect.Type][]any{
	reflect.TypeFor[exposure.Transport]():   {exposure.TCP, exposure.UDP, exposure.ICMP},
	reflect.TypeFor[exposure.State]():       {exposure.Unknown, exposure.Open, exposure.Closed, exposure.Filtered, exposure.OpenFiltered},
	reflect.TypeFor[exposure.Reason]():      {exposure.SynAck, exposure.NoResponse, exposure.AdminProhibited, exposure.LocalError, exposure.EchoReply},
	reflect.TypeFor[exposure.View]():        {exposure.ViewLoopback, exposure.ViewSelf, exposure.ViewLAN, exposure.ViewHairpin, exposure.ViewOutside, exposure.ViewName, exposure.ViewProxy},
	reflect.TypeFor[exposure.Zone]():        {exposure.ZoneLoopback, exposure.ZoneLAN, exposure.ZoneInternetV4, exposure.ZoneInternetV6},
	reflect.TypeFor[exposure.Confidence]():  {exposure.NoConfidence, exposure.Assigned, exposure.Likely, exposure.Confirmed},
	reflect.TypeFor[exposure.Silence]():     {exposure.Mute, exposure.HangsUp, exposure.Resets},
	reflect.TypeFor[exposure.Severity]():    {exposure.Info, exposure.Low, exposure.Medium, exposure.High},
	reflect.TypeFor[exposure.Expectation](): {exposure.Expectation("open"), exposure.Expectation("closed"), exposure.Expectation("stealth"), exposure.Expectation("any")},
	reflect.TypeFor[exposure.Outcome]():     {exposure.Outcome("pass"), exposure.Outcome("fail"), exposure.Outcome("inconclusive")},
	reflect.TypeFor[exposure.Basis]():       {exposure.BasisSeen, exposure.BasisOwnFacts, exposure.BasisComputed},
	reflect.TypeFor[exposure.DifferenceKind](): {
		exposure.DiffHost, exposure.DiffState, exposure.DiffListener, exposure.DiffService, exposure.DiffVersion, exposure.DiffCertificate,
		exposure.DiffFinding, exposure.DiffVerdict,
	},
	reflect.TypeFor[exposure.FirewallVerdict](): {
		exposure.FirewallAccept, exposure.FirewallDrop, exposure.FirewallReject, exposure.FirewallCannotSay,
	},
	reflect.TypeFor[exposure.FirewallPath](): {exposure.FirewallPath(""), exposure.FirewallInput, exposure.FirewallForward},
	reflect.TypeFor[exposure.AddressScope](): {
		exposure.ScopeLoopback, exposure.ScopeLinkLocal, exposure.ScopePrivate, exposure.ScopeUnique, exposure.ScopeShared, exposure.ScopeSpecial, exposure.ScopeGlobal,
	},
	reflect.TypeFor[exposure.FirewallFamily](): {exposure.FirewallIPv4, exposure.FirewallIPv6},
	reflect.TypeFor[exposure.StepResult]():     {exposure.StepUnknown, exposure.StepOK, exposure.StepRefused, exposure.StepFailed, exposure.StepSkipped},
	reflect.TypeFor[exposure.ServerRole]():     {exposure.RoleHost, exposure.RoleProxy, exposure.RoleIn, exposure.RoleOut, exposure.RoleNews},
	reflect.TypeFor[exposure.FlowRow]():        {exposure.FlowControl, exposure.FlowData, exposure.FlowListing, exposure.FlowRequest, exposure.FlowTransfer},
	reflect.TypeFor[exposure.SocketState]():    {exposure.SocketState(""), exposure.SocketListen, exposure.SocketEstablished, exposure.SocketFinWait1, exposure.SocketTimeWait, exposure.SocketClosed},
	reflect.TypeFor[exposure.ArrivalProof]():   {exposure.ByCookie, exposure.ByPayload, exposure.BySource, exposure.ByPort},
	reflect.TypeFor[exposure.StageResult]():    {exposure.StageOK, exposure.StageCut, exposure.StageUnknown},
	reflect.TypeFor[exposure.RouterSource]():   {exposure.RouterUPnP, exposure.RouterNATPMP, exposure.RouterPCP, exposure.RouterPerson},
	reflect.TypeFor[exposure.RouterResult]():   {exposure.RouterAnswered, exposure.RouterRefused, exposure.RouterSilent, exposure.RouterFailed},
	reflect.TypeFor[exposure.NATKind]():        {exposure.NATNone, exposure.NATOne, exposure.NATDouble, exposure.NATCarrier, exposure.NATDSLite, exposure.NATMAPE, exposure.NATUnknown},
	reflect.TypeFor[exposure.WANKind]():        {exposure.WANKind(""), exposure.WANGlobal, exposure.WANPrivate, exposure.WANShared, exposure.WANSpecial},
	reflect.TypeFor[exposure.Certainty]():      {exposure.Certainty("proven"), exposure.Certainty("likely"), exposure.Certainty("possible")},
}

// arbitrary makes any value of a type, every list and every optional part
// sometimes there and sometimes not.
func arbitrary[T any](t *rapid.T) T {
	var value T
	fill(t, reflect.ValueOf(&value).Elem(), "")
	return value
}

func fill(t *rapid.T, v reflect.Value, field string) {
	if values, ok := enums[v.Type()]; ok {
		v.Set(reflect.ValueOf(rapid.SampledFrom(values).Draw(t, field)))
		return
	}
	switch v.Interface().(type) {
	case netip.Addr:
		v.Set(reflect.ValueOf(addresses.Draw(t, field)))
		return
	case netip.AddrPort:
		v.Set(reflect.ValueOf(netip.AddrPortFrom(addresses.Draw(t, field), rapid.Uint16().Draw(t, "port"))))
		return
	case netip.Prefix:
		a := addresses.Draw(t, field).WithZone("")
		v.Set(reflect.ValueOf(netip.PrefixFrom(a, rapid.IntRange(0, a.BitLen()).Draw(t, "bits"))))
		return
	case time.Time:
		v.Set(reflect.ValueOf(time.Unix(rapid.Int64Range(0, 4e9).Draw(t, field), 0).UTC()))
		return
	case untrusted.Text:
		v.Set(reflect.ValueOf(untrusted.New(words.Draw(t, field), 0)))
		return
	case exposure.Facts:
		facts := exposure.Facts{}
		for _, name := range rapid.SliceOfN(rapid.SampledFrom([]string{"anonymous", "title", "status", "macs", "hostname", "weight"}), 0, 4).Draw(t, field) {
			facts[name] = rapid.SampledFrom([]any{
				true, 200, 0.5, untrusted.New(words.Draw(t, "fact"), 0), []untrusted.Text{untrusted.New(words.Draw(t, "facts"), 0)},
			}).Draw(t, "value")
		}
		v.Set(reflect.ValueOf(facts))
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			fill(t, v.Field(i), v.Type().Field(i).Name)
		}
	case reflect.Pointer:
		if rapid.Bool().Draw(t, field+"?") {
			v.Set(reflect.New(v.Type().Elem()))
			fill(t, v.Elem(), field)
		}
	case reflect.Slice:
		n := rapid.IntRange(0, 3).Draw(t, field+"#")
		if n == 0 {
			return
		}
		v.Set(reflect.MakeSlice(v.Type(), n, n))
		for i := range n {
			fill(t, v.Index(i), field)
		}
	case reflect.String:
		v.SetString(special(t, field))
	case reflect.Bool:
		v.SetBool(rapid.Bool().Draw(t, field))
	case reflect.Int, reflect.Int64:
		v.SetInt(rapid.Int64Range(0, 70000).Draw(t, field))
	case reflect.Uint64:
		v.SetUint(rapid.Uint64().Draw(t, field))
	case reflect.Uint32:
		v.SetUint(rapid.Uint64Range(0, 1<<32-1).Draw(t, field))
	case reflect.Uint8:
		v.SetUint(rapid.Uint64Range(0, 255).Draw(t, field))
	case reflect.Uint16:
		v.SetUint(rapid.Uint64Range(0, 65535).Draw(t, field))
	case reflect.Float64:
		v.SetFloat(rapid.Float64Range(0, 1).Draw(t, field))
	default:
		panic(fmt.Sprintf("no arbitrary %s for %s", v.Type(), field))
	}
}

// special is the text of a plain string field: a word of the contract where the
// field has such, else anything.
func special(t *rapid.T, field string) string {
	switch field {
	case "Schema":
		return ""
	case "SHA256":
		return strings.Repeat("0f", 32)
	case "Rule":
		return rapid.SampledFrom([]string{"ftp-cleartext-login", "no-owner", "version-disclosed"}).Draw(t, field)
	case "Family":
		return rapid.SampledFrom([]string{"", "ipv4", "ipv6"}).Draw(t, field)
	case "Profile":
		return rapid.SampledFrom([]string{"", "lan", "wan", "polite", "lan, wan"}).Draw(t, field)
	case "ID", "Vantage":
		return rapid.SampledFrom([]string{"self", "host-firewall", "ok"}).Draw(t, field)
	}
	return words.Draw(t, field)
}

// arbitraryReport is a report with its name.
func arbitraryReport(t *rapid.T) exposure.Report {
	r := arbitrary[exposure.Report](t)
	r.Schema = exposure.ReportSchema
	caused := func(ports []exposure.Port) {
		for _, p := range ports {
			knownSteps(t, p.Transfers)
			for i := range p.Verdicts {
				if p.Verdicts[i].Cause != nil {
					p.Verdicts[i].Cause.ID = "host-firewall"
				}
			}
		}
	}
	caused(r.Outgoing)
	for _, h := range r.Hosts {
		caused(h.Ports)
		for i := range h.Verdicts {
			if h.Verdicts[i].Cause != nil {
				h.Verdicts[i].Cause.ID = "host-firewall"
			}
		}
	}
	return r
}

// knownSteps makes the words of transfers ones that the contract has.
func knownSteps(t *rapid.T, list []exposure.Transfer) {
	for i := range list {
		list[i].Step = rapid.SampledFrom([]string{"login", "list", "get"}).Draw(t, "step")
		list[i].Mode = rapid.SampledFrom([]string{"", "pasv", "eprt"}).Draw(t, "mode")
		list[i].Why = "ftp-data-silent"
	}
}

func arbitraryLocal(t *rapid.T) exposure.LocalDocument {
	d := arbitrary[exposure.LocalDocument](t)
	d.Schema = exposure.LocalSchema
	return d
}

// arbitraryTest is the document of a test with its name.
func arbitraryTest(t *rapid.T) exposure.TestDocument {
	d := arbitrary[exposure.TestDocument](t)
	d.Schema = exposure.TestSchema
	return d
}

// arbitraryQuery is the document of query with its name.
func arbitraryQuery(t *rapid.T) exposure.QueryDocument {
	d := arbitrary[exposure.QueryDocument](t)
	d.Schema, d.ExitCode = exposure.QuerySchema, 0
	return d
}

// arbitraryConnect is the document of connect with its name.
func arbitraryConnect(t *rapid.T) exposure.ConnectDocument {
	d := arbitrary[exposure.ConnectDocument](t)
	d.Schema = exposure.ConnectSchema
	return d
}

// arbitraryDiff is a comparison with its name.
func arbitraryDiff(t *rapid.T) exposure.DiffDocument {
	d := arbitrary[exposure.DiffDocument](t)
	d.Schema = exposure.DiffSchema
	return d
}

func arbitraryDiagnosis(t *rapid.T) exposure.Diagnosis {
	d := arbitrary[exposure.Diagnosis](t)
	d.Schema = exposure.DiagnosisSchema
	for _, n := range d.Names {
		for i := range n.Answers {
			n.Answers[i].Source, n.Answers[i].Outcome = exposure.NameAuthority, exposure.NameFound
			n.Answers[i].Record = rapid.SampledFrom([]string{"A", "AAAA"}).Draw(t, "record")
			n.Answers[i].More = max(n.Answers[i].More, 0)
		}
	}
	for i := range d.Flips {
		d.Flips[i].Was.Cause, d.Flips[i].Is.Cause = "host-firewall", "ok"
	}
	for i := range d.Ports {
		p := &d.Ports[i]
		for k := range p.Arrivals {
			p.Arrivals[k].Packets++
		}
		p.Cause.ID = "host-firewall"
		for r := range p.Rivals {
			p.Rivals[r].ID = "carrier-block"
		}
		p.Stages = append(p.Stages, exposure.Stage{Result: exposure.StageUnknown})
		for s := range p.Stages {
			p.Stages[s].ID = rapid.SampledFrom([]string{"listening", "host-firewall", "tls"}).Draw(t, "stage")
		}
		knownSteps(t, p.Transfers)
	}
	return d
}
