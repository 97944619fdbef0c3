//go:build linux && lab

package probe_test

import (
	"strings"
	"testing"

	"sekisho/internal/exposure"
	"sekisho/internal/lab"
	"sekisho/internal/probe"
)

// TestSyslogArrives sends to a real server over each transport.
func TestSyslogArrives(t *testing.T) {
	l := lab.New(t)
	l.Home.StartRsyslog(t, lab.Rsyslog{})
	for _, transport := range []string{"udp", "tcp", "tls"} {
		for _, rfc := range []string{"5424", "3164"} {
			out := through(t, l, "syslog", l.Home.V4, probe.TestOptions{Values: map[string][]string{
				"transport": {transport}, "rfc": {rfc}, "facility": {"local0", "mail"}, "severity": {"err"},
			}})
			if s, ok := step(out, "syslog-arrival", ""); !ok || s.Result != exposure.StepUnknown || out.Service.Error != "" {
				t.Errorf("%s: %+v", transport, out)
			}
			for _, name := range []string{"mail.err", "local0.err"} {
				s, ok := step(out, "syslog-send", name)
				_, mark, _ := strings.Cut(s.Asked, " ")
				if !ok || mark == "" {
					t.Fatalf("%s: no %s in %+v", transport, name, out.Steps)
				}
				l.Home.Run(t, "timeout", "20", "sh", "-c", `until grep -q "$1" /var/log/lab.log; do :; done`, "sh", mark)
			}
		}
	}
	out := through(t, l, "syslog", l.Home.V4, probe.TestOptions{Port: 515})
	if !strings.Contains(out.Service.Error, "nobody listens") {
		t.Errorf("a closed port: %+v", out)
	}
}
