package output_test

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"pgregory.net/rapid"

	"sekisho/internal/exposure"
	"sekisho/internal/lang"
	"sekisho/internal/output"
)

func compiled(t *testing.T, name string) *jsonschema.Schema {
	t.Helper()
	b, err := output.Schema(name)
	if err != nil {
		t.Fatal(err)
	}
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource(name, document); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile(name)
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

// valid fails the test unless the document is what the schema says.
func valid(t interface{ Fatalf(string, ...any) }, schema *jsonschema.Schema, document []byte) {
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(document))
	if err != nil {
		t.Fatalf("no JSON: %v\n%s", err, document)
	}
	if err := schema.Validate(value); err != nil {
		t.Fatalf("%v\n%s", err, document)
	}
}

func TestSchemaNames(t *testing.T) {
	files, err := filepath.Glob("schema/*.json")
	if err != nil || len(files) != len(output.Schemas()) {
		t.Errorf("%d files, %d names: %v", len(files), len(output.Schemas()), err)
	}
	if _, err := output.Schema("nothing"); err == nil || !strings.Contains(err.Error(), "report, scan, local, test, connect, services") {
		t.Errorf("the error of an unknown name does not tell the known ones: %v", err)
	}
}

func TestDocumentsFollowTheirSchema(t *testing.T) {
	report, scan, local := compiled(t, "report"), compiled(t, "scan"), compiled(t, "local")
	for _, tag := range []lang.Tag{lang.English, lang.Japanese} {
		for _, r := range []exposure.Report{household(tag), another(tag), {Schema: exposure.ReportSchema}} {
			for _, redact := range []bool{false, true} {
				valid(t, report, reportIn(t, r, output.Options{Format: "json", Redact: redact}))
			}
		}
	}
	valid(t, scan, scanIn(t, scanned(), output.Options{Format: "json", Show: output.ShowAll}))
	valid(t, scan, scanIn(t, nil, output.Options{Format: "json"}))
	valid(t, local, localIn(t, machine(), output.Options{Format: "json"}))
	valid(t, local, localIn(t, exposure.LocalDocument{Schema: exposure.LocalSchema}, output.Options{Format: "json"}))
	valid(t, compiled(t, "services"), servicesIn(t, book(), output.Options{Format: "json"}))
	for _, redact := range []bool{false, true} {
		valid(t, compiled(t, "connect"), connectIn(t, connected(), output.Options{Format: "json", Redact: redact}))
		valid(t, compiled(t, "connect"), connectIn(t, typed(), output.Options{Format: "json", Redact: redact}))
		valid(t, compiled(t, "test"), testIn(t, tested(lang.English), output.Options{Format: "json", Redact: redact}))
	}
	valid(t, compiled(t, "query"), queryIn(t, output.Query, exposure.QueryDocument{Schema: exposure.QuerySchema}))
}

// queryIn is a document of query as it is written.
func queryIn(t interface{ Fatalf(string, ...any) }, write func(io.Writer, exposure.QueryDocument) error, d exposure.QueryDocument) []byte {
	var b bytes.Buffer
	if err := write(&b, d); err != nil {
		t.Fatalf("%v", err)
	}
	return b.Bytes()
}

func TestArbitraryDocumentsFollowTheirSchema(t *testing.T) {
	report, scan, local := compiled(t, "report"), compiled(t, "scan"), compiled(t, "local")
	test, servers, query := compiled(t, "test"), compiled(t, "connect"), compiled(t, "query")
	diagnosis := compiled(t, "diagnosis")
	rapid.Check(t, func(t *rapid.T) {
		o := output.Options{Format: "json", Show: output.ShowAll, Redact: rapid.Bool().Draw(t, "redact")}
		valid(t, diagnosis, diagnosisIn(t, arbitraryDiagnosis(t), o))
		valid(t, report, reportIn(t, arbitraryReport(t), o))
		valid(t, scan, scanIn(t, rapid.SliceOfN(rapid.Custom(arbitrary[exposure.Observation]), 0, 3).Draw(t, "scan"), o))
		valid(t, local, localIn(t, arbitraryLocal(t), o))
		valid(t, test, testIn(t, arbitraryTest(t), o))
		valid(t, servers, connectIn(t, arbitraryConnect(t), o))
		asked := arbitraryQuery(t)
		valid(t, query, queryIn(t, output.Query, asked))
		line := queryIn(t, output.QueryLine, asked)
		if valid(t, query, line); bytes.Count(line, []byte("\n")) != 1 {
			t.Fatalf("several lines: %s", line)
		}
	})
}

// TestSchemaRefuses: a schema that takes everything holds nothing.
func TestSchemaRefuses(t *testing.T) {
	schema := compiled(t, "report")
	good := string(reportIn(t, household(lang.English), output.Options{Format: "json"}))
	for name, change := range map[string][2]string{
		"state":       {`"state": "open"`, `"state": "ajar"`},
		"schema":      {"sekisho/report/1", "sekisho/report/2"},
		"confidence":  {`"confidence": "confirmed"`, `"confidence": ""`},
		"unknown_key": {`"partial": false`, `"partial": false, "extra": 1`},
		"missing_key": {`"partial": false,`, ``},
		"null":        {`"vantages": [`, `"scanners": null, "vantages": [`},
		"local_time":  {`"started_at": "2026-11-22T07:00:00Z"`, `"started_at": "2026-11-22T16:00:00+09:00"`},
	} {
		if !strings.Contains(good, change[0]) {
			t.Fatalf("%s: %q is not in the document", name, change[0])
		}
		value, err := jsonschema.UnmarshalJSON(strings.NewReader(strings.Replace(good, change[0], change[1], 1)))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if schema.Validate(value) == nil {
			t.Errorf("%s: the schema took it", name)
		}
	}
}

// TestSchemaKnowsEveryField compares each schema with the type that it
// describes, key by key, both ways.
func TestSchemaKnowsEveryField(t *testing.T) {
	for name, document := range map[string]any{
		"report": exposure.Report{}, "scan": exposure.ScanDocument{}, "local": exposure.LocalDocument{}, "test": exposure.TestDocument{}, "connect": exposure.ConnectDocument{}, "services": exposure.CatalogueDocument{}, "receive": exposure.Received{}, "query": exposure.QueryDocument{}, "diagnosis": exposure.Diagnosis{}, "firewall": exposure.FirewallCommands{},
	} {
		b, err := output.Schema(name)
		if err != nil {
			t.Fatal(err)
		}
		var root map[string]any
		if err := json.Unmarshal(b, &root); err != nil {
			t.Fatal(err)
		}
		used := map[string]bool{}
		compare(t, name, reflect.TypeOf(document), root, root, used)
		for definition := range root["$defs"].(map[string]any) {
			if !used[definition] && !strings.Contains(string(b), `"#/$defs/`+definition+`"`) {
				t.Errorf("%s: nothing uses the definition %s", name, definition)
			}
		}
	}
}

func compare(t *testing.T, path string, of reflect.Type, schema, root map[string]any, used map[string]bool) {
	if ref, ok := schema["$ref"].(string); ok {
		name := strings.TrimPrefix(ref, "#/$defs/")
		used[name] = true
		compare(t, path, of, root["$defs"].(map[string]any)[name].(map[string]any), root, used)
		return
	}
	for of.Kind() == reflect.Pointer {
		of = of.Elem()
	}
	switch {
	case schema["type"] == "array" && of.Kind() == reflect.Slice:
		compare(t, path+"[]", of.Elem(), schema["items"].(map[string]any), root, used)
	case schema["type"] == "object" && of.Kind() == reflect.Struct:
		properties, _ := schema["properties"].(map[string]any)
		fields, required := jsonFields(of)
		if d := cmp.Diff(slices.Sorted(maps.Keys(fields)), slices.Sorted(maps.Keys(properties))); d != "" {
			t.Errorf("%s: keys differ (-type +schema):\n%s", path, d)
			return
		}
		var demanded []string
		for _, key := range schema["required"].([]any) {
			demanded = append(demanded, key.(string))
		}
		slices.Sort(demanded)
		if d := cmp.Diff(required, demanded); d != "" {
			t.Errorf("%s: required keys differ (-type +schema):\n%s", path, d)
		}
		for key, field := range fields {
			compare(t, path+"."+key, field, properties[key].(map[string]any), root, used)
		}
	}
}

// jsonFields are the keys of a struct in JSON and those that are always there.
func jsonFields(of reflect.Type) (fields map[string]reflect.Type, required []string) {
	fields = map[string]reflect.Type{}
	for f := range of.Fields() {
		tag := f.Tag.Get("json")
		if tag == "-" {
			continue
		}
		if f.Anonymous && tag == "" {
			inner, always := jsonFields(f.Type)
			maps.Copy(fields, inner)
			required = append(required, always...)
			continue
		}
		name, options, _ := strings.Cut(tag, ",")
		fields[name] = f.Type
		if options == "" {
			required = append(required, name)
		}
	}
	slices.Sort(required)
	return fields, required
}

// TestSharedDefinitionsAreEqual: each schema stands alone, so what they share
// is written in each.
func TestSharedDefinitionsAreEqual(t *testing.T) {
	known := map[string]json.RawMessage{}
	for _, name := range output.Schemas() {
		b, err := output.Schema(name)
		if err != nil {
			t.Fatal(err)
		}
		var schema struct {
			Definitions map[string]json.RawMessage `json:"$defs"`
		}
		if err := json.Unmarshal(b, &schema); err != nil {
			t.Fatal(err)
		}
		for definition, body := range schema.Definitions {
			if other, ok := known[definition]; ok && string(other) != string(body) {
				t.Errorf("%s differs in %s", definition, name)
			}
			known[definition] = body
		}
	}
}
