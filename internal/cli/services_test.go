package cli_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"

	"sekisho/internal/book"
	"sekisho/internal/cli"
	"sekisho/internal/exposure"
	"sekisho/internal/lang"
	"sekisho/internal/output"
	"sekisho/internal/portspec"
)

// TestDiagramsLineUp draws every diagram of the book in both languages: no line
// is wider than the terminal, and the lifelines stand in the same columns from
// the first message to the last.
func TestDiagramsLineUp(t *testing.T) {
	drawn := 0
	for _, s := range portspec.Services() {
		for _, d := range book.Of(s).Diagrams {
			for _, tag := range []lang.Tag{lang.English, lang.Japanese} {
				for _, width := range []int{80, 40} {
					rows := draw(t, d, tag, width)
					drawn++
					upright(t, rows, width, width == 80, s.Name)
				}
			}
		}
	}
	if drawn < 40 {
		t.Errorf("%d drawings", drawn)
	}
}

func draw(t *testing.T, d book.Diagram, tag lang.Tag, width int) []string {
	t.Helper()
	in := func(text book.Text) string {
		if tag == lang.Japanese {
			return text.JA
		}
		return text.EN
	}
	e := exposure.Diagram{Title: in(d.Title)}
	for _, p := range d.Parties {
		e.Parties = append(e.Parties, in(p))
	}
	for _, s := range d.Steps {
		e.Steps = append(e.Steps, exposure.DiagramStep{From: s.From, To: s.To, Text: in(s.Text)})
	}
	var b bytes.Buffer
	if err := output.Services(&b, exposure.CatalogueDocument{Services: []exposure.CatalogueEntry{{Usual: exposure.Usual{HomePC: "closed", HomeServer: "lan", MailServer: "open", WebServer: "outward"}, Diagrams: []exposure.Diagram{e}}}}, output.Options{Format: "text", Lang: tag, Width: width}); err != nil {
		t.Fatal(err)
	}
	_, rest, found := strings.Cut(b.String(), e.Title+"\n")
	if !found && width == 80 {
		t.Fatalf("no %q in %s", e.Title, b.String())
	}
	return strings.Split(strings.TrimRight(rest, "\n"), "\n")
}

// upright checks the rows between two idle ones, on which only the lifelines
// stand; a narrow terminal may have a list instead.
func upright(t *testing.T, rows []string, width int, must bool, of string) {
	t.Helper()
	var lines []int
	checked := 0
	for _, row := range rows {
		if w := ansi.StringWidth(row); w > width {
			t.Errorf("%s: %d columns: %s", of, w, row)
		}
		if strings.Trim(row, "| ") == "" && strings.Contains(row, "|") && lines == nil {
			for i := range row {
				if row[i] == '|' {
					lines = append(lines, i)
				}
			}
			continue
		}
		if lines == nil {
			continue
		}
		column, at := 0, map[int]rune{}
		for _, r := range row {
			at[column] = r
			column += ansi.StringWidth(string(r))
		}
		touched := 0
		for _, l := range lines {
			if at[l] == '|' {
				touched++
			}
		}
		if at[lines[0]] != '|' || touched < 2 || at[column-1] != '|' || touched != len(lines) && !strings.Contains(row, "-") {
			t.Errorf("%s: a line stands elsewhere than %d: %s", of, lines, row)
		}
		checked++
	}
	if must && checked < 3 {
		t.Errorf("%s: %d messages of\n%s", of, checked, strings.Join(rows, "\n"))
	}
}

// TestBookFitsTheTerminal shows every page of the book in both languages: no
// line is wider than 80 columns.
func TestBookFitsTheTerminal(t *testing.T) {
	for _, tag := range []lang.Tag{lang.English, lang.Japanese} {
		path := filepath.Join(t.TempDir(), "book.json")
		var said bytes.Buffer
		if code := cli.Main([]string{"sekisho", "services", "-f", "json", "--lang", string(tag), "-o", path}, strings.NewReader(""), &said, &said); code != 0 {
			t.Fatalf("exit code %d: %s", code, said.String())
		}
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		var whole exposure.CatalogueDocument
		if err := json.Unmarshal(b, &whole); err != nil {
			t.Fatal(err)
		}
		pages := []exposure.CatalogueDocument{whole, {Topics: whole.Topics}}
		for _, s := range whole.Services {
			pages = append(pages, exposure.CatalogueDocument{Services: []exposure.CatalogueEntry{s}})
		}
		if len(pages) < 300 {
			t.Errorf("%d pages", len(pages))
		}
		for _, page := range pages {
			var shown bytes.Buffer
			if err := output.Services(&shown, page, output.Options{Format: "text", Lang: tag, Width: 80}); err != nil {
				t.Fatal(err)
			}
			for line := range strings.Lines(shown.String()) {
				if w := ansi.StringWidth(strings.TrimRight(line, "\n")); w > 80 {
					t.Errorf("%d columns: %s", w, line)
				}
			}
		}
	}
}
