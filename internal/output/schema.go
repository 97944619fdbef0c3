package output

import (
	"embed"
	"fmt"
	"strings"
)

//go:embed schema/*.json
var schemas embed.FS

// Schemas are the names of the documents that have a JSON Schema.
func Schemas() []string {
	return []string{"report", "scan", "local", "test", "connect", "services", "receive", "query", "policy", "diff", "diagnosis", "firewall"}
}

// Schema is the JSON Schema (draft 2020-12) of a document.
func Schema(name string) ([]byte, error) {
	b, err := schemas.ReadFile("schema/" + name + ".json")
	if err != nil {
		return nil, fmt.Errorf("%q is no document with a schema: %s", name, strings.Join(Schemas(), ", "))
	}
	return b, nil
}
