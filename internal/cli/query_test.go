package cli_test

import (
	"bytes"
	"net"
	"strconv"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"sekisho/internal/cli"
	"sekisho/internal/lab"
)

// TestQueryPrintsItsSchema holds what query prints as JSON to the schema that
// the same program prints.
func TestQueryPrintsItsSchema(t *testing.T) {
	t.Setenv("SEKISHO_LANG", "en")
	run := func(code int, args ...string) []byte {
		t.Helper()
		var out, errs bytes.Buffer
		if got := cli.Main(append([]string{"sekisho"}, args...), strings.NewReader("\x1b"), &out, &errs); got != code {
			t.Fatalf("%q: exit code %d, want %d: %s", args, got, code, errs.String())
		}
		return out.Bytes()
	}
	text, err := jsonschema.UnmarshalJSON(bytes.NewReader(run(0, "schema", "query")))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("query", text); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("query")
	if err != nil {
		t.Fatal(err)
	}
	at := lab.Serve(t, lab.Loopback(t), lab.Greet("220 hello\r\n"))
	port := strconv.Itoa(int(at.Port()))
	taken, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	_, source, _ := net.SplitHostPort(taken.LocalAddr().String())
	for _, c := range []struct {
		code int
		args string
	}{
		{1, "-n 127.0.0.1 -o " + port + ",1 -p both"},
		{1, "-n ::1 -r 1:3 -nr"},
		{99, "-n name..invalid"},
		{2, "-n 127.0.0.1 -e 1 -p udp -nr -sp " + source},
		{1, "-n 127.0.0.1 -set ad --follow-epm -nr"},
		{0, "-local -v"},
		{0, "-wport " + port},
		{0, "-wport " + port + " -v"},
	} {
		b := run(c.code, append(strings.Fields("query "+c.args), "--format", "json")...)
		value, err := jsonschema.UnmarshalJSON(bytes.NewReader(b))
		if err != nil {
			t.Fatalf("%s: %v\n%s", c.args, err, b)
		}
		if err := schema.Validate(value); err != nil {
			t.Errorf("%s: %v", c.args, err)
		}
	}
}
