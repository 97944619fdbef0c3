package output_test

import (
	"bytes"
	"encoding/csv"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/html"
	"pgregory.net/rapid"

	"sekisho/internal/exposure"
	"sekisho/internal/lang"
	"sekisho/internal/output"
	"sekisho/internal/wire/nmapxml"
)

// reportFormats are the formats that only reports and scans have.
var reportFormats = []string{"csv", "html", "junit", "markdown", "nmap-xml"}

// whollyJudged is a household with a policy that says why, a cause, ranges and what
// goes out.
func whollyJudged(tag lang.Tag) exposure.Report {
	r := ruled(tag)
	why := lang.Text{EN: "At 192.168.1.5 it was seen open (syn-ack).", JA: "192.168.1.5 で「開」と確認しました(syn-ack)。"}.In(tag)
	r.Hosts[0].Ports[0].Verdicts[0].Why = []string{why}
	r.Hosts[0].Ports[0].Verdicts[0].From = "sekisho.yaml:4:9"
	r.Hosts[0].Ports[0].Verdicts[0].Cause = &exposure.Cause{
		ID: "router-no-forward", Certainty: "likely", Evidence: []string{why}, Remedy: []string{"Forward it:\nupnpc -a 192.168.1.5 21 21 tcp"},
	}
	r.Hosts[0].Verdicts = []exposure.GroupVerdict{{
		Transport: exposure.TCP, Ports: "rest", Count: 65530,
		Verdict: exposure.Verdict{Zone: exposure.ZoneLAN, Expectation: exposure.ExpectClosed, Verdict: exposure.Inconclusive, Why: []string{why}, From: "sekisho.yaml:9:5"},
	}}
	r.Hosts[0].Swept = []exposure.Sweep{{
		Address: r.Hosts[0].Addresses[0], Transport: exposure.TCP, View: exposure.ViewLoopback, Ports: "1-65535",
		States: []exposure.SweepState{{State: exposure.Closed, Reason: exposure.ConnRefused, Count: 65530}},
	}}
	r.Outgoing = []exposure.Port{{Transport: exposure.TCP, Port: 25, Name: "smtp", Verdicts: []exposure.Verdict{
		{Zone: exposure.ZoneOutgoing, Expectation: exposure.ExpectOpen, Verdict: exposure.Inconclusive},
	}}}
	r.Hosts[0].Router = gate()
	r.Hosts[0].Router.Page = "" // an address in words, which TestHTMLStandsAlone would take for a thing to load
	r.Summary.Inconclusive = 2
	return r
}

func TestFormatsGolden(t *testing.T) {
	var kept []string
	check := func(name string, got []byte) {
		path := filepath.Join("testdata", "formats", name)
		kept = append(kept, path)
		if *update {
			if err := os.WriteFile(path, got, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(string(want), string(got)); d != "" {
			t.Errorf("%s changed; look at it and run with -update (-want +got):\n%s", name, d)
		}
	}
	for _, format := range reportFormats {
		for _, tag := range []lang.Tag{lang.English, lang.Japanese} {
			o := output.Options{Format: format, Lang: tag, Width: 80}
			if format != "csv" && format != "nmap-xml" || tag == lang.English {
				check(fmt.Sprintf("judged-%s.%s", tag, format), reportIn(t, whollyJudged(tag), o))
			}
		}
		if slices.Contains(output.DiagnosisFormats(), format) {
			for _, tag := range []lang.Tag{lang.English, lang.Japanese} {
				check(fmt.Sprintf("diagnosed-%s.%s", tag, format), diagnosisIn(t, diagnosed(tag), output.Options{Format: format, Lang: tag, Width: 80}))
			}
		}
		o := output.Options{Format: format, Lang: lang.English}
		check("household."+format, reportIn(t, household(lang.English), o))
		check("nothing."+format, reportIn(t, nothing(lang.English), o))
		check("scan."+format, scanIn(t, scanned(), o))
		o.Redact = true
		check("redacted."+format, reportIn(t, whollyJudged(lang.English), o))
	}
	files, err := filepath.Glob("testdata/formats/*")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if !slices.Contains(kept, file) {
			t.Errorf("%s belongs to no test", file)
		}
	}
}

// TestReportFormatsAreOffered: those of every document first, and no other
// document takes the rest.
func TestReportFormatsAreOffered(t *testing.T) {
	if d := cmp.Diff(append([]string{"text", "json", "jsonl"}, reportFormats...), output.ReportFormats()); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]string{"text", "json", "jsonl", "csv", "html", "junit", "markdown"}, output.DiagnosisFormats()); d != "" {
		t.Error(d)
	}
	if err := output.Diagnosis(io.Discard, diagnosed(lang.English), output.Options{Format: "nmap-xml"}); err == nil || !strings.Contains(err.Error(), "text, json, jsonl, csv") {
		t.Errorf("nmap-xml of a diagnosis: %v", err)
	}
	for _, format := range reportFormats {
		o := output.Options{Format: format}
		if err := output.Local(io.Discard, machine(), o); err == nil || !strings.Contains(err.Error(), "text, json, jsonl") {
			t.Errorf("%s of local: %v", format, err)
		}
	}
}

// TestFormatsReturnWriteErrors: a full disk is told in every format.
func TestFormatsReturnWriteErrors(t *testing.T) {
	for _, format := range reportFormats {
		for _, room := range []int{0, 10, 400} {
			if err := output.Report(&full{room}, whollyJudged(lang.English), output.Options{Format: format}); !errors.Is(err, errFull) {
				t.Errorf("%s with room for %d: %v", format, room, err)
			}
			if !slices.Contains(output.DiagnosisFormats(), format) {
				continue
			}
			if err := output.Diagnosis(&full{room}, diagnosed(lang.English), output.Options{Format: format}); !errors.Is(err, errFull) {
				t.Errorf("%s of a diagnosis with room for %d: %v", format, room, err)
			}
		}
	}
}

// inertText fails on what acts on a terminal or turns the order of reading.
func inertText(t *rapid.T, format string, b []byte) {
	for _, r := range string(b) {
		if unicode.IsControl(r) && r != '\n' && r != '\t' || unicode.In(r, unicode.Bidi_Control) {
			t.Fatalf("%s holds %U", format, r)
		}
	}
}

// TestArbitraryReportsAreInertInEveryFormat: whatever servers, processes and
// policies call themselves, a document is what its format says and nothing in it
// acts.
func TestArbitraryReportsAreInertInEveryFormat(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := arbitraryReport(t)
		o := output.Options{
			Lang: rapid.SampledFrom([]lang.Tag{lang.English, lang.Japanese}).Draw(t, "lang"), Show: output.ShowAll,
			Redact: rapid.Bool().Draw(t, "redact"),
		}
		for _, format := range reportFormats {
			o.Format = format
			holdFormat(t, format, reportIn(t, r, o))
		}
	})
}

// TestArbitraryDiagnosesAreInertInEveryFormat is the same of a diagnosis.
func TestArbitraryDiagnosesAreInertInEveryFormat(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := arbitraryDiagnosis(t)
		o := output.Options{
			Lang:   rapid.SampledFrom([]lang.Tag{lang.English, lang.Japanese}).Draw(t, "lang"),
			Redact: rapid.Bool().Draw(t, "redact"),
		}
		for _, format := range output.DiagnosisFormats()[3:] {
			o.Format = format
			holdFormat(t, format, diagnosisIn(t, d, o))
		}
	})
}

// holdFormat: a document is what its format says, and nothing in it acts.
func holdFormat(t *rapid.T, format string, b []byte) {
	inertText(t, format, b)
	switch format {
	case "csv":
		holdCSV(t, b)
	case "html":
		holdHTML(t, b)
	case "junit":
		holdJUnit(t, b)
	case "markdown":
		holdMarkdown(t, b)
	case "nmap-xml":
		if _, err := nmapxml.Read(b); err != nil {
			t.Fatalf("%v\n%s", err, b)
		}
	}
}

// holdCSV: every row has every column, and no field is a formula.
func holdCSV(t *rapid.T, b []byte) {
	rows, err := csv.NewReader(bytes.NewReader(b)).ReadAll()
	if err != nil {
		t.Fatalf("%v\n%s", err, b)
	}
	for _, row := range rows {
		for _, field := range row {
			if field != "" && strings.ContainsRune("=+-@＝＋－＠\t\r", []rune(field)[0]) {
				t.Fatalf("the field %q is a formula", field)
			}
		}
	}
}

// The elements that the page has. Nothing in it may fetch, run or send.
var htmlElements = []string{
	"html", "head", "meta", "title", "style", "body", "header", "main", "section", "article", "h1", "h2", "h3", "p", "div", "table", "thead",
	"tbody", "tr", "th", "td", "span", "ul", "ol", "li", "pre", "strong",
}

var htmlAttributes = []string{
	"lang", "charset", "name", "content", "http-equiv", "class", "scope", "title", "tabindex", "role", "aria-label",
}

func holdHTML(t interface{ Fatalf(string, ...any) }, b []byte) {
	z := html.NewTokenizer(bytes.NewReader(b))
	open := []string{}
	for {
		switch z.Next() {
		case html.ErrorToken:
			if z.Err() != io.EOF || len(open) > 0 {
				t.Fatalf("%v, %v is not closed", z.Err(), open)
			}
			return
		case html.StartTagToken:
			token := z.Token()
			if !slices.Contains(htmlElements, token.Data) {
				t.Fatalf("the page has an element %q", token.Data)
			}
			for _, a := range token.Attr {
				if !slices.Contains(htmlAttributes, a.Key) {
					t.Fatalf("%s has an attribute %q", token.Data, a.Key)
				}
			}
			if token.Data != "meta" {
				open = append(open, token.Data)
			}
		case html.EndTagToken:
			name, _ := z.TagName()
			if len(open) == 0 || open[len(open)-1] != string(name) {
				t.Fatalf("</%s> closes %v", name, open)
			}
			open = open[:len(open)-1]
		case html.CommentToken:
			t.Fatalf("the page has a comment")
		}
	}
}

// TestHTMLStandsAlone: no address of another place is in the style or an
// attribute, and there is a policy that forbids fetching.
func TestHTMLStandsAlone(t *testing.T) {
	for _, tag := range []lang.Tag{lang.English, lang.Japanese} {
		page := string(reportIn(t, whollyJudged(tag), output.Options{Format: "html", Lang: tag}))
		holdHTML(t, []byte(page))
		for _, never := range []string{"http://", "https://", "url(", "@import", "src=", "href="} {
			if strings.Contains(page, never) {
				t.Errorf("the page holds %q", never)
			}
		}
		for _, always := range []string{"default-src 'none'", "prefers-color-scheme: dark", "@media print", `lang="` + string(tag) + `"`, `class="cut"`} {
			if !strings.Contains(page, always) {
				t.Errorf("the page does not hold %q", always)
			}
		}
	}
}

var markdownTag = regexp.MustCompile(`<|[^\\]\[|https?://|(?i)\bwww\.`)

// holdMarkdown: outside of fences no text makes a tag, a link or a row.
func holdMarkdown(t *rapid.T, b []byte) {
	fence, columns := "", 0
	for line := range strings.Lines(string(b)) {
		line = strings.TrimRight(line, "\n")
		if strings.HasPrefix(line, "```") {
			if fence == "" {
				fence = line
			} else if line == fence {
				fence = ""
			}
			continue
		}
		if fence != "" {
			continue
		}
		if markdownTag.MatchString(line) {
			t.Fatalf("the line %q holds more than text", line)
		}
		cells := len(regexp.MustCompile(`(?:^|[^\\])\|`).FindAllString(line, -1))
		if strings.HasPrefix(line, "| ") {
			if columns > 0 && cells != columns {
				t.Fatalf("the row %q has %d bars, want %d", line, cells, columns)
			}
			columns = cells
		} else if !strings.HasPrefix(line, "|") {
			columns = 0
		}
	}
	if fence != "" {
		t.Fatalf("a fence is not closed:\n%s", b)
	}
}

// holdJUnit holds a document to the elements, attributes and counts that CI
// systems read.
func holdJUnit(t interface{ Fatalf(string, ...any) }, b []byte) {
	type text struct {
		Message *string    `xml:"message,attr"`
		Type    string     `xml:"type,attr"`
		Any     []xml.Attr `xml:",any,attr"`
		Text    string     `xml:",chardata"`
	}
	type testCase struct {
		Name    string     `xml:"name,attr"`
		Class   string     `xml:"classname,attr"`
		Time    string     `xml:"time,attr"`
		Any     []xml.Attr `xml:",any,attr"`
		Failure []text     `xml:"failure"`
		Skipped []text     `xml:"skipped"`
		Other   []struct{} `xml:",any"`
	}
	type counts struct {
		Tests    int `xml:"tests,attr"`
		Failures int `xml:"failures,attr"`
		Errors   int `xml:"errors,attr"`
		Skipped  int `xml:"skipped,attr"`
	}
	var d struct {
		XMLName xml.Name `xml:"testsuites"`
		counts
		Suites []struct {
			counts
			Name  string     `xml:"name,attr"`
			Time  string     `xml:"timestamp,attr"`
			Cases []testCase `xml:"testcase"`
			Out   []string   `xml:"system-out"`
			Other []struct{} `xml:",any"`
		} `xml:"testsuite"`
		Other []struct{} `xml:",any"`
	}
	if err := xml.Unmarshal(b, &d); err != nil {
		t.Fatalf("%v\n%s", err, b)
	}
	var sum counts
	for _, s := range d.Suites {
		got := counts{Tests: len(s.Cases)}
		for _, c := range s.Cases {
			if len(c.Failure)+len(c.Skipped) > 1 || len(c.Other)+len(c.Any) > 0 || c.Name == "" || c.Class == "" || c.Time == "" {
				t.Fatalf("the case %+v", c)
			}
			for _, f := range append(c.Failure, c.Skipped...) {
				if f.Message == nil {
					t.Fatalf("no message in %+v", c)
				}
			}
			got.Failures += len(c.Failure)
			got.Skipped += len(c.Skipped)
		}
		if got != s.counts || len(s.Other) > 0 || len(s.Out) > 1 || s.Time == "" {
			t.Fatalf("counted %+v, the suite says %+v", got, s.counts)
		}
		sum = counts{sum.Tests + got.Tests, sum.Failures + got.Failures, 0, sum.Skipped + got.Skipped}
	}
	if sum != d.counts || len(d.Other) > 0 {
		t.Fatalf("counted %+v, the document says %+v", sum, d.counts)
	}
}

func TestJUnitTellsTheVerdicts(t *testing.T) {
	b := reportIn(t, whollyJudged(lang.English), output.Options{Format: "junit"})
	holdJUnit(t, b)
	page := string(b)
	for _, want := range []string{`tests="5" failures="1" errors="0" skipped="2"`, `type="fail"`, "sekisho.yaml:4:9", "exposed-local-service"} {
		if !strings.Contains(page, want) {
			t.Errorf("the document does not hold %q:\n%s", want, page)
		}
	}
	// Without a policy, what is to mend fails.
	b = reportIn(t, household(lang.English), output.Options{Format: "junit"})
	holdJUnit(t, b)
	if !strings.Contains(string(b), `<failure message="high exposed-local-service`) {
		t.Errorf("a finding to mend is no failure:\n%s", b)
	}
}

func TestScanCountsWhatItDoesNotShow(t *testing.T) {
	r, err := nmapxml.Read(scanIn(t, scanned(), output.Options{Format: "nmap-xml"}))
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Hosts) != 2 || len(r.Hosts[0].Ports.Ports) != 2 || r.Hosts[0].Ports.Extra[0].Count != 36 {
		t.Errorf("%+v", r.Hosts)
	}
	// A scan that shows nothing was made at some time, too.
	closed := slices.DeleteFunc(scanned(), func(o exposure.Observation) bool { return o.State != exposure.Closed })
	if r, err = nmapxml.Read(scanIn(t, closed, output.Options{Format: "nmap-xml"})); err != nil || len(r.Hosts) == 0 || r.Start != closed[0].SeenAt.Unix() {
		t.Errorf("begun at %d, %v", r.Start, err)
	}
}
