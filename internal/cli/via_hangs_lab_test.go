//go:build linux && lab

package cli_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"

	"sekisho/internal/exposure"
	"sekisho/internal/lab"
)

// TestVantagesThatHangCostOneLine: vantages that take the connection and stop
// answering, at once or half-way, leave the rest of a diagnosis as it is, and each
// has one line, wherever its page puts what needs administrator rights.
func TestVantagesThatHangCostOneLine(t *testing.T) {
	l := lab.New(t)
	l.Home.StartNginx(t, lab.Nginx{})
	at := l.Outside.V4.String()
	who, err := json.Marshal(exposure.Whoami{Schema: exposure.WhoamiSchema, Address: l.Router.V4})
	if err != nil {
		t.Fatal(err)
	}
	answer := fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", len(who), who)
	vantages := map[string]string{
		"8081": "",                            // accepts, and never answers
		"8082": answer[:len(answer)-20],       // answers half
		"8083": answer,                        // answers, and nothing to the next question
		"8084": answer[:len(answer)-20] + "!", // dies in the middle
	}
	var urls []string
	for port, says := range vantages {
		urls = append(urls, "http://"+at+":"+port)
		listener := l.Outside.Listen(t, "tcp", at+":"+port)
		go func() {
			for {
				c, err := listener.Accept()
				if err != nil {
					return
				}
				go hangAfter(c, says)
			}
		}()
	}
	r := sekisho(t, l.Home, nobody, "diagnose", "80", "-4", "--via", strings.Join(urls, ","), "--router", "none", "-f", "json")
	d := decode[exposure.Diagnosis](t, r)
	if len(d.Ports) != 1 || d.Ports[0].Cause.ID == "" || len(d.Ports[0].Stages) < 5 || len(d.Vantages) != len(vantages) {
		t.Fatalf("%s\n%s", r.out, r.errs)
	}
	for _, v := range d.Vantages {
		want := "does not answer in time"
		if strings.HasSuffix(v.URL, "8084") {
			want = "cannot be reached"
		}
		if !strings.Contains(v.Error, want) || strings.Contains(v.Error, "\n") {
			t.Errorf("%s: %q, want %q", v.URL, v.Error, want)
		}
		if strings.Contains(strings.Join(d.Unseen, "\n"), v.URL) {
			t.Errorf("its trouble needs no administrator rights: %q", d.Unseen)
		}
	}
	if r.code != 3 {
		t.Errorf("exit code %d", r.code)
	}
}

// hangAfter says something to the first request and nothing to the others; what
// ends in an exclamation mark is followed by the end of the connection.
func hangAfter(c net.Conn, says string) {
	defer c.Close()
	in := bufio.NewReader(c)
	for {
		if _, err := http.ReadRequest(in); err != nil {
			return
		}
		text, dies := strings.CutSuffix(says, "!")
		if _, err := c.Write([]byte(text)); err != nil || dies {
			return
		}
		says = ""
	}
}
