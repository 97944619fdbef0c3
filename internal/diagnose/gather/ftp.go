package gather

import (
	"context"
	"net/netip"
	"strings"
	"sync"

	"sekisho/internal/diagnose"
	"sekisho/internal/exposure"
	"sekisho/internal/probe"
	"sekisho/internal/untrusted"
)

// FTP logs in at each of some addresses of an FTP server and lists and downloads
// in every mode, all addresses at once. It fails for no fault of a server: a look
// says what became of it.
func FTP(ctx context.Context, targets []exposure.Target, o probe.TestOptions) []diagnose.FTPLook {
	looks := make([]diagnose.FTPLook, len(targets))
	var asked sync.WaitGroup
	for i, target := range targets {
		asked.Go(func() {
			outcome, err := probe.RunTest(ctx, "ftp", target, o)
			if err != nil {
				outcome.Service = exposure.Service{Address: target.Address, Error: err.Error()}
				if o.View != nil {
					outcome.Service.View = o.View(target.Address)
				}
			}
			looks[i] = FTPLook(outcome.Service, outcome.Steps)
		})
	}
	asked.Wait()
	return looks
}

// FTPLook is what the steps of a test of FTP make of a look.
func FTPLook(s exposure.Service, steps []exposure.Step) diagnose.FTPLook {
	l := diagnose.FTPLook{Service: s}
	for _, step := range steps {
		t := exposure.Transfer{View: s.View, Address: s.Address, Result: step.Result, Why: step.Why, Said: step.Said, Local: step.Local, Remote: step.Remote}
		words := strings.Split(strings.TrimPrefix(step.ID, "ftp-"), "-")
		switch {
		case step.ID == "ftp-login":
			t.Step = "login"
		case len(words) == 2 && transferSteps[words[1]] && transferModes[words[0]]:
			t.Mode, t.Step = words[0], words[1]
		case step.ID == "ftp-clear-pasv-list":
			t.Mode, t.Step = "pasv-clear", "list"
		default:
			continue
		}
		t.Told = untrusted.New(step.Facts.Text("told").Raw(), maxReason).Terminal()
		l.Transfers = append(l.Transfers, t)
	}
	return l
}

var (
	transferModes = map[string]bool{"pasv": true, "epsv": true, "port": true, "eprt": true}
	transferSteps = map[string]bool{"list": true, "get": true, "put": true, "delete": true}
)

// FTPPorts are the ports whose way the packet filter decides: at the machine of
// the server those that it told for data, at a client's those at which the
// machine waited for the server.
func FTPPorts(looks []diagnose.FTPLook, own bool) []uint16 {
	var ports []uint16
	for _, l := range looks {
		for _, t := range l.Transfers {
			switch end := t.Local; {
			case !own && (t.Mode == "port" || t.Mode == "eprt") && end.IsValid():
				ports = append(ports, end.Port())
			case own && (t.Mode == "pasv" || t.Mode == "epsv"):
				if told, err := netip.ParseAddrPort(t.Told); err == nil {
					ports = append(ports, told.Port())
				} else if told, err := netip.ParseAddrPort("0.0.0.0:" + t.Told); err == nil {
					ports = append(ports, told.Port())
				}
			}
		}
	}
	return ports
}
