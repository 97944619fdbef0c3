package output

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"net/netip"
	"slices"
	"strings"

	"sekisho/internal/exposure"
	"sekisho/internal/untrusted"
)

// textTest is the page of test: the steps and what became of each, the way that
// the data took, what the service told, what of it is worrying, and one line
// that says it all.
func textTest(w io.Writer, d exposure.TestDocument, o Options) error {
	p := newPage(o)
	port := portLabel(d.Transport, d.Port)
	host := cmp.Or(d.Host, d.Address.String())
	if d.Host != "" {
		host = p.say.Say("test.host", "Host", d.Host, "Address", p.address(d.Address))
	}
	p.paragraph("", bold, p.say.Say("test.title", "Test", d.Test, "Host", host, "Port", port,
		"Time", d.StartedAt.UTC().Format(timeLayout), "Version", d.Version))
	switch name := p.service(d.Service, ""); {
	case d.Service.Protocol != "":
		p.paragraph("", plain, p.say.Say("test.service", "Service", name))
	case oneWay(d):
		p.paragraph("", plain, p.say.Say("test.one-way"))
	default:
		p.paragraph("", yellow, p.say.Say("test.no-service", "Test", d.Test))
		if d.State != exposure.Unknown {
			p.paragraph("", plain, p.say.Say("test.state", "Port", port, "State", p.say.Say("state."+d.State.String())))
		}
	}
	p.steps(d.Steps)
	p.flow(d.Flow)
	p.told(d)
	r := exposure.Report{Hosts: []exposure.Host{{Name: d.Host, Addresses: []netip.Addr{d.Address}, Ports: []exposure.Port{{
		Transport: d.Transport, Port: d.Port, Findings: d.Findings,
	}}}}}
	p.findings(r)
	if d.Service.Error != "" && !shown(d) {
		p.gap()
		p.paragraph("", yellow, p.say.Say("test.ended", "Error", d.Service.Error))
	}
	if d.Partial {
		p.gap()
		p.paragraph("", yellow, p.say.Say("test.partial"))
	}
	p.gap()
	done, wrong := 0, 0
	for _, s := range d.Steps {
		switch s.Result {
		case exposure.StepOK:
			done++
		case exposure.StepRefused, exposure.StepFailed:
			wrong++
		}
	}
	p.paragraph("", bold, p.say.Say("test.last", "Test", d.Test, "Done", done, "Wrong", wrong, "Mend", mendable(collect(r))))
	return p.to(w)
}

// oneWay reports whether what was sent is such as nobody answers, and nothing
// said that it did not arrive.
func oneWay(d exposure.TestDocument) bool {
	return slices.ContainsFunc(d.Steps, func(s exposure.Step) bool {
		return s.Result == exposure.StepUnknown && strings.HasSuffix(s.ID, "-arrival")
	})
}

// shown reports whether a step or the state of the port has told already what
// ended the test.
func shown(d exposure.TestDocument) bool {
	switch d.State {
	case exposure.Closed, exposure.Filtered, exposure.OpenFiltered:
		return true
	}
	return slices.ContainsFunc(d.Steps, func(s exposure.Step) bool { return s.Detail == d.Service.Error })
}

// stepStyles make what went wrong stand out.
var stepStyles = map[exposure.StepResult]style{
	exposure.StepOK: green, exposure.StepRefused: yellow, exposure.StepFailed: red, exposure.StepSkipped: dim, exposure.StepUnknown: dim,
}

// steps are a numbered table: what was done, what became of it, and in whose
// words.
func (p *page) steps(steps []exposure.Step) {
	if len(steps) == 0 {
		return
	}
	var rows [][]cell
	for i, s := range steps {
		var words []string
		if s.Why != "" {
			words = append(words, p.say.Say("why."+s.Why))
		}
		words = append(words, s.Asked)
		words = append(words, said(s.Said)...)
		words = append(words, p.facts(s.Facts)...)
		words = append(words, s.Detail)
		rows = append(rows, []cell{
			text(fmt.Sprint(i + 1)),
			text(p.say.Say("step." + s.ID)),
			{[]string{p.say.Say("result." + s.Result.String())}, stepStyles[s.Result]},
			text(words...),
		})
	}
	p.gap()
	p.line(p.table([]column{
		{head: p.say.Say("column.number")},
		{head: p.say.Say("column.step"), least: 16},
		{head: p.say.Say("column.result")},
		{head: p.say.Say("column.words"), least: 20},
	}, rows)...)
}

// saidWidth is how many columns of an answer a table shows.
const saidWidth = 160

// said are the lines of an answer, as many as a table has room for.
func said(t untrusted.Text) []string {
	var lines []string
	left := saidWidth
	for _, line := range strings.FieldsFunc(t.Raw(), func(r rune) bool { return r == '\n' || r == '\r' }) {
		if left <= 0 {
			lines[len(lines)-1] += ellipsis
			break
		}
		shown := shortened(untrusted.New(line, 0).Terminal(), left)
		lines = append(lines, shown)
		left -= columns(shown)
	}
	if n := len(lines) - 1; n >= 0 && t.Cut() && !strings.HasSuffix(lines[n], ellipsis) {
		lines[n] += ellipsis
	}
	return lines
}

// flow is the numbered way of the data.
func (p *page) flow(rows []exposure.Flow) {
	if len(rows) == 0 {
		return
	}
	p.gap()
	p.line(p.paint(bold, p.say.Say("test.flow")))
	var cells [][]cell
	for i, f := range rows {
		cells = append(cells, []cell{
			text(fmt.Sprint(i + 1)),
			text(p.say.Say("flow." + string(f.Row))),
			text(f.From.String()),
			text("->"),
			text(f.To.String()),
			text(f.What),
		})
	}
	p.line(p.table([]column{
		{head: p.say.Say("column.number")},
		{head: p.say.Say("column.row"), least: 8},
		{head: p.say.Say("column.from"), least: 14},
		{},
		{head: p.say.Say("column.to"), least: 14},
		{head: p.say.Say("column.words"), least: 6},
	}, cells)...)
}

// told lists the facts of a service under the names that machines read, but for
// those that a step has shown.
func (p *page) told(d exposure.TestDocument) {
	shown := map[string]bool{}
	for _, s := range d.Steps {
		for _, line := range p.facts(s.Facts) {
			shown[line] = true
		}
	}
	facts := maps.Clone(d.Service.Facts)
	delete(facts, rootEntry)
	lines := slices.DeleteFunc(p.facts(facts), func(line string) bool { return shown[line] })
	if d.Service.TLS != nil {
		lines = append(p.certified(*d.Service.TLS), lines...)
	}
	entry := d.Service.Facts.Texts(rootEntry)
	if len(lines)+len(entry) == 0 {
		return
	}
	p.gap()
	p.line(p.paint(bold, p.say.Say("test.told")))
	for _, l := range lines {
		p.paragraph("  ", plain, l)
	}
	p.entry(entry)
}

// rootEntry is the fact that is an entry of a directory: each of its texts is an
// attribute and a value.
const rootEntry = "root_dse"

// entry lists the attributes of an entry, each once with all of its values.
func (p *page) entry(all []untrusted.Text) {
	if len(all) == 0 {
		return
	}
	p.paragraph("  ", plain, rootEntry+":")
	values := map[string][]string{}
	var names []string
	for _, t := range all {
		name, value, _ := strings.Cut(t.Terminal(), ": ")
		if values[name] == nil {
			names = append(names, name)
		}
		values[name] = append(values[name], value)
	}
	for _, name := range names {
		p.paragraph("    ", plain, strings.TrimSpace(name+": "+strings.Join(values[name], ", ")))
	}
}

// certified is what the TLS handshake told, in a line or two.
func (p *page) certified(t exposure.TLS) []string {
	lines := []string{"tls: " + strings.Join(append(slices.Clone(t.Versions), t.Cipher), ", ")}
	if c := t.Certificate; c != nil {
		lines = append(lines, "certificate: "+c.Subject.Terminal()+", "+c.NotAfter.UTC().Format(timeLayout))
	}
	return lines
}

// facts are lines of a name and what it is, in the order of the names.
func (p *page) facts(facts exposure.Facts) []string {
	var lines []string
	for _, name := range slices.Sorted(maps.Keys(facts)) {
		lines = append(lines, name+": "+p.fact(facts[name]))
	}
	return lines
}

func (p *page) fact(value any) string {
	switch value := value.(type) {
	case untrusted.Text:
		return value.Terminal()
	case []untrusted.Text:
		if len(value) == 0 {
			return p.say.Say("test.none")
		}
		words := make([]string, len(value))
		for i, t := range value {
			words[i] = t.Terminal()
		}
		return strings.Join(words, ", ")
	case bool:
		if value {
			return p.say.Say("test.yes")
		}
		return p.say.Say("test.no")
	}
	return fmt.Sprint(value)
}
