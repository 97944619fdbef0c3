package cli

import (
	"cmp"
	"encoding/json"
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"sekisho/internal/exposure"
	"sekisho/internal/probe"
)

var update = flag.Bool("update", false, "write docs/protocols.md anew")

const (
	protocolsPage = "../../docs/protocols.md"
	probeFolder   = "../probe"
	rulesFolder   = "../rules"
)

// TestProtocolsPage holds docs/protocols.md to what the program has: probes and
// tests from their registry, what they tell from recordings and code, findings
// from the rules, servers from recordings and lab tests.
func TestProtocolsPage(t *testing.T) {
	p := page{t: t, rows: map[string]*row{}}
	p.probes()
	p.recordings()
	p.code()
	p.labs()
	everywhere := p.rules()
	want := p.markdown(everywhere)
	if *update {
		if err := os.WriteFile(protocolsPage, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	got, err := os.ReadFile(protocolsPage)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) == want {
		return
	}
	lines := strings.Split(string(got), "\n")
	for line := range strings.Lines(want) {
		if line = strings.TrimSuffix(line, "\n"); !slices.Contains(lines, line) {
			t.Errorf("docs/protocols.md lacks this line:\n%s", line)
		}
	}
	t.Error("docs/protocols.md is stale: go test ./internal/cli -run TestProtocolsPage -update")
}

// page is the page as it is gathered.
type page struct {
	t    *testing.T
	rows map[string]*row
}

// row is what is known of one protocol.
type row struct {
	ports, recognised, told, tests, findings, servers set
}

// set is a set of words.
type set map[string]bool

func (s *set) add(words ...string) {
	if *s == nil {
		*s = set{}
	}
	for _, w := range words {
		(*s)[w] = true
	}
}

// list is the set in the order of the alphabet, for a cell of a table.
func (s set) list(quote bool) string {
	words := slices.SortedFunc(maps.Keys(s), func(a, b string) int {
		return cmp.Or(strings.Compare(strings.ToLower(a), strings.ToLower(b)), strings.Compare(a, b))
	})
	for i, w := range words {
		w = strings.ReplaceAll(w, "|", `\|`)
		if quote {
			w = "`" + w + "`"
		}
		words[i] = w
	}
	return strings.Join(words, ", ")
}

func (p page) row(name string) *row {
	if p.rows[name] == nil {
		p.rows[name] = &row{}
	}
	return p.rows[name]
}

// probes are the registered ones.
func (p page) probes() {
	for _, b := range probe.All() {
		r := p.row(protocolOf(b))
		transport := strings.ToUpper(b.Transport.String())
		for _, n := range b.Ports {
			r.ports.add(fmt.Sprintf("%s %d", transport, n))
		}
		for _, n := range b.TLSPorts {
			r.ports.add(fmt.Sprintf("TLS %d", n))
		}
		for _, test := range b.Tests {
			r.tests.add(test.Name)
		}
		switch {
		case b.Transport == exposure.UDP && !b.Asks():
			r.recognised.add("nothing: receivers answer nobody")
		case b.Transport == exposure.UDP && b.Silent:
			r.recognised.add("answer to a datagram, which few servers give a stranger")
		case b.Transport == exposure.UDP && b.Weak:
			r.recognised.add("shape of the answer to a datagram")
		case b.Transport == exposure.UDP:
			r.recognised.add("answer to a datagram")
		case b.ClientFirst || b.Blind > 0:
			r.recognised.add("answer")
		default:
			r.recognised.add("greeting")
		}
	}
	delete(p.rows, "banner") // what greets otherwise, of which the recordings name protocols
}

// protocolOf is the name that services of a probe bear.
func protocolOf(b probe.Probe) string { return cmp.Or(b.Protocol, b.Name) }

// serverLine is the first line of a recording of a real server: product,
// version and system.
var serverLine = regexp.MustCompile(`^# (?:Recorded from )?(?:the )?([^:;]*?\d[^:;,]*?),? (?:of (Debian \d+)|\((Debian \d+)\))`)

// recordings tell what servers told, and which these were.
func (p page) recordings() {
	paths, err := filepath.Glob(filepath.Join(probeFolder, "testdata", "*", "*.txt"))
	if err != nil || len(paths) == 0 {
		p.t.Fatalf("no recordings: %v", err)
	}
	for _, path := range paths {
		b, err := os.ReadFile(path)
		if err != nil {
			p.t.Fatal(err)
		}
		source, want, _ := strings.Cut(string(b), "\n=\n")
		var svc struct {
			Protocol, Product, Version string
			TLS                        json.RawMessage
			Facts                      map[string]json.RawMessage
		}
		if want != "" {
			if err := json.Unmarshal([]byte(want), &svc); err != nil {
				p.t.Fatalf("%s: %v", path, err)
			}
		}
		if svc.Protocol == "" {
			continue
		}
		if p.rows[svc.Protocol] == nil {
			p.row(svc.Protocol).recognised.add("greeting")
		}
		r := p.row(svc.Protocol)
		for name := range svc.Facts {
			r.told.add(name)
		}
		for name, known := range map[string]bool{"product": svc.Product != "", "version": svc.Version != "", "tls": svc.TLS != nil} {
			if known {
				r.told.add(name)
			}
		}
		if m := serverLine.FindStringSubmatch(source); m != nil {
			r.servers.add(fmt.Sprintf("%s (%s)", m[1], m[2]+m[3]))
		}
	}
}

// files parses the Go files of a folder.
func (p page) files(folder string, tests bool) map[string]*ast.File {
	paths, err := filepath.Glob(filepath.Join(folder, "*.go"))
	if err != nil || len(paths) == 0 {
		p.t.Fatalf("no files in %s: %v", folder, err)
	}
	files := map[string]*ast.File{}
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") != tests {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			p.t.Fatal(err)
		}
		files[strings.TrimSuffix(filepath.Base(path), ".go")] = f
	}
	return files
}

// about are the protocols that a file of probe or rules is of, by its name: of
// ftp_active it is ftp.
func (p page) about(file string) []string {
	prefix, _, _ := strings.Cut(file, "_")
	var names []string
	for name := range p.rows {
		if name == prefix || strings.ReplaceAll(name, "-", "") == prefix {
			names = append(names, name)
		}
	}
	return names
}

// code tells the facts that the files of a protocol set, among them those of
// the in-depth tests, of which there are no recordings, and those that its
// rules read: the names of some are made of pieces where they are set.
func (p page) code() {
	for name, file := range p.files(rulesFolder, false) {
		for _, protocol := range p.about(name) {
			told := &p.row(protocol).told
			ast.Inspect(file, func(n ast.Node) bool {
				if call, ok := n.(*ast.CallExpr); ok && len(call.Args) == 1 {
					if f, ok := call.Fun.(*ast.SelectorExpr); ok && endsIn(f.X, "Facts") {
						told.add(lone(call.Args[0])...)
					}
				}
				return true
			})
		}
	}
	for name, file := range p.files(probeFolder, false) {
		for _, protocol := range p.about(name) {
			told := &p.row(protocol).told
			ast.Inspect(file, func(n ast.Node) bool {
				switch n := n.(type) {
				case *ast.AssignStmt:
					for _, left := range n.Lhs {
						if index, ok := left.(*ast.IndexExpr); ok && endsIn(index.X, "Facts", "facts") {
							told.add(lone(index.Index)...)
						}
					}
				case *ast.CompositeLit:
					if endsIn(n.Type, "Facts") {
						for _, e := range n.Elts {
							if kv, ok := e.(*ast.KeyValueExpr); ok {
								told.add(literals(kv.Key)...)
							}
						}
					}
				}
				return true
			})
		}
	}
}

// endsIn reports whether an expression is one of the names, or ends in it.
func endsIn(e ast.Expr, names ...string) bool {
	switch e := e.(type) {
	case *ast.Ident:
		return slices.Contains(names, e.Name)
	case *ast.SelectorExpr:
		return slices.Contains(names, e.Sel.Name)
	}
	return false
}

// lone is an expression that is one text, and not made of pieces.
func lone(e ast.Expr) []string {
	if _, ok := e.(*ast.BasicLit); ok {
		return literals(e)
	}
	return nil
}

// literals are the texts that stand in a piece of code.
func literals(n ast.Node) []string {
	var list []string
	ast.Inspect(n, func(n ast.Node) bool {
		if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
			if text, err := strconv.Unquote(lit.Value); err == nil {
				list = append(list, text)
			}
		}
		return true
	})
	return list
}

// labs are the products that lab tests want recognised at real servers:
// found{protocol: …, product: …}.
func (p page) labs() {
	for _, file := range p.files(probeFolder, true) {
		ast.Inspect(file, func(n ast.Node) bool {
			lit, ok := n.(*ast.CompositeLit)
			if !ok || !endsIn(lit.Type, "found") {
				return true
			}
			said := map[string]string{}
			for _, e := range lit.Elts {
				if kv, ok := e.(*ast.KeyValueExpr); ok && len(literals(kv.Value)) == 1 {
					if key, ok := kv.Key.(*ast.Ident); ok {
						said[key.Name] = literals(kv.Value)[0]
					}
				}
			}
			r := p.rows[said["protocol"]]
			if r == nil || said["product"] == "" {
				return true
			}
			for known := range r.servers {
				if strings.HasPrefix(known, said["product"]) {
					return true
				}
			}
			r.servers.add(strings.TrimSpace(said["product"]+" "+strings.TrimSuffix(said["version"], ".")) + " (lab)")
			return true
		})
	}
	p.started()
}

// startedAs are servers whose Start function bears the name of the program.
var startedAs = map[string]string{"sshd": "OpenSSH", "nnrpd": "INN", "telnetd": "inetutils telnetd", "apache": "Apache httpd", "slapd": "OpenLDAP"}

// records reports whether a lab test records: its recordings name the servers.
func (page) records(f *ast.FuncDecl) bool {
	found := false
	ast.Inspect(f.Body, func(n ast.Node) bool {
		if call, ok := n.(*ast.CallExpr); ok {
			name, ok := call.Fun.(*ast.Ident)
			found = found || ok && strings.HasPrefix(name.Name, "recordAgain")
		}
		return true
	})
	return found
}

// started are the servers that a lab test starts which is about one protocol:
// by the name of its file, or since it speaks of one only.
func (p page) started() {
	protocols := map[string]string{}
	for name := range p.rows {
		protocols[name] = name
	}
	for _, b := range probe.All() {
		for _, test := range b.Tests {
			protocols[test.Name] = protocolOf(b)
		}
	}
	for name, file := range p.files(probeFolder, true) {
		if !strings.HasSuffix(name, "_lab_test") {
			continue
		}
		for _, d := range file.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok || f.Body == nil || p.records(f) {
				continue
			}
			var about, servers set
			about.add(p.about(name)...)
			ast.Inspect(f.Body, func(n ast.Node) bool {
				if call, ok := n.(*ast.CallExpr); ok {
					if of, ok := call.Fun.(*ast.SelectorExpr); ok && strings.HasPrefix(of.Sel.Name, "Start") {
						servers.add(strings.TrimPrefix(of.Sel.Name, "Start"))
					}
				}
				return true
			})
			if len(about) == 0 {
				for _, word := range literals(f.Body) {
					if protocol := protocols[word]; protocol != "" {
						about.add(protocol)
					}
				}
			}
			if len(about) != 1 {
				continue
			}
			for protocol := range about {
				for server := range servers {
					p.lab(protocol, cmp.Or(startedAs[strings.ToLower(server)], server))
				}
			}
		}
	}
}

// lab adds a server of the lab unless it is known already.
func (p page) lab(protocol, server string) {
	r := p.row(protocol)
	for known := range r.servers {
		if strings.Contains(strings.ToLower(known), strings.ToLower(server)) {
			return
		}
	}
	r.servers.add(server + " (lab)")
}

// rules sorts the findings to the protocols that their rules ask for, and
// returns those that are about any.
func (p page) rules() set {
	var everywhere set
	for name, file := range p.files(rulesFolder, false) {
		functions, values := map[string]ast.Node{}, map[string]ast.Node{}
		for _, d := range file.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				if d.Body != nil {
					functions[d.Name.Name] = d.Body
				}
			case *ast.GenDecl:
				for _, s := range d.Specs {
					if v, ok := s.(*ast.ValueSpec); ok {
						for _, n := range v.Names {
							values[n.Name] = v
						}
					}
				}
			}
		}
		ast.Inspect(file, func(n ast.Node) bool {
			lit, ok := n.(*ast.CompositeLit)
			if !ok || !endsIn(lit.Type, "rule") || len(lit.Elts) < 2 {
				return true
			}
			id := literals(lit.Elts[0])
			if len(id) != 1 {
				return true
			}
			protocols := p.asked(lit.Elts[1], functions, values, map[string]bool{})
			if len(protocols) == 0 {
				protocols.add(p.about(name)...)
			}
			if len(protocols) == 0 {
				everywhere.add(id[0])
			}
			for protocol := range protocols {
				p.row(protocol).findings.add(id[0])
			}
			return true
		})
	}
	return everywhere
}

// asked are the protocols that a judge looks at: those of its calls of each and
// spoken, those that it compares a service's protocol with, and those of the
// functions of its file that it uses.
func (p page) asked(n ast.Node, functions, values map[string]ast.Node, seen map[string]bool) set {
	var found set
	known := func(words []string) {
		for _, w := range words {
			if p.rows[w] != nil {
				found.add(w)
			}
		}
	}
	ast.Inspect(n, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CallExpr:
			if endsIn(n.Fun, "each", "spoken") {
				for _, arg := range n.Args {
					if _, judge := arg.(*ast.FuncLit); judge {
						continue
					}
					known(literals(arg))
					if id, ok := arg.(*ast.Ident); ok && values[id.Name] != nil {
						known(literals(values[id.Name]))
					}
				}
			}
		case *ast.BinaryExpr:
			if n.Op == token.EQL && endsIn(n.X, "Protocol") {
				known(literals(n.Y))
			}
		case *ast.SwitchStmt:
			if n.Tag != nil && endsIn(n.Tag, "Protocol") {
				for _, c := range n.Body.List {
					for _, e := range c.(*ast.CaseClause).List {
						known(literals(e))
					}
				}
			}
		case *ast.IndexExpr:
			if id, ok := n.X.(*ast.Ident); ok && endsIn(n.Index, "Protocol") && values[id.Name] != nil {
				known(literals(values[id.Name]))
			}
		case *ast.Ident:
			if body := functions[n.Name]; body != nil && !seen[n.Name] {
				seen[n.Name] = true
				maps.Copy(orMake(&found), p.asked(body, functions, values, seen))
			}
		}
		return true
	})
	return found
}

func orMake(s *set) set {
	s.add()
	return *s
}

// markdown is the page.
func (p page) markdown(everywhere set) string {
	var b strings.Builder
	b.WriteString(`# Protocols

What sekisho recognises by its answer, what it tells of it, what can be tested in depth, what it judges, and the real
servers that this was held to. Written by ` + "`go test ./internal/cli -run TestProtocolsPage -update`" + ` from the code and the
recordings in ` + "`internal/probe/testdata`" + `; the same test fails when this page is stale.

- *Told* are the names of the facts in ` + "`-f json`" + `; ` + "`product`, `version` and `tls`" + ` stand beside them. What only ` + "`sekisho test`" + `
  tells is among them.
- *Findings* are the ids of the rules. About every protocol: ` + everywhere.list(true) + `.
- *Tested on* are the servers that recordings are from, with version and system, and those that tests start in the
  lab. Where none stands, the exchange was made after the protocol's document.

| protocol | ports | recognised by its | told | ` + "`sekisho test`" + ` | findings | tested on |
|---|---|---|---|---|---|---|
`)
	for _, name := range slices.Sorted(maps.Keys(p.rows)) {
		r := p.rows[name]
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s | %s |\n", name, ports(r.ports), r.recognised.list(false),
			r.told.list(true), r.tests.list(true), r.findings.list(true), r.servers.list(false))
	}
	return b.String()
}

// ports are ports in the order of their numbers, the transport said once.
func ports(s set) string {
	byTransport := map[string][]int{}
	for word := range s {
		transport, number, _ := strings.Cut(word, " ")
		n, _ := strconv.Atoi(number)
		byTransport[transport] = append(byTransport[transport], n)
	}
	var parts []string
	for _, transport := range []string{"TCP", "TLS", "UDP"} {
		if numbers := byTransport[transport]; numbers != nil {
			slices.Sort(numbers)
			words := strings.Fields(strings.Trim(fmt.Sprint(numbers), "[]"))
			parts = append(parts, transport+" "+strings.Join(words, " "))
		}
	}
	return strings.Join(parts, ", ")
}
