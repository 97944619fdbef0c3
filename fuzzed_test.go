package sekisho

import (
	"go/ast"
	"maps"
	"path"
	"slices"
	"strings"
	"testing"
)

// parsing are the rooms that take bytes from the network or from the kernel's
// sockets. In those below wire/ a text is as foreign as bytes are.
var parsing = []string{"wire/...", "probe", "netio", "rawsock", "scan", "hostnet", "fingerprint", "firewall"}

// unfuzzed are functions that take bytes and parse nothing that a stranger
// wrote, by room and name, with the reason.
var unfuzzed = map[string]string{
	"netio.Exchange":     "hands on what comes to whoever asked, and looks at none of it",
	"netio.receive":      "part of Exchange",
	"probe.SMTPTargets":  "smtpTargets over the network",
	"probe.HandshakeTLS": "hands a connection to crypto/tls, as each probe does",
	"netio.Multicast":    "hands on what comes to whoever asked, and looks at none of it",
	"netio.shout":        "part of Broadcast and Multicast",
	"netio.Broadcast":    "hands on what comes to whoever asked, and looks at none of it",
}

// TestEveryParserIsFuzzed finds the functions that parse bytes and fails for
// each that no Fuzz function of its own package leads to.
//
// What it knows is what the source says: a function parses when it takes bytes
// or a reader (below wire/ and in probe a plain one also for a string) and makes more of them than other
// bytes. A Fuzz function leads to all names that it uses, and they to all that
// they use, a method being any of that name in the package; where a package
// registers what it has, whoever uses the registry leads to all that init
// registers. So a name may be taken for another, but no parser is overlooked
// that has a name of its own; that a target reaches a function's depth, its
// seeds must see to.
func TestEveryParserIsFuzzed(t *testing.T) {
	byRoom := map[string]map[string]*ast.File{}
	for file, parsed := range sources(t, 0) {
		if name, ok := strings.CutPrefix(path.Dir(file), "internal/"); ok && allows(parsing, name) {
			if byRoom[name] == nil {
				byRoom[name] = map[string]*ast.File{}
			}
			byRoom[name][file] = parsed
		}
	}
	var list []string
	targets, used := 0, map[string]bool{}
	for _, name := range slices.Sorted(maps.Keys(byRoom)) {
		u := usesOf(byRoom[name])
		var fuzz []string
		for f := range u {
			if strings.HasPrefix(f, "Fuzz") {
				fuzz = append(fuzz, f)
			}
		}
		targets += len(fuzz)
		reached := u.from(fuzz)
		for file, parsed := range byRoom[name] {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			for _, d := range parsed.Decls {
				f, ok := d.(*ast.FuncDecl)
				if !ok || !parses(f, name == "probe" || strings.HasPrefix(name, "wire/")) {
					continue
				}
				list = append(list, name+"."+f.Name.Name)
				key := name + "." + f.Name.Name
				if unfuzzed[key] != "" {
					used[key] = true
					continue
				}
				if !reached[f.Name.Name] {
					t.Errorf("internal/%s: no Fuzz function of the package leads to %s, which parses bytes: write one with seeds, or name it in the table unfuzzed with the reason", name, f.Name.Name)
				}
			}
		}
	}
	for key := range unfuzzed {
		if !used[key] {
			t.Errorf("the table unfuzzed names %s, which is no parser", key)
		}
	}
	if len(list) < 50 || targets < 30 {
		t.Errorf("found %d parsers and %d targets only: does the test still see them?", len(list), targets)
	}
	if !t.Failed() {
		slices.Sort(list)
		t.Logf("%d functions that parse, and %d targets that lead to them:\n%s", len(list), targets, strings.Join(list, "\n"))
	}
}

// uses are the names that the top-level names of a package use.
type uses map[string]map[string]bool

func usesOf(files map[string]*ast.File) uses {
	u := uses{}
	add := func(name string, node ast.Node) {
		if u[name] == nil {
			u[name] = map[string]bool{}
		}
		ast.Inspect(node, func(n ast.Node) bool {
			if id, ok := n.(*ast.Ident); ok {
				u[name][id.Name] = true
			}
			return true
		})
	}
	var registry []string
	for _, file := range files {
		for _, d := range file.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				if d.Body != nil {
					add(d.Name.Name, d.Body)
				}
				if d.Name.Name == "register" && d.Recv == nil {
					registry = assigned(d)
				}
			case *ast.GenDecl:
				for _, s := range d.Specs {
					if v, ok := s.(*ast.ValueSpec); ok {
						for _, n := range v.Names {
							add(n.Name, v)
						}
					}
				}
			}
		}
	}
	for _, variable := range registry {
		if u[variable] != nil {
			u[variable]["init"] = true
		}
	}
	return u
}

// assigned are the names that a function assigns to.
func assigned(f *ast.FuncDecl) []string {
	var names []string
	ast.Inspect(f, func(n ast.Node) bool {
		if a, ok := n.(*ast.AssignStmt); ok {
			for _, left := range a.Lhs {
				if id, ok := left.(*ast.Ident); ok {
					names = append(names, id.Name)
				}
			}
		}
		return true
	})
	return names
}

// from are all names that some lead to.
func (u uses) from(begin []string) map[string]bool {
	reached := map[string]bool{}
	for queue := begin; len(queue) > 0; queue = queue[1:] {
		if reached[queue[0]] {
			continue
		}
		reached[queue[0]] = true
		for name := range u[queue[0]] {
			if u[name] != nil && !reached[name] {
				queue = append(queue, name)
			}
		}
	}
	return reached
}

// parses reports whether a function takes bytes and makes more of them than
// other bytes.
func parses(f *ast.FuncDecl, texts bool) bool {
	takes := slices.ContainsFunc(f.Type.Params.List, func(p *ast.Field) bool {
		unused := len(p.Names) > 0 && !slices.ContainsFunc(p.Names, func(n *ast.Ident) bool { return n.Name != "_" })
		return !unused && foreign(p.Type, texts && f.Recv == nil) // a method looks something up by a text
	})
	if !takes || slices.Contains([]string{"Read", "Write", "Send", "send", "write", "sendConnected"}, f.Name.Name) {
		return false
	}
	if f.Type.Results == nil {
		return true // it keeps what it finds
	}
	return slices.ContainsFunc(f.Type.Results.List, func(r *ast.Field) bool { return !foreign(r.Type, false) })
}

// foreign reports whether a type holds what a stranger may have written.
func foreign(e ast.Expr, texts bool) bool {
	switch e := e.(type) {
	case *ast.ArrayType:
		id, ok := e.Elt.(*ast.Ident)
		return ok && (id.Name == "byte" || texts && id.Name == "string") || foreign(e.Elt, texts)
	case *ast.Ellipsis:
		return foreign(e.Elt, texts)
	case *ast.Ident:
		return texts && e.Name == "string"
	case *ast.StarExpr:
		return foreign(e.X, texts)
	case *ast.SelectorExpr:
		pkg, ok := e.X.(*ast.Ident)
		return ok && (pkg.Name == "io" || pkg.Name == "bufio") && strings.HasSuffix(e.Sel.Name, "Reader")
	}
	return false
}
