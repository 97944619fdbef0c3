package lang_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"text/template"
	"text/template/parse"

	"github.com/google/go-cmp/cmp"
)

// entry is one message: its forms, and the parameters that they name.
type entry struct {
	forms      map[string]string
	parameters []string
}

func TestCatalogueSpeaksBothLanguages(t *testing.T) {
	en, ja := catalogue(t, "en.json"), catalogue(t, "ja.json")
	for _, id := range slices.Sorted(maps.Keys(en)) {
		other, ok := ja[id]
		if !ok {
			t.Errorf("%s: not in ja.json", id)
			continue
		}
		if d := cmp.Diff(without(en[id].parameters, "Count"), without(other.parameters, "Count")); d != "" {
			t.Errorf("%s: parameters differ between en.json and ja.json (-en +ja):\n%s", id, d)
		}
		if forms := slices.Sorted(maps.Keys(en[id].forms)); !slices.Equal(forms, []string{"other"}) && !slices.Equal(forms, []string{"one", "other"}) {
			t.Errorf("%s: forms %v in en.json, want one text, or one and other", id, forms)
		}
		if len(other.forms) != 1 {
			t.Errorf("%s: Japanese has no plural", id)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(ja)) {
		if _, ok := en[id]; !ok {
			t.Errorf("%s: not in en.json", id)
		}
	}
}

// TestCatalogueIsWhatIsSaid compares the catalogue with every Say of the
// program: every id that is said is there with the parameters that it is given,
// and every id that is there is said.
func TestCatalogueIsWhatIsSaid(t *testing.T) {
	en := catalogue(t, "en.json")
	said := map[string]bool{}
	for _, s := range sayings(t) {
		ids := []string{s.id}
		if s.family {
			ids = nil
			for id := range en {
				if strings.HasPrefix(id, s.id) {
					ids = append(ids, id)
				}
			}
			if len(ids) == 0 {
				t.Errorf("%s: no message begins with %q", s.at, s.id)
			}
		}
		for _, id := range ids {
			message, ok := en[id]
			if !ok {
				t.Errorf("%s: %q is not in the catalogue", s.at, id)
				continue
			}
			said[id] = true
			if s.spread {
				continue
			}
			for _, parameter := range message.parameters {
				if !slices.Contains(s.parameters, parameter) {
					t.Errorf("%s: %q needs %s", s.at, id, parameter)
				}
			}
			for _, parameter := range s.parameters {
				if !slices.Contains(message.parameters, parameter) && parameter != "Count" && !s.family {
					t.Errorf("%s: %q has no place for %s", s.at, id, parameter)
				}
			}
			if len(message.forms) > 1 && !slices.Contains(s.parameters, "Count") {
				t.Errorf("%s: %q has plural forms and is given no Count", s.at, id)
			}
		}
	}
	for _, id := range slices.Sorted(maps.Keys(en)) {
		if !said[id] {
			t.Errorf("%s: nobody says it", id)
		}
	}
	if len(said) == 0 {
		t.Error("no Say was found")
	}
}

// TestStepsHaveWords holds that every step of a test, and every word for why one
// was not done, has its message: their ids are put together when they are said.
func TestStepsHaveWords(t *testing.T) {
	en, found := catalogue(t, "en.json"), 0
	for _, f := range sources(t) {
		ast.Inspect(f.ast, func(n ast.Node) bool {
			literal, ok := n.(*ast.CompositeLit)
			if !ok || !selects(literal.Type, "exposure", "Step") {
				return true
			}
			for _, element := range literal.Elts {
				pair, ok := element.(*ast.KeyValueExpr)
				if !ok {
					continue
				}
				family := map[string]string{"ID": "step.", "Why": "why."}[pair.Key.(*ast.Ident).Name]
				if value, ok := constant(pair.Value); ok && family != "" {
					found++
					if _, ok := en[family+value]; !ok {
						t.Errorf("%s: %q is not in the catalogue", f.at(pair), family+value)
					}
				}
			}
			return true
		})
	}
	if found == 0 {
		t.Error("no step was found")
	}
}

// TestTextsSpeakBothLanguages holds the texts that rooms keep beside their code.
func TestTextsSpeakBothLanguages(t *testing.T) {
	found := 0
	for _, f := range sources(t) {
		ast.Inspect(f.ast, func(n ast.Node) bool {
			literal, ok := n.(*ast.CompositeLit)
			if !ok || !selects(literal.Type, "lang", "Text") {
				return true
			}
			found++
			texts := map[string]string{}
			for i, element := range literal.Elts {
				name, value := []string{"EN", "JA"}[i], element
				if pair, ok := element.(*ast.KeyValueExpr); ok {
					name, value = pair.Key.(*ast.Ident).Name, pair.Value
				}
				text, ok := constant(value)
				if !ok {
					t.Errorf("%s: %s is no literal", f.at(element), name)
				}
				texts[name] = text
			}
			if texts["EN"] == "" || texts["JA"] == "" {
				t.Errorf("%s: a language is missing", f.at(literal))
				return true
			}
			en, err := parameters(texts["EN"])
			if err != nil {
				t.Errorf("%s: EN: %v", f.at(literal), err)
			}
			ja, err := parameters(texts["JA"])
			if err != nil {
				t.Errorf("%s: JA: %v", f.at(literal), err)
			}
			if d := cmp.Diff(en, ja); d != "" {
				t.Errorf("%s: parameters differ (-en +ja):\n%s", f.at(literal), d)
			}
			return true
		})
	}
	if found == 0 {
		t.Error("no lang.Text was found")
	}
}

// catalogue reads one file of the catalogue and refuses an id that stands in it
// twice, of which encoding/json would keep the last.
func catalogue(t *testing.T, name string) map[string]entry {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	keys := json.NewDecoder(bytes.NewReader(b))
	depth, expectKey, seen := 0, false, map[string]bool{}
	for {
		token, err := keys.Token()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		switch v := token.(type) {
		case json.Delim:
			if v == '{' {
				depth++
			} else {
				depth--
			}
			expectKey = depth == 1
		case string:
			if depth == 1 && expectKey {
				if seen[v] {
					t.Errorf("%s: %s stands there twice", name, v)
				}
				seen[v] = true
				expectKey = false
			} else if depth == 1 {
				expectKey = true
			}
		}
	}
	var raw map[string]any
	if err := json.Unmarshal(b, &raw); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	entries := make(map[string]entry, len(raw))
	for id, value := range raw {
		e := entry{forms: map[string]string{}}
		switch value := value.(type) {
		case string:
			e.forms["other"] = value
		case map[string]any:
			for form, text := range value {
				e.forms[form] = fmt.Sprint(text)
			}
		}
		for _, text := range e.forms {
			named, err := parameters(text)
			if err != nil {
				t.Errorf("%s: %s: %v", name, id, err)
			}
			e.parameters = append(e.parameters, named...)
		}
		slices.Sort(e.parameters)
		e.parameters = slices.Compact(e.parameters)
		entries[id] = e
	}
	return entries
}

// parameters are the names that a message asks for.
func parameters(text string) ([]string, error) {
	t, err := template.New("").Funcs(template.FuncMap{
		"plural": func(int, string, string) string { return "" },
		"list":   func([]string) string { return "" },
	}).Parse(text)
	if err != nil {
		return nil, err
	}
	var names []string
	var walk func(node parse.Node)
	walk = func(node parse.Node) {
		switch n := node.(type) {
		case *parse.ListNode:
			if n != nil {
				for _, child := range n.Nodes {
					walk(child)
				}
			}
		case *parse.ActionNode:
			walk(n.Pipe)
		case *parse.PipeNode:
			for _, c := range n.Cmds {
				for _, argument := range c.Args {
					walk(argument)
				}
			}
		case *parse.IfNode:
			walk(n.Pipe)
			walk(n.List)
			walk(n.ElseList)
		case *parse.RangeNode:
			walk(n.Pipe)
			walk(n.List)
		case *parse.WithNode:
			walk(n.Pipe)
			walk(n.List)
			walk(n.ElseList)
		case *parse.FieldNode:
			names = append(names, n.Ident[0])
		}
	}
	if t.Tree != nil {
		walk(t.Root)
	}
	slices.Sort(names)
	return slices.Compact(names), nil
}

func without(names []string, name string) []string {
	return slices.DeleteFunc(slices.Clone(names), func(n string) bool { return n == name })
}

// saying is one call that says a message.
type saying struct {
	at         string
	id         string
	family     bool // id is what the ids begin with
	parameters []string
	spread     bool // the parameters are passed on
}

// source is one file of the program.
type source struct {
	path string
	set  *token.FileSet
	ast  *ast.File
}

func (s source) at(n ast.Node) string {
	p := s.set.Position(n.Pos())
	return fmt.Sprintf("%s:%d", s.path, p.Line)
}

func sources(t *testing.T) []source {
	t.Helper()
	root := filepath.Join("..", "..")
	var all []source
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == "testdata" || strings.HasPrefix(d.Name(), ".") && d.Name() != "..") {
			return filepath.SkipDir
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		set := token.NewFileSet()
		file, err := parser.ParseFile(set, path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		all = append(all, source{strings.TrimPrefix(path, root+string(filepath.Separator)), set, file})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// sayings finds every call of Say, and of every function whose last parameters
// are (id string, pairs ...any), which are such as pass both on to Say.
func sayings(t *testing.T) []saying {
	t.Helper()
	files := sources(t)
	passing := map[string]int{} // folder and name to the place of the id
	for _, f := range files {
		ast.Inspect(f.ast, func(n ast.Node) bool {
			if declared, ok := n.(*ast.FuncDecl); ok {
				if place, ok := placeOfID(declared.Type); ok {
					passing[filepath.Dir(f.path)+"."+declared.Name.Name] = place
				}
			}
			return true
		})
	}
	var all []saying
	for _, f := range files {
		ast.Inspect(f.ast, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			name := ""
			switch fun := call.Fun.(type) {
			case *ast.SelectorExpr:
				name = fun.Sel.Name
			case *ast.Ident:
				name = fun.Name
			}
			place, ok := passing[filepath.Dir(f.path)+"."+name]
			if name == "Say" {
				place, ok = 0, true
			}
			if !ok || len(call.Args) <= place {
				return true
			}
			if s, ok := spoken(f, call, place); ok {
				all = append(all, s)
			} else if _, passed := call.Args[place].(*ast.Ident); !passed {
				t.Errorf("%s: the id is neither a literal nor the beginning of one", f.at(call))
			}
			return true
		})
	}
	return all
}

// placeOfID is the place of the id among the parameters (…, id string, pairs
// ...any).
func placeOfID(f *ast.FuncType) (int, bool) {
	var names []string
	for _, field := range f.Params.List {
		for _, name := range field.Names {
			names = append(names, name.Name)
		}
	}
	if n := len(names); n >= 2 && names[n-2] == "id" && names[n-1] == "pairs" {
		return n - 2, true
	}
	return 0, false
}

func spoken(f source, call *ast.CallExpr, place int) (saying, bool) {
	s := saying{at: f.at(call), spread: call.Ellipsis.IsValid()}
	id, ok := constant(call.Args[place])
	if sum, isSum := call.Args[place].(*ast.BinaryExpr); !ok && isSum {
		id, ok = constant(sum.X)
		s.family = true
	}
	if !ok {
		return s, false
	}
	s.id = id
	for i := place + 1; i < len(call.Args); i += 2 {
		if name, ok := constant(call.Args[i]); ok {
			s.parameters = append(s.parameters, name)
		}
	}
	return s, true
}

// constant is the value of a string literal, or of several that are added.
func constant(e ast.Expr) (string, bool) {
	switch e := e.(type) {
	case *ast.BasicLit:
		s, err := strconv.Unquote(e.Value)
		return s, err == nil && e.Kind == token.STRING
	case *ast.BinaryExpr:
		x, okX := constant(e.X)
		y, okY := constant(e.Y)
		return x + y, okX && okY && e.Op == token.ADD
	}
	return "", false
}

func selects(e ast.Expr, pkg, name string) bool {
	s, ok := e.(*ast.SelectorExpr)
	if !ok {
		return false
	}
	x, ok := s.X.(*ast.Ident)
	return ok && x.Name == pkg && s.Sel.Name == name
}
