package web

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"sekisho/internal/exposure"
	"sekisho/internal/lang"
	"sekisho/internal/untrusted"
)

// trial is what came of a test in depth so far.
type trial struct {
	Test    exposure.JobTest
	Steps   []exposure.Step
	State   exposure.State
	Service exposure.Service
	Flow    []exposure.Flow
	Over    bool // the Service is known
}

// The bounds of what is kept of one test.
const (
	mostSteps = 256
	mostFlow  = 256
)

// at is the port that is tested.
func (t trial) at() endpoint { return endpoint{exposure.TCP, t.Test.Port} }

// tested takes in what a batch tells of tests.
func (r *result) tested(b exposure.Batch) {
	for _, s := range b.Steps {
		if s.Test >= 0 && s.Test < len(r.trials) && len(r.trials[s.Test].Steps) < mostSteps {
			t := &r.trials[s.Test]
			t.Steps = append(t.Steps, s.Step)
		}
	}
	for _, e := range b.Tested {
		if e.Test < 0 || e.Test >= len(r.trials) {
			continue
		}
		t := &r.trials[e.Test]
		t.State, t.Service, t.Flow, t.Over = e.State, e.Service, e.Flow[:min(len(e.Flow), mostFlow)], true
		t.Service.Transport, t.Service.Port, t.Service.View = exposure.TCP, t.Test.Port, exposure.ViewOutside
	}
}

// triedService is what is known of the service behind a port: a test in depth
// knows more than an identification.
func (r *result) triedService(e endpoint) (exposure.Service, bool) {
	for _, t := range r.trials {
		if t.Over && t.at() == e && t.Service.Protocol != "" {
			return t.Service, true
		}
	}
	s, ok := r.services[e]
	return s, ok
}

// passed is the verdict of tests: what was to work does, and nothing found is
// graver than a hint. Of a mail server not every port has to be there.
func (r *result) passed() exposure.Outcome {
	verdict, reached := exposure.Pass, false
	for _, t := range r.trials {
		form := r.form(t.at())
		switch {
		case form != formOpen:
			if form == formPending || form == formUnknown {
				verdict = exposure.Inconclusive
			}
			continue
		case !t.Over:
			verdict, reached = exposure.Inconclusive, true
			continue
		}
		reached = true
		if !t.works() || slices.ContainsFunc(r.port(t.at(), lang.English).Findings, func(f exposure.Finding) bool { return f.Severity >= exposure.Medium }) {
			return exposure.Fail
		}
	}
	if !reached && verdict == exposure.Pass {
		return exposure.Fail
	}
	return verdict
}

// works reports whether the server is what it was taken for and, of FTP, whether
// somebody gets in and data through.
func (t trial) works() bool {
	if t.Test.Protocol != "ftp" {
		return t.Service.Protocol != ""
	}
	in, _ := t.Service.Facts.Bool("logged_in")
	through, _ := t.modes()
	return in && len(through) > 0
}

// modes are the ways to move data that did so, and those that did not.
func (t trial) modes() (through, not []string) {
	for _, m := range ftpModeWords {
		switch t.Service.Facts.Text(m).Raw() {
		case "":
		case "ok":
			through = append(through, strings.ToUpper(m))
		default:
			not = append(not, strings.ToUpper(m))
		}
	}
	return through, not
}

// stepShown is a step of a test in the words of its page.
type stepShown struct {
	At     string   `json:"at"` // test and number
	Name   string   `json:"name"`
	Result string   `json:"result"` // for the style
	Word   string   `json:"word"`
	Why    string   `json:"why,omitempty"`
	Asked  string   `json:"asked,omitempty"`
	Said   string   `json:"said,omitempty"`
	Facts  []string `json:"facts,omitempty"`
	Detail string   `json:"detail,omitempty"`
}

// stepOf puts a step into words. Without what server and client said, nothing in
// them is anybody's name.
func stepOf(test, number int, s exposure.Step, say *lang.Printer) stepShown {
	v := stepShown{
		At: fmt.Sprintf("s%d-%d", test, number), Name: say.Say("step." + s.ID), Result: s.Result.String(), Word: say.Say("result." + s.Result.String()),
		Asked: clean(s.Asked), Said: clean(s.Said.Raw()), Detail: clean(s.Detail),
	}
	switch s.Why {
	case "":
	case "ftp-no-file": // the words of the command line name its flags
		v.Why = say.Say("web.step-no-file")
	case "ftp-time-over":
		v.Why = say.Say("web.step-time-over")
	default:
		v.Why = say.Say("why." + s.Why)
	}
	for _, name := range slices.Sorted(maps.Keys(s.Facts)) {
		if word := factWord(s.Facts[name], say); word != "" {
			v.Facts = append(v.Facts, clean(name)+": "+word)
		}
	}
	return v
}

func factWord(value any, say *lang.Printer) string {
	switch value := value.(type) {
	case untrusted.Text:
		return clean(value.Raw())
	case []untrusted.Text:
		var words []string
		for _, t := range value {
			words = append(words, clean(t.Raw()))
		}
		return strings.Join(words, ", ")
	case bool:
		if value {
			return say.Say("test.yes")
		}
		return say.Say("test.no")
	}
	if list, ok := value.([]any); ok && len(list) == 0 { // an empty list, as it comes back from the store
		return ""
	}
	return clean(fmt.Sprint(value))
}

// steps are those that a batch told, which was taken in just now.
func (r *result) steps(b exposure.Batch, say *lang.Printer) []stepShown {
	var list []stepShown
	count := map[int]int{}
	for _, s := range b.Steps {
		count[s.Test]++
	}
	for _, s := range b.Steps {
		if s.Test >= 0 && s.Test < len(r.trials) {
			list = append(list, stepOf(s.Test, len(r.trials[s.Test].Steps)-count[s.Test], s.Step, say))
			count[s.Test]--
		}
	}
	return list
}

// flowShown is a row of the drawn data flow: a port of either side.
type flowShown struct {
	Number int
	Ours   uint16
	Theirs uint16
	Back   bool // from the server to the vantage
	Row    string
	What   string
}

// trialShown is a test as its page shows it.
type trialShown struct {
	Number   int
	Protocol string
	Port     uint16
	Form     form
	State    string
	Steps    []stepShown
	Flow     []flowShown
	Ours     string
	Theirs   string
	Through  string // modes that moved data
	Not      string
	Login    string // yes, no, or nobody tried
	Relay    bool   // asked from outside, and refused
	Over     bool
	Service  bool
	Left     []string // files that our test left on the server
	Put      bool     // an upload happened, and was deleted again
	Public   bool     // everybody may download
	User     bool     // somebody in particular logged in
}

// tried are the tests as their page shows them.
func (r *result) tried(say *lang.Printer) []trialShown {
	var list []trialShown
	for i, t := range r.trials {
		f := t.Service.Facts
		v := trialShown{
			Number: i, Protocol: t.Test.Protocol, Port: t.Test.Port, Form: r.form(t.at()), Over: t.Over, Service: t.Service.Protocol != "",
			Theirs: r.look.Job.Address.String(),
		}
		for n, s := range t.Steps {
			v.Steps = append(v.Steps, stepOf(i, n, s, say))
			ok := s.Result == exposure.StepOK
			v.Put = v.Put || ok && strings.HasPrefix(s.ID, "ftp-") && strings.HasSuffix(s.ID, "-put")
			if ok && strings.HasPrefix(s.ID, "ftp-") && strings.HasSuffix(s.ID, "-get") {
				v.Public, _ = f.Bool("anonymous")
			}
			v.User = v.User || ok && s.ID == "ftp-login" && !strings.HasPrefix(s.Asked, "USER anonymous")
		}
		relayed := func(s exposure.Step) bool { return s.ID == "smtp-relay" }
		v.Relay = slices.ContainsFunc(t.Steps, relayed) && !slices.ContainsFunc(t.Steps, func(s exposure.Step) bool { return relayed(s) && s.Result != exposure.StepOK })
		through, not := t.modes()
		v.Through, v.Not = strings.Join(through, ", "), strings.Join(not, ", ")
		if in, known := f.Bool("logged_in"); known {
			v.Login = choose(in, "yes", "no")
		}
		for _, name := range f.Texts("upload_left") {
			v.Left = append(v.Left, clean(name.Raw()))
		}
		for n, w := range t.Flow {
			back := w.From.Addr().Unmap() == r.look.Job.Address
			ours, theirs := w.From, w.To
			if back {
				ours, theirs = w.To, w.From
			}
			v.Ours = ours.Addr().Unmap().String()
			v.Flow = append(v.Flow, flowShown{n + 1, ours.Port(), theirs.Port(), back, say.Say("flow." + string(w.Row)), clean(w.What)})
		}
		list = append(list, v)
	}
	return list
}

// testDocument is a test as machines read it.
type testDocument struct {
	Test     exposure.JobTest   `json:"test"`
	State    exposure.State     `json:"state,omitempty"`
	Service  *exposure.Service  `json:"service,omitempty"`
	Steps    []exposure.Step    `json:"steps"`
	Flow     []exposure.Flow    `json:"flow,omitempty"`
	Findings []exposure.Finding `json:"findings"`
}

func (r *result) testDocuments(tag lang.Tag) []testDocument {
	var list []testDocument
	for _, t := range r.trials {
		d := testDocument{Test: t.Test, State: r.seen[t.at()].State, Steps: append([]exposure.Step{}, t.Steps...), Flow: t.Flow, Findings: []exposure.Finding{}}
		if t.Over {
			d.Service, d.Findings = &t.Service, append(d.Findings, r.port(t.at(), tag).Findings...)
		}
		list = append(list, d)
	}
	return list
}

// trialLines are the tests for people who read text. What server and client said
// and any address is left out, so that it may be shown to everybody.
func (r *result) trialLines(say *lang.Printer) string {
	var b strings.Builder
	for _, t := range r.tried(say) {
		fmt.Fprintf(&b, "\n%s %d/tcp: %s\n", t.Protocol, t.Port, say.Say("web.form-"+string(t.Form)))
		for n, s := range t.Steps {
			fmt.Fprintf(&b, "%2d. %s: %s\n", n+1, s.Name, strings.TrimSpace(s.Word+" "+s.Why))
		}
		for _, w := range t.Flow {
			fmt.Fprintf(&b, "    :%d %s :%d  %s\n", w.Ours, choose(w.Back, "<--", "-->"), w.Theirs, w.Row)
		}
	}
	if len(r.trials) > 0 {
		for _, e := range r.asked() {
			for _, f := range r.port(e, lang.English).Findings {
				fmt.Fprintf(&b, "[%s] %s\n", say.Say("web.severity-"+f.Severity.String()), f.Rule)
			}
		}
	}
	return b.String()
}

// verdictIn is the verdict as a sentence.
func (r *result) verdictIn(say *lang.Printer) string {
	if len(r.trials) > 0 {
		return say.Say("web.verdict-test-" + string(r.whole()))
	}
	return say.Say("web.verdict-" + string(r.whole()))
}

// controlOnly is the port at which a look saw an FTP server, or where one belongs,
// and no more of it than the control connection; 0 for none.
func (r *result) controlOnly() uint16 {
	if len(r.trials) > 0 || r.look.Kind == apiKind {
		return 0
	}
	for _, e := range r.asked() {
		if e.Transport != exposure.TCP || r.form(e) != formOpen && r.look.Kind != portKind {
			continue
		}
		if s := r.services[e]; s.Protocol == "ftp" || e.Port == ftpPort && s.Protocol == "" {
			return e.Port
		}
	}
	return 0
}
