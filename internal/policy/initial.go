package policy

import (
	"fmt"
	"slices"
	"strings"

	"sekisho/internal/exposure"
	"sekisho/internal/lang"
	"sekisho/internal/untrusted"
)

// First writes a first policy from what a report says: what is open may stay
// open, everything else is to be closed, in each zone that somebody looked from.
// Of the zones that nobody looked from it writes what listens, as comments. The
// comments are in the language; what it writes is as it is seen, and not as it
// should be.
func First(r exposure.Report, tag lang.Tag) []byte {
	f := &first{tag: tag}
	f.comment("", firstHead, "Version", r.Version, "Day", r.FinishedAt.UTC().Format("2006-01-02"))
	f.line("schema: %s", Schema)
	f.line("")
	if len(r.Hosts) == 1 && r.Hosts[0].Own() {
		f.host("", r.Hosts[0])
	} else {
		f.line("hosts:")
		for _, h := range r.Hosts {
			name := h.Name
			if h.Own() {
				name = thisMachine
			} else if _, err := hostWord(name); err != nil {
				name = ""
				if len(h.Addresses) > 0 {
					name = h.Addresses[0].WithZone("").String()
				}
			}
			f.line("  %q:", name)
			f.host("    ", h)
		}
	}
	f.line("")
	f.comment("", firstOutgoing)
	f.line("# outgoing:")
	f.line("#   open: [53/udp, http, https, 123/udp]")
	return []byte(f.b.String())
}

type first struct {
	b   strings.Builder
	tag lang.Tag
}

func (f *first) line(format string, args ...any) { fmt.Fprintf(&f.b, format+"\n", args...) }

// comment writes a text as comments; each of its lines is one.
func (f *first) comment(indent string, t lang.Text, pairs ...any) {
	for line := range strings.Lines(t.In(f.tag, pairs...)) {
		f.line("%s# %s", indent, strings.TrimRight(line, "\n"))
	}
}

// host writes every zone of a host.
func (f *first) host(indent string, h exposure.Host) {
	wrote := false
	for _, zone := range zones {
		if f.zone(indent, zone, h) {
			wrote = true
		}
	}
	if !wrote {
		f.line("%slan: {}", indent)
	}
}

// row is one port of a zone with why it is there.
type row struct {
	expect exposure.Expectation
	port   exposure.Port
}

// zone writes what was seen from one zone, or as comments what listens where
// nobody looked; it reports whether it wrote more than comments.
func (f *first) zone(indent string, zone exposure.Zone, h exposure.Host) bool {
	var rows []row
	looked := slices.ContainsFunc(h.Swept, func(s exposure.Sweep) bool {
		z, ok := zoneOf(s.View, s.Address)
		return ok && z == zone
	})
	for _, p := range h.Ports {
		if p.Transport != exposure.TCP && p.Transport != exposure.UDP {
			continue
		}
		s := newSight(h, zone, p)
		looked = looked || len(s.seen) > 0
		switch {
		case s.judge(exposure.ExpectOpen).outcome == exposure.Pass:
			rows = append(rows, row{exposure.ExpectOpen, p})
		case len(s.seen) > 0 && s.judge(exposure.ExpectClosed).outcome == exposure.Inconclusive:
			rows = append(rows, row{exposure.ExpectAny, p})
		}
	}
	if looked {
		f.comment(indent, firstSeen, "Zone", zoneWords[zone].In(f.tag))
		f.rows(indent, zone, rows)
		return true
	}
	if zone == exposure.ZoneLoopback || !h.Own() || unaddressed(h, zone) {
		return false
	}
	for _, p := range h.Ports {
		if slices.ContainsFunc(p.Listeners, func(l exposure.Listener) bool { return !l.LoopbackOnly() }) {
			rows = append(rows, row{exposure.ExpectOpen, p})
		}
	}
	f.comment(indent, firstUnseen, "Zone", zoneWords[zone].In(f.tag))
	f.rows(indent+"# ", zone, rows)
	return false
}

func (f *first) rows(indent string, zone exposure.Zone, rows []row) {
	f.line("%s%s:", indent, zone)
	for _, expect := range []exposure.Expectation{exposure.ExpectOpen, exposure.ExpectAny} {
		headed := false
		for _, r := range rows {
			if r.expect != expect {
				continue
			}
			if !headed {
				f.line("%s  %s:", indent, expect)
				headed = true
			}
			f.line("%s    - %d/%s%s", indent, r.port.Port, r.port.Transport, f.remark(r))
		}
	}
	f.line("%s  rest: closed", indent)
}

// remark says whose a port is or what answers there, as a comment. What others
// chose the name of cannot end it.
func (f *first) remark(r row) string {
	var words []string
	add := func(word string) {
		if word = untrusted.New(word, 60).Terminal(); word != "" && !slices.Contains(words, word) {
			words = append(words, word)
		}
	}
	for _, s := range r.port.Services {
		add(strings.TrimSpace(s.Protocol + " " + s.Product.Terminal()))
	}
	for _, l := range r.port.Listeners {
		add(l.Process)
	}
	if len(words) == 0 {
		add(r.port.Name)
	}
	if r.expect == exposure.ExpectAny {
		words = append(words, firstUnsure.In(f.tag))
	}
	if len(words) == 0 {
		return ""
	}
	return "  # " + strings.Join(words, ", ")
}

var (
	firstHead = lang.Text{
		EN: "What the ports of this machine are to be, for sekisho check.\nWritten by sekisho {{.Version}} on {{.Day}} from what was seen: strike out what you did not mean.\nsekisho policy validate checks this file; docs/policy.md says what can stand here.",
		JA: "この機器のポートのあるべき姿です。sekisho check が照らし合わせます。\n{{.Day}} に sekisho {{.Version}} が、見えた状態から書きました。意図していないものは消してください。\nsekisho policy validate で書き方を確かめられます。書けることは docs/policy.md にあります。",
	}
	firstSeen     = lang.Text{EN: "What is open as seen from {{.Zone}}; the rest is to stay closed.", JA: "{{.Zone}}から見て開いているものです。ほかは閉じたままにします。"}
	firstUnseen   = lang.Text{EN: "Nobody looked from {{.Zone}} yet. This is what listens; take the # away when you want it checked.", JA: "{{.Zone}}からはまだ見ていません。待ち受けているものを書きました。検査するには # を外してください。"}
	firstUnsure   = lang.Text{EN: "does not answer", JA: "応答なし"}
	firstOutgoing = lang.Text{EN: "What this network must let out. Add \"to: HOST\" to have it tried.", JA: "このネットワークから外へ出られるべきもの。「to: ホスト」を付けると実際に試します。"}
)
