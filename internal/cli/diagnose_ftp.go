package cli

import (
	"context"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/spf13/pflag"

	"sekisho/internal/diagnose"
	"sekisho/internal/diagnose/gather"
	"sekisho/internal/exposure"
	"sekisho/internal/lang"
	"sekisho/internal/output"
	"sekisho/internal/probe"
	"sekisho/internal/untrusted"
)

// ftpFlags are those of a diagnosis that are about FTP: as whom to log in, and
// whether to upload.
type ftpFlags struct {
	user, passwordFile string
	write, handed      bool
	once, noted        sync.Once // the password is asked for once, and missed once
	word               string
	failed             error
}

// named reports whether the user logs in as somebody in particular.
func (f *ftpFlags) named() bool { return f.user != "" && f.user != "anonymous" && f.user != "ftp" }

// password is the secret of the user, asked for once however often it is used.
func (f *ftpFlags) password(a *app) (string, error) {
	f.once.Do(func() { f.word, f.failed = a.password(f.passwordFile) })
	return f.word, f.failed
}

func (f *ftpFlags) register(set *pflag.FlagSet, say *lang.Printer) {
	set.StringVar(&f.user, "user", "", say.Say("flag.diagnose-user"))
	set.BoolVar(&f.handed, "via-login", false, say.Say("flag.via-login"))
	set.StringVar(&f.passwordFile, "password-file", "", say.Say("flag.test-password-file"))
	set.BoolVar(&f.write, "write", false, say.Say("flag.diagnose-write"))
}

const (
	// ftpTime is what the four modes get of each address.
	ftpTime = 20 * time.Second
	// mostFTPLooks bounds the addresses at which one server is logged in to.
	mostFTPLooks = 8
)

// lookFTP tries the data connections of an FTP server at each address at which it
// answered: of one for each view and family when the machine has many. At an
// address of this machine that others alone have seen, the way from here is the
// hairpin.
func (r *checkRun) lookFTP(ctx context.Context, flags *ftpFlags, p asked, seen exposure.Port, own bool) []diagnose.FTPLook {
	type place struct {
		view exposure.View
		v6   bool
	}
	var (
		targets []exposure.Target
		places  []place
		secure  bool
	)
	add := func(view exposure.View, address netip.Addr) {
		at := place{view, address.Unmap().Is6()}
		if own && slices.Contains(places, at) || len(targets) == mostFTPLooks {
			return
		}
		targets, places = append(targets, exposure.Target{Address: address}), append(places, at)
	}
	for _, s := range seen.Services {
		if p.closed || p.transport != exposure.TCP || s.Protocol != "ftp" || s.Confidence != exposure.Confirmed {
			continue
		}
		secure = s.TLS != nil && !s.TLS.StartTLS
		if !own {
			add(s.View, s.Address)
			continue
		}
		// Every way from here to the same server: a service is spoken to at one
		// address of several, and others may have told of it.
		for _, o := range seen.Observations {
			if o.State == exposure.Open && (o.View.Own() || o.View == exposure.ViewHairpin) {
				add(o.View, o.Address)
			}
		}
	}
	if len(targets) == 0 {
		return nil
	}
	if flags.named() {
		if _, err := flags.password(r.app); err != nil {
			flags.noted.Do(func() { r.app.note("note.ftp-password", "User", quoted(flags.user), "Error", oneLine(err.Error())) })
			return nil
		}
	}
	view := func(address netip.Addr) exposure.View {
		if i := slices.IndexFunc(targets, func(t exposure.Target) bool { return t.Address == address }); i >= 0 && places[i].view == exposure.ViewHairpin {
			return exposure.ViewHairpin
		}
		return r.machine.view(address)
	}
	o := probe.TestOptions{
		Options: probe.Options{Timeout: ftpTime, View: view, Owned: true},
		Port:    p.port, User: flags.user, Secure: &secure, Values: map[string][]string{},
		Password: func() (string, error) { return flags.password(r.app) },
	}
	if flags.write {
		o.Values["write"] = []string{"true"}
	}
	return gather.FTP(ctx, targets, o)
}

// tellFTP puts what was seen of data connections into a case, with what the
// packet filter does with them.
func (r *checkRun) tellFTP(ctx context.Context, c *diagnose.Case, looks []diagnose.FTPLook) {
	if len(looks) == 0 {
		return
	}
	c.FTP = diagnose.FTPData{Looks: looks, Range: map[uint16][]exposure.FirewallAnswer{}}
	filter := r.filter
	if filter == nil && !c.Own {
		filter, _ = readFilter(ctx)
	}
	if filter == nil {
		return
	}
	c.FTP.Helped = filter.helped
	for _, port := range gather.FTPPorts(looks, c.Own) {
		c.FTP.Range[port] = filter.openTo(ctx, portKey{exposure.TCP, port})
	}
}

// tested is a test as a report: what it saw of the one port.
func tested(d exposure.TestDocument) exposure.Report {
	s := d.Service
	s.Address, s.Transport, s.Port, s.View = d.Address, d.Transport, d.Port, d.View
	const vantage = "test"
	r := output.ScanReport(exposure.ScanDocument{
		Schema: exposure.ScanSchema, Summary: exposure.ScanSummary{Complete: true},
		Observations: []exposure.Observation{{
			Host: d.Host, Address: d.Address, Transport: d.Transport, Port: d.Port, State: d.State, Reason: testReasons[d.State],
			View: d.View, Vantage: vantage, Attempts: 1, SeenAt: d.StartedAt,
		}},
	}, []exposure.Target{{Name: d.Host, Address: d.Address}})
	if from, err := netip.ParseAddr(s.Facts.Text("local_address").Raw()); err == nil {
		r.Vantages = []exposure.Vantage{{ID: vantage, Kind: "self", Address: from}}
	}
	for h := range r.Hosts {
		for p := range r.Hosts[h].Ports {
			port := &r.Hosts[h].Ports[p]
			if port.Services = []exposure.Service{s}; d.Test == "ftp" {
				port.Transfers = gather.FTPLook(s, d.Steps).Transfers
			}
		}
	}
	r.Version = untrusted.New(d.Version, maxReason).Terminal()
	return r
}

// testReasons are by what a test knows the state of its port.
var testReasons = map[exposure.State]exposure.Reason{
	exposure.Open: exposure.SynAck, exposure.Closed: exposure.ConnRefused, exposure.Filtered: exposure.NoResponse,
}
