package output

import (
	_ "embed"
	"html/template"
	"io"
	"slices"
	"strings"

	"sekisho/internal/exposure"
)

func init() { register(format{name: "html", report: htmlReport, cause: htmlDiagnosis}) }

//go:embed html.tmpl
var htmlSource string

// htmlTemplate is the page. It encodes by context, and what goes into it has
// passed harmless before.
var htmlTemplate = template.Must(template.New("report").Parse(htmlSource))

// The parts of the page.
type (
	htmlPage struct {
		Lang, Title, Last, Partial string
		Words                      map[string]string
		Hosts                      []htmlHost
		Policy                     string
		Baseline                   string
		Added                      []string
		Judged                     []htmlJudged
		Findings                   []htmlFinding
		Diagnosed                  []htmlDiagnosed
		Unseen                     []string
	}
	htmlHost struct {
		Title string
		Views []string
		Rows  []htmlRow
		Moved []htmlTransfers
		Gate  string // who told of the router, and what
		Told  []string
	}
	htmlRow struct {
		Port, Name              string
		Cells                   []htmlCell
		Services, Owners, Where []string
		Verdicts                []htmlCell
	}
	htmlCell   struct{ Class, Text, Hint string }
	htmlJudged struct {
		Class, Text string
		Why         []string
		Way         htmlWay
		Cause       string
		Remedy      []htmlStep
	}
	// htmlWay is the picture of the way with the cut marked; without stations
	// there is none.
	htmlWay struct {
		Label    string
		Stations []htmlStation
	}
	htmlStation struct {
		Name string
		Cut  string // the word for it, where the cut is
	}
	// htmlTransfers is the table of FTP.
	htmlTransfers struct {
		Title string
		Heads []string
		Rows  [][]string
	}
	htmlFinding struct {
		Class, Title, Meaning string
		Evidence              []string
		Remedy                []htmlStep
	}
	htmlStep struct{ Words, Commands string }
)

// htmlReport writes one page that needs nothing else: no script, no picture, no
// font of another place, for light and dark screens and for paper.
func htmlReport(w io.Writer, r exposure.Report, o Options) error {
	o.Color = false
	p := newPage(o)
	page := p.htmlPage(r.Partial, r.Unseen)
	page.Last = harmless(p.lastLine(r))
	for _, h := range r.Hosts {
		host := p.htmlHost(r, h)
		host.Gate, host.Told = p.routerList(h.Router)
		page.Hosts = append(page.Hosts, host)
	}
	if all := sentences(r); len(all) > 0 {
		page.Policy = harmless(p.say.Say("report.policy", "File", r.Policy))
		for _, outcome := range []exposure.Outcome{exposure.Fail, exposure.Inconclusive, exposure.Pass} {
			for _, s := range all {
				if s.Verdict.Verdict == outcome {
					page.Judged = append(page.Judged, p.htmlJudged(s))
				}
			}
		}
	}
	if b := r.Baseline; b != nil {
		page.Baseline = harmless(p.say.Say("baseline.nothing", "File", b.File))
		if len(b.Added) > 0 {
			page.Baseline = harmless(p.say.Say("baseline.added", "Count", len(b.Added), "File", b.File))
		}
		for _, d := range b.Added {
			page.Added = append(page.Added, harmless(p.differs(d)))
		}
	}
	for _, m := range collect(r) {
		page.Findings = append(page.Findings, p.htmlFinding(m))
	}
	return htmlTemplate.Execute(w, page)
}

// htmlPage is a page with nothing on it but the words that stand around.
func (p *page) htmlPage(partial bool, unseen []string) htmlPage {
	page := htmlPage{
		Lang: string(p.Lang), Title: p.say.Say("html.title"),
		Words: map[string]string{
			"port": p.say.Say("column.port"), "service": p.say.Say("column.service"), "owner": p.say.Say("column.owner"),
			"where": p.say.Say("column.where"), "verdict": p.say.Say("column.verdict"), "findings": p.say.Say("report.findings"),
			"todo": p.say.Say("report.what-to-do"), "nothing": p.say.Say("markdown.nothing"),
			"unlooked": p.say.Say("html.unlooked"), "unseen": p.say.Say("html.unseen"),
			"stage": p.say.Say("column.stage"), "result": p.say.Say("column.result"), "detail": p.say.Say("column.words"), "rivals": p.say.Say("diagnosis.rivals"),
		},
		Unseen: each(unseen, harmless),
	}
	if page.Lang == "" {
		page.Lang = "en"
	}
	if partial {
		page.Partial = p.say.Say("report.partial")
	}
	return page
}

// htmlView is a column of the matrix: who looked, over which family.
type htmlView struct {
	view exposure.View
	v6   bool
}

// htmlHost is the matrix of one host: ports by views.
func (p *page) htmlHost(r exposure.Report, h exposure.Host) htmlHost {
	mine, when := h.Own(), r.StartedAt.UTC().Format(timeLayout)
	host := htmlHost{Title: harmless(p.say.Say("report.other-machine", "Host", hostName(h), "Time", when, "Version", r.Version))}
	if mine {
		host.Title = harmless(p.say.Say("report.this-machine", "Host", hostName(h), "Time", when, "Version", r.Version))
	}
	var views []htmlView
	for _, port := range h.Ports {
		for _, o := range port.Observations {
			if v := (htmlView{o.View, o.Address.Unmap().Is6()}); !slices.Contains(views, v) {
				views = append(views, v)
			}
		}
	}
	order := []exposure.View{
		exposure.ViewLoopback, exposure.ViewSelf, exposure.ViewLAN, exposure.ViewHairpin, exposure.ViewOutside, exposure.ViewName, exposure.ViewProxy,
	}
	slices.SortFunc(views, func(a, b htmlView) int {
		if a.view != b.view {
			return slices.Index(order, a.view) - slices.Index(order, b.view)
		}
		if a.v6 == b.v6 {
			return 0
		} else if b.v6 {
			return -1
		}
		return 1
	})
	for _, v := range views {
		family := "IPv4"
		if v.v6 {
			family = "IPv6"
		}
		host.Views = append(host.Views, p.say.Say("html.view", "View", p.view(v.view), "Family", family))
	}
	for _, port := range h.Ports {
		if p.Show.showsPort(port) {
			host.Rows = append(host.Rows, p.htmlRow(h, mine, port, views))
			host.Moved = append(host.Moved, p.htmlTransfers(p.transfersOf(port), port.Transfers, mine)...)
		}
	}
	return host
}

// htmlRow is one port: what each view saw, what answers, whose it is.
func (p *page) htmlRow(h exposure.Host, mine bool, port exposure.Port, views []htmlView) htmlRow {
	row := htmlRow{
		Port: portLabel(port.Transport, port.Port), Name: harmless(port.Name), Services: each(p.services(port), harmless),
		Owners: each(p.owners(mine, port), harmless), Where: each(p.whereabouts(h, mine, port), harmless),
	}
	for _, v := range views {
		var c htmlCell
		for _, o := range port.Observations {
			if o.View != v.view || o.Address.Unmap().Is6() != v.v6 {
				continue
			}
			hint := harmless(o.Address.String() + " " + p.why(o))
			if c.Text == "" || o.State == exposure.Open {
				c = htmlCell{htmlState(o.State), p.state(o.State), strings.TrimPrefix(c.Hint+"; "+hint, "; ")}
			} else {
				c.Hint += "; " + hint
			}
		}
		row.Cells = append(row.Cells, c)
	}
	for _, v := range port.Verdicts {
		row.Verdicts = append(row.Verdicts, htmlCell{
			htmlOutcome(v.Verdict),
			harmless(p.say.Say("report.verdict", "Verdict", p.say.Say("verdict."+string(v.Verdict)), "Zone", p.say.Say("zone."+string(v.Zone)))),
			harmless(strings.Join(v.Why, " ")),
		})
	}
	return row
}

// htmlState and htmlOutcome are classes of the page; a word that a document
// brings from elsewhere is none of them.
func htmlState(s exposure.State) string {
	return strings.ReplaceAll(s.String(), "|", "-")
}

func htmlOutcome(o exposure.Outcome) string {
	if o == exposure.Pass || o == exposure.Fail {
		return string(o)
	}
	return string(exposure.Inconclusive)
}

func (p *page) htmlJudged(s *sentence) htmlJudged {
	j := htmlJudged{Class: htmlOutcome(s.Verdict.Verdict), Text: harmless(p.judged(s)), Why: each(s.Why, harmless)}
	if s.Cause != nil {
		j.Cause, j.Way, j.Remedy = harmless(p.cause(s.Cause)), p.way(s.Zone, s.Cause.ID), htmlSteps(s.Cause.Remedy)
		j.Why = append(j.Why, each(s.Cause.Evidence, harmless)...)
	}
	return j
}

// htmlTransfers is the table of FTP, none without a step.
func (p *page) htmlTransfers(title string, list []exposure.Transfer, mine bool) []htmlTransfers {
	if len(list) == 0 {
		return nil
	}
	t := htmlTransfers{Title: harmless(title)}
	heads, rows := p.transfers(list, mine)
	t.Heads = heads
	for _, r := range rows {
		t.Rows = append(t.Rows, transferWords(r))
	}
	return []htmlTransfers{t}
}

func (p *page) htmlFinding(m *matter) htmlFinding {
	f := htmlFinding{Class: m.Severity.String(), Title: harmless(p.title(m)), Meaning: harmless(m.Meaning), Remedy: htmlSteps(m.Remedy)}
	for _, e := range m.evidence {
		f.Evidence = appendNew(f.Evidence, harmless(e))
		if len(f.Evidence) == rangesShown {
			break
		}
	}
	return f
}

func htmlSteps(steps []string) []htmlStep {
	var list []htmlStep
	for _, step := range steps {
		words, commands, _ := strings.Cut(step, "\n")
		var lines []string
		for line := range strings.Lines(commands) {
			lines = append(lines, harmless(strings.TrimRight(line, "\n")))
		}
		list = append(list, htmlStep{harmless(words), strings.Join(lines, "\n")})
	}
	return list
}

// station is a place on the way to a service.
type station int

const (
	stationName station = iota
	stationCarrier
	stationRouter
	stationFirewall
	stationService
)

// stationOf is where on the way a cause lies, for the picture.
var stationOf = map[string]station{
	"name-elsewhere": stationName, "name-missing": stationName, "dns-failure": stationName,
	"no-route": stationCarrier, "no-arrival": stationCarrier, "double-nat": stationCarrier, "cgnat": stationCarrier, "map-e-port": stationCarrier,
	"ds-lite": stationCarrier, "carrier-block": stationCarrier, "vantage-egress-block": stationCarrier, "egress-blocked": stationCarrier,
	"reply-lost": stationCarrier, "all-ports-answer": stationCarrier,
	"router-no-forward": stationRouter, "router-filter": stationRouter, "forward-elsewhere": stationRouter, "hairpin-missing": stationRouter,
	"opened-by-upnp": stationRouter, "router-dmz": stationRouter, "router-itself": stationRouter, "ipv6-unfiltered": stationRouter,
	"host-firewall": stationFirewall, "adaptive-firewall": stationFirewall, "allow-rule": stationFirewall, "firewall-off": stationFirewall,
	"container-published": stationFirewall, "ftp-passive-blocked": stationFirewall, "ftp-active-blocked": stationFirewall,
	"not-listening": stationService, "loopback-only": stationService, "wrong-address": stationService, "wrong-family": stationService,
	"host-down": stationService, "service-silent": stationService, "service-refuses": stationService, "service-wrong": stationService,
	"tls-broken": stationService, "ftp-passive-address": stationService,
}

// way is the picture of the way to the service from a zone, or from here to
// another host, with the place marked where the cause lies; nothing for a cause that lies nowhere on it.
func (p *page) way(zone exposure.Zone, cause string) htmlWay {
	at, known := stationOf[cause]
	if !known {
		return htmlWay{}
	}
	stations := []station{stationFirewall, stationService}
	switch zone {
	case exposure.ZoneInternetV4, exposure.ZoneInternetV6, exposure.ZoneOutgoing, "":
		stations = []station{stationName, stationCarrier, stationRouter, stationFirewall, stationService}
	case exposure.ZoneLoopback:
		stations = []station{stationService}
	}
	if !slices.Contains(stations, at) {
		return htmlWay{}
	}
	from := p.say.Say("html.station-here")
	if zone != "" {
		from = p.say.Say("zone." + string(zone))
	}
	way := htmlWay{p.say.Say("html.way"), []htmlStation{{Name: from}}}
	names := map[station]string{
		stationName: p.say.Say("html.station-name"), stationCarrier: p.say.Say("html.station-carrier"), stationRouter: p.say.Say("html.station-router"),
		stationFirewall: p.say.Say("html.station-firewall"), stationService: p.say.Say("html.station-service"),
	}
	for _, s := range stations {
		here := htmlStation{Name: names[s]}
		if s == at {
			here.Cut = p.say.Say("html.cut")
		}
		way.Stations = append(way.Stations, here)
	}
	return way
}
