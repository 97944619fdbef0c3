// Package sekisho holds no code of its own: its tests keep the shape of the
// house, which room may import which, and that every name is explained.
package sekisho

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// room is one line of the table: the rooms that it may import beside the
// standard library, and the modules of others.
type room struct {
	may     []string
	tests   []string // rooms that its tests may import too
	modules []string
}

// words have no I/O and import the standard library only, unless their line
// says more.
var words = []string{"untrusted", "exposure", "portspec", "lang", "reach", "cookie", "wire/..."}

var (
	edges   = []string{"netio", "rawsock", "hostnet", "rollback"}
	observe = []string{"scan", "probe", "receive", "witness"}
	judge   = []string{"diagnose", "diff", "firewall", "policy", "rules"}
)

// rooms is the table. A room that is not here does not exist: a new one adds
// its line. "x/..." stands for every room below x.
var rooms = map[string]room{
	"untrusted": {},
	"exposure":  {may: []string{"untrusted"}},
	"portspec":  {},
	"lang":      {may: []string{"untrusted"}, modules: []string{"github.com/nicksnyder/go-i18n/v2", "golang.org/x/text"}},
	"reach":     {},
	"cookie":    {},
	"wire/...":  {},

	// The primitives of WireGuard are not in the standard library.
	"wire/wireguard": {modules: []string{"golang.org/x/crypto"}},

	// DHCPv6 carries the rules of MAP-E.
	"wire/dhcp6": {may: []string{"wire/mape"}},

	// The files of fingerprints are read through an fs.FS that cli hands in.
	"fingerprint": {may: []string{"untrusted", "exposure"}},

	// The lessons that go with the catalogue.
	"book": {may: []string{"portspec", "exposure"}},

	"netio":   {may: words, modules: []string{"golang.org/x/sys", "golang.org/x/net", "github.com/vishvananda/netlink"}},
	"rawsock": {modules: []string{"golang.org/x/sys", "golang.org/x/net"}},
	"hostnet": {may: join(words, "netio"), modules: []string{"golang.org/x/sys", "github.com/vishvananda/netlink", "github.com/shirou/gopsutil/v4"}},
	// Changes the rules of the packet filter, and puts them back.
	"rollback": {},

	"scan":    {may: join(words, "netio", "rawsock")},
	"witness": {may: join(words, "netio", "rawsock"), modules: []string{"golang.org/x/net"}},
	"probe":   {may: join(words, "netio"), tests: []string{"rules"}, modules: []string{"github.com/miekg/dns", "golang.org/x/crypto", "golang.org/x/net", "golang.org/x/text"}},

	// A vantage: it takes jobs, looks and sends back what it saw.
	"agent": {may: join(words, "netio", observe)},
	// The other end: it asks a vantage over HTTP.
	"vantage": {may: join(words, "netio")},
	// What the service remembers. Both databases take the same statements.
	"store":          {may: words, tests: []string{"store/sqlite", "store/postgres"}},
	"store/tables":   {may: words, modules: []string{"github.com/pressly/goose/v3"}},
	"store/sqlite":   {may: join(words, "store/tables"), modules: []string{"modernc.org/sqlite", "github.com/pressly/goose/v3", "golang.org/x/sys"}},
	"store/postgres": {may: join(words, "store/tables"), modules: []string{"github.com/jackc/pgx/v5", "github.com/pressly/goose/v3"}},

	// The door to a vantage in another process.
	"bus": {may: words, modules: []string{"github.com/nats-io/nats-server/v2", "github.com/nats-io/nats.go"}},

	// The HTTP service. It reaches a vantage by an interface of its own.
	"web": {may: join(words, judge, "book"), modules: []string{"github.com/prometheus/client_golang", "golang.org/x/net"}},
	// The TLS certificate of the service: from files, or by ACME.
	"certificate": {modules: []string{"github.com/caddyserver/certmagic", "go.uber.org/zap"}},

	// Receiving is no probing: nobody is dialled, and whoever likes may send.
	"receive": {may: join(words, "netio"), modules: []string{"github.com/leodido/go-syslog/v4"}},

	"diff": {may: words},
	// What a person types; cli hands it the connection.
	"dialogue": {may: []string{"untrusted", "netio"}},

	"rules":    {may: words},
	"firewall": {may: words},
	// Its tests hold the file to the schema for editors, which output has.
	"policy": {may: words, tests: []string{"output"}, modules: []string{"go.yaml.in/yaml/v4"}},

	"diagnose": {may: words},
	// The stages of a diagnosis: it looks, and judges nothing.
	"diagnose/gather": {may: join(words, edges, observe, "firewall", "diagnose"), modules: []string{"github.com/miekg/dns"}},

	// PortQry's words over sekisho's own eyes; cli gives it the scan.
	"portqry": {may: join(words, "netio", "probe")},

	// The golden pages of output show the findings that rules really makes.
	"output": {may: words, tests: []string{"rules"}, modules: []string{"github.com/charmbracelet/x/ansi", "github.com/clipperhouse/displaywidth"}},
	"cli": {
		may:     join(words, edges, observe, judge, "diagnose/gather", "agent", "vantage", "web", "bus", "store", "store/sqlite", "store/postgres", "certificate", "fingerprint", "book", "dialogue", "output", "portqry"),
		modules: []string{"github.com/charmbracelet/x/ansi", "github.com/spf13/cobra", "github.com/spf13/pflag", "go.yaml.in/yaml/v4", "golang.org/x/term"},
	},

	"lab": {may: join(words, "netio"), modules: []string{"golang.org/x/sys", "github.com/vishvananda/netlink", "github.com/vishvananda/netns"}},
	// The demonstration: the lab, and a browser of this machine in it.
	"lab/demo": {may: []string{"lab"}},
}

// outside are the programs beside sekisho itself, by folder: what they may
// import beside the standard library.
var outside = map[string]room{
	"packaging": {},
	"bench":     {modules: []string{"golang.org/x/sys", "github.com/vishvananda/netlink"}},
}

// testModules may stand in any _test.go file, and so may the room lab.
var testModules = []string{
	"github.com/google/go-cmp", "github.com/rogpeppe/go-internal", "pgregory.net/rapid", "go.uber.org/goleak",
	"github.com/santhosh-tekuri/jsonschema/v6", "golang.org/x/sys", "golang.org/x/crypto", "golang.org/x/net", "github.com/miekg/dns",
}

func join(groups ...any) []string {
	var all []string
	for _, g := range groups {
		switch g := g.(type) {
		case string:
			all = append(all, g)
		case []string:
			all = append(all, g...)
		}
	}
	return all
}

func TestRoomsImportOnlyWhatTheirLineNames(t *testing.T) {
	seen := map[string]bool{}
	for file, parsed := range sources(t, parser.ImportsOnly) {
		name, ok := strings.CutPrefix(path.Dir(file), "internal/")
		if !ok {
			checkOutside(t, file, parsed)
			continue
		}
		line, known := lineOf(name)
		if !known {
			t.Errorf("%s: room %q has no line in the table", file, name)
			continue
		}
		seen[line] = true
		for _, spec := range parsed.Imports {
			checkImport(t, file, parsed.Name.Name, name, rooms[line], importPath(t, spec))
		}
	}
	for line := range rooms {
		if !seen[line] {
			t.Errorf("the table has a line for %q, and no such room stands", line)
		}
	}
}

// checkOutside holds the places outside the rooms: the program itself, which
// calls cli, this test, and the programs of the table outside.
func checkOutside(t *testing.T, file string, parsed *ast.File) {
	for _, spec := range parsed.Imports {
		p := importPath(t, spec)
		program, known := outside[path.Dir(file)]
		if within(program.modules, p) || known && strings.HasSuffix(file, "_test.go") && within(testModules, p) {
			continue
		}
		if own(p) && p != "sekisho/internal/cli" || !own(p) && strings.Contains(p, ".") {
			t.Errorf("%s imports %s: only cli and the standard library belong there", file, p)
		}
	}
}

func checkImport(t *testing.T, file, pkg, name string, r room, p string) {
	test := strings.HasSuffix(file, "_test.go")
	if inner, ok := strings.CutPrefix(p, "sekisho/internal/"); ok {
		if inner == name || allows(r.may, inner) {
			return
		}
		if test && strings.HasSuffix(pkg, "_test") && (inner == "lab" || allows(r.tests, inner)) {
			return
		}
		t.Errorf("%s: room %s may not import room %s", file, name, inner)
		return
	}
	if !strings.Contains(p, ".") { // the standard library has no dot in its first element
		return
	}
	if within(r.modules, p) || test && within(testModules, p) {
		return
	}
	t.Errorf("%s: room %s may not import %s", file, name, p)
}

// TestEverythingExportedIsExplained holds that each package and each exported
// name has a comment.
func TestEverythingExportedIsExplained(t *testing.T) {
	explained, packages := map[string]bool{}, map[string]bool{}
	for file, parsed := range sources(t, parser.ParseComments|parser.SkipObjectResolution) {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		dir := path.Dir(file)
		packages[dir] = true
		explained[dir] = explained[dir] || parsed.Doc.Text() != ""
		for _, d := range parsed.Decls {
			for _, name := range unexplained(d) {
				t.Errorf("%s: %s is exported and has no comment", file, name)
			}
		}
	}
	for dir := range packages {
		if !explained[dir] {
			t.Errorf("%s: the package has no comment", dir)
		}
	}
}

func unexplained(d ast.Decl) []string {
	switch d := d.(type) {
	case *ast.FuncDecl:
		if d.Name.IsExported() && d.Doc.Text() == "" && exportedReceiver(d) {
			return []string{d.Name.Name}
		}
	case *ast.GenDecl:
		var names []string
		for _, s := range d.Specs {
			switch s := s.(type) {
			case *ast.TypeSpec:
				if s.Name.IsExported() && d.Doc.Text() == "" && s.Doc.Text() == "" {
					names = append(names, s.Name.Name)
				}
			case *ast.ValueSpec:
				for _, n := range s.Names {
					if n.IsExported() && d.Doc.Text() == "" && s.Doc.Text() == "" && s.Comment.Text() == "" {
						names = append(names, n.Name)
					}
				}
			}
		}
		return names
	}
	return nil
}

func exportedReceiver(d *ast.FuncDecl) bool {
	if d.Recv == nil {
		return true
	}
	expr := d.Recv.List[0].Type
	for {
		switch e := expr.(type) {
		case *ast.StarExpr:
			expr = e.X
		case *ast.IndexExpr:
			expr = e.X
		case *ast.Ident:
			return e.IsExported()
		default:
			return true
		}
	}
}

// sources parses every Go file of the project, by slashed path.
func sources(t *testing.T, mode parser.Mode) map[string]*ast.File {
	t.Helper()
	files := map[string]*ast.File{}
	err := filepath.WalkDir(".", func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if name := d.Name(); name != "." && (strings.HasPrefix(name, ".") || name == "testdata" || name == "bin") {
				return fs.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(p, ".go") {
			return nil
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), p, nil, mode)
		if err != nil {
			return err
		}
		files[filepath.ToSlash(p)] = parsed
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(files) < 20 {
		t.Fatalf("found only %d Go files: is this the project's root?", len(files))
	}
	return files
}

func importPath(t *testing.T, spec *ast.ImportSpec) string {
	t.Helper()
	p, err := strconv.Unquote(spec.Path.Value)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func own(p string) bool { return p == "sekisho" || strings.HasPrefix(p, "sekisho/") }

// lineOf finds the line of the table that a room stands in.
func lineOf(name string) (string, bool) {
	if _, own := rooms[name]; own {
		return name, true
	}
	for _, line := range slices.Sorted(maps.Keys(rooms)) {
		if allows([]string{line}, name) {
			return line, true
		}
	}
	return "", false
}

func allows(lines []string, name string) bool {
	return slices.ContainsFunc(lines, func(line string) bool {
		below, all := strings.CutSuffix(line, "/...")
		return line == name || all && strings.HasPrefix(name, below+"/")
	})
}

func within(modules []string, p string) bool {
	return slices.ContainsFunc(modules, func(m string) bool { return p == m || strings.HasPrefix(p, m+"/") })
}
