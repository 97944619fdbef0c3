//go:build linux && lab

package probe_test

import (
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"sekisho/internal/exposure"
	"sekisho/internal/lab"
	"sekisho/internal/probe"
)

// TestSNMPTrapsArrive sends every trap to a real receiver, and informs, which it
// acknowledges.
func TestSNMPTrapsArrive(t *testing.T) {
	l := lab.New(t)
	receiver := l.Home.StartSnmptrapd(t, lab.Snmptrapd{Config: `authCommunity log public
createUser -e 0x800000000473656b6973686f sender SHA "senderpass" AES
createUser sender SHA "senderpass" AES
authUser log sender
`})
	v3 := func(values map[string][]string) probe.TestOptions {
		values["priv"] = []string{"AES"}
		return probe.TestOptions{User: "sender", Password: secret("senderpass"), Values: values}
	}
	arrived := func(words ...string) {
		t.Helper()
		for deadline := time.Now().Add(time.Minute); ; time.Sleep(5 * time.Millisecond) {
			log := receiver.Log()
			if !slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(log, w) }) {
				return
			}
			if time.Now().After(deadline) {
				t.Fatalf("%q did not arrive:\n%s", words, log)
			}
		}
	}
	var wait sync.WaitGroup
	marks := make(chan string, 64)
	for i, trap := range []string{"coldStart", "warmStart", "linkDown", "linkUp", "authenticationFailure", "egpNeighborLoss", "1.3.6.1.4.1.4711.0.5"} {
		for _, o := range []probe.TestOptions{
			{Values: map[string][]string{"trap": {trap}}},
			{Values: map[string][]string{"trap": {trap}, "snmp-version": {"1"}}},
			v3(map[string][]string{"trap": {trap}}),
		} {
			if o.Values["snmp-version"] != nil && i > 0 && i < 6 && i != 2 {
				continue // what version 1 makes of one it makes of all
			}
			wait.Go(func() { // each waits for an ICMP error, and none comes
				out := through(t, l, "snmptrap", l.Home.V4, o)
				if s, ok := step(out, "snmptrap-arrival", ""); !ok || s.Result != exposure.StepUnknown || out.Service.Protocol != "" {
					t.Errorf("%s: nobody can know that it arrived: %+v", trap, out)
				}
				marks <- out.Service.Facts.Text("mark").Raw()
			})
		}
	}
	wait.Wait()
	close(marks)
	for mark := range marks {
		arrived(mark)
	}
	arrived(".3.6.1.6.3.1.1.5.6", ".3.6.1.4.1.4711.0.5", "Link Down Trap (0)", "Enterprise Specific Trap (5)")
	for _, to := range []netip.Addr{l.Home.V4, l.Home.V6} {
		for name, o := range map[string]probe.TestOptions{
			"v2c": {Values: map[string][]string{"inform": {"true"}}},
			"v3":  v3(map[string][]string{"inform": {"true"}}),
		} {
			if to.Is6() && name == "v2c" {
				continue // authCommunity is of IPv4
			}
			out := through(t, l, "snmptrap", to, o)
			if acknowledged, _ := out.Service.Facts.Bool("acknowledged"); !acknowledged || out.Service.Protocol != "snmptrap" || out.Service.Error != "" {
				t.Errorf("%s to %s: %+v", name, to, out.Service)
			}
			arrived(out.Service.Facts.Text("mark").Raw())
		}
	}
	out := through(t, l, "snmptrap", l.Home.V4, probe.TestOptions{Port: 163})
	if s, ok := step(out, "snmptrap-send", ""); !ok || s.Result != exposure.StepFailed || s.Why != "nobody-listens" || out.State != exposure.Closed || !strings.Contains(out.Service.Error, "nobody listens") {
		t.Errorf("a closed port: %+v", out)
	}
}
