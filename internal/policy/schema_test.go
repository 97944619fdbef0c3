package policy_test

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v4"

	"sekisho/internal/output"
	"sekisho/internal/policy"
)

func schema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	b, err := output.Schema("policy")
	if err != nil {
		t.Fatal(err)
	}
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("policy", document); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("policy")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestSchemaAndReaderAgree: what an editor takes sekisho takes, and what it
// marks sekisho refuses.
func TestSchemaAndReaderAgree(t *testing.T) {
	s := schema(t)
	for file, good := range map[string]bool{
		"lan: {open: 22}": true,
		"lan: {open: [22, 53/udp, ssh, {port: 443, protocol: https, tls: implicit, tls-min: '1.2', certificate-days: 14, without: [tls-old-version], worst: low, note: x, product: nginx}]}": true,
		"lan: {any: {ports: [80, 81], tls: none}}": true,
		"lan: {closed: {port: [23, 24]}}":          true,
		"rest: stealth":                            true,
		"extends: home-pc":                         true,
		"extends: [home-pc, web-server]\nhosts: {this-machine: , a.example: {internet-v6: {rest: any}}}": true,
		"outgoing: {open: [{port: 25, to: a.example}, http], closed: 6667}":                              true,
		"profiles: {mine: {lan: {stealth: 135-139}}}\nextends: mine":                                     true,
		"schema: sekisho/policy/1\ninternet: {rest: closed}":                                             true,
		"lan: {opne: 22}":                              false,
		"lan: {rest: open}":                            false,
		"lan: {open: 70000}":                           false,
		"lan: {open: [[22]]}":                          false,
		"lan: {open: {protocol: ssh}}":                 false,
		"lan: {closed: {port: 22, protocol: ssh}}":     false,
		"lan: {open: {port: 22, to: a.example}}":       false,
		"outgoing: {stealth: 22}":                      false,
		"outgoing: {open: {port: 22, tls: none}}":      false,
		"lan: {open: {port: 22, certificate-days: 0}}": false,
		"profiles: {home-pc: {lan: {open: 22}}}":       false,
		"schema: sekisho/policy/2\nlan: {open: 22}":    false,
		"wan: {open: 22}":                              false,
		"hosts: {a.example: {hosts: {}}}":              false,
		"- lan":                                        false,
	} {
		_, err := policy.Parse("f", []byte(file), policy.Known{})
		if (err == nil) != good {
			t.Errorf("%s: the reader says %v", file, err)
		}
		var value any
		if err := yaml.Unmarshal([]byte(file), &value); err != nil {
			t.Fatal(err)
		}
		b, err := json.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		document, err := jsonschema.UnmarshalJSON(bytes.NewReader(b))
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Validate(document); (err == nil) != good {
			t.Errorf("%s: the schema says %v", file, err)
		}
	}
}
