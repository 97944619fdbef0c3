package probe

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"strings"
	"sync/atomic"
	"time"

	"sekisho/internal/exposure"
)

// dialogues is a folder below the tree: what the tests of the lab and their
// servers say is written there, one file a run. Those of testdata/dialogues are
// picked from them, one or more for each test; the first line says the server.
var dialogues = flag.String("dialogues", "", "write what tests and servers of the lab say to this folder")

// dialogueOptions are what a test of a dialogue was given.
type dialogueOptions struct {
	User, Password string
	Values         map[string][]string
	Owned          bool
	Secure         *bool
}

var recordedTests atomic.Int64

// recordTest is runTest, and keeps what was said.
func recordTest(ctx context.Context, enter func(func() error) error, host *peer, p Probe, test Test, o TestOptions) (Outcome, error) {
	end, _ := ctx.Deadline()
	ctx, cancel := context.WithCancel(ctx)
	k := &talk{recorder: Recorder{Enter: enter, To: host.at}, end: end, number: host.at.Port()}
	if p.Transport == exposure.UDP {
		k.end = time.Now().Add(time.Hour) // what is read of datagrams ends with the connection
	}
	host.dial, host.exchange, host.anyPort, host.dialFrom, host.listen = k.dial, k.exchange, k.anyPort, k.dialFrom, nil
	host.nonce = func() uint64 { return testNonce }
	out := runTest(ctx, host, p, test, o)
	cancel()
	k.relays.Wait()
	var text bytes.Buffer
	asked := dialogueOptions{User: o.User, Values: o.Values, Owned: o.Owned, Secure: o.Secure}
	if o.Password != nil {
		asked.Password, _ = o.Password()
	}
	line, err := json.Marshal(asked)
	if err != nil {
		return out, err
	}
	fmt.Fprintf(&text, "# %s %s\n# %s\n", out.Service.Product.Terminal(), out.Service.Version.Terminal(), line)
	first := "tcp"
	if len(k.datagrams) > 0 {
		first = "udp"
	}
	fmt.Fprintf(&text, "@ %s %d\n", first, host.at.Port())
	k.print(&text)
	fmt.Fprintf(&text, "=\n%s\n%s\n", strings.Join(results(out), "\n"), out.Service.Error)
	path := fmt.Sprintf("%s/%s-%d.dialogue", *dialogues, test.Name, recordedTests.Add(1))
	return out, os.WriteFile(path, text.Bytes(), 0o644)
}

// options are those for the test.
func (d dialogueOptions) options() TestOptions {
	o := TestOptions{User: d.User, Values: d.Values, Secure: d.Secure, Options: Options{Owned: d.Owned}}
	if d.Password != "" {
		o.Password = func() (string, error) { return d.Password, nil }
	}
	return o
}
