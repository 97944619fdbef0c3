package cli

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"sekisho/internal/exposure"
	"sekisho/internal/reach"
	"sekisho/internal/store"
	"sekisho/internal/store/postgres"
	"sekisho/internal/store/sqlite"
)

// mostOptOut is the most bytes that an opt-out list may have.
const mostOptOut = 8 << 20

// The opt-outs of the store are read so often, and hold so long where it cannot be
// read: what somebody adds at another process has effect within a minute, or nobody
// is looked at.
const (
	optOutsEvery = 5 * time.Second
	optOutsLast  = 45 * time.Second
)

// optOuts are the networks that are not looked at: those of a file that others
// change while the service runs, and those that the store keeps.
type optOuts struct {
	path  string
	store store.Store // nil without any
	log   *slog.Logger

	mu     sync.Mutex
	text   []byte
	list   []netip.Prefix
	err    error
	kept   []netip.Prefix // of the store
	keptAt time.Time
	away   error // why it could not be read the last time
}

// read is the list as it stands now. A file that cannot be read, or that is no
// list, and a store that could not be read for a while leave nobody who may be
// looked at.
func (o *optOuts) read() ([]netip.Prefix, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	list, err := o.ofFile()
	if err != nil || o.store == nil {
		return list, err
	}
	if time.Since(o.keptAt) > optOutsLast {
		return nil, fmt.Errorf("those of the store cannot be read: %w", o.away)
	}
	return slices.Concat(list, o.kept), nil
}

// ofFile are those of the file. The caller holds mu.
func (o *optOuts) ofFile() ([]netip.Prefix, error) {
	if o.path == "" {
		return nil, nil
	}
	var text []byte
	info, err := os.Stat(o.path)
	switch {
	case err == nil && !info.Mode().IsRegular(): // a pipe would not let go of who reads it
		err = errors.New("it is no file")
	case err == nil:
		text, err = readBounded(o.path, mostOptOut)
	}
	if err == nil && o.err == nil && o.list != nil && bytes.Equal(text, o.text) {
		return o.list, nil
	}
	var list []netip.Prefix
	if err == nil {
		list, err = reach.ParseList(text)
	}
	switch {
	case err != nil && o.list == nil && o.err == nil: // at the start: serve ends with it
	case err != nil && (o.err == nil || o.err.Error() != err.Error()):
		o.log.Error("opt-out list: nobody is looked at", "path", o.path, "error", reason(err))
	case err == nil:
		o.log.Info("opt-out list", "path", o.path, "networks", len(list))
	}
	o.text, o.list, o.err = text, list, err
	return list, err
}

// ask reads those of the store.
func (o *optOuts) ask(ctx context.Context) error {
	asked := time.Now()
	ctx, cancel := context.WithTimeout(ctx, optOutsEvery)
	defer cancel()
	list, err := o.store.OptOuts(ctx)
	o.mu.Lock()
	defer o.mu.Unlock()
	if err != nil {
		if o.away == nil {
			o.log.Warn("opt-outs of the store", "error", err, "nobody is looked at after", optOutsLast.String())
		}
		o.away = err
		return err
	}
	networks := make([]netip.Prefix, 0, len(list))
	for _, one := range list {
		networks = append(networks, one.Network)
	}
	if !slices.Equal(networks, o.kept) {
		o.log.Info("opt-outs of the store", "networks", len(networks))
	}
	o.kept, o.keptAt, o.away = networks, asked, nil
	return nil
}

// watch reads those of the store again and again until ctx ends.
func (o *optOuts) watch(ctx context.Context) {
	if o.store == nil {
		return
	}
	ticker := time.NewTicker(optOutsEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			_ = o.ask(ctx) // read says so once it matters
		}
	}
}

// optOutFlags are those of the command for the opt-outs of the store.
type optOutFlags struct {
	store storeFlags
	why   string
}

// mostWhy bounds what is written beside an opt-out.
const mostWhy = 200

// optOutCommand lists and changes the opt-outs that the store keeps, beside the
// service that runs.
func (a *app) optOutCommand() *cobra.Command {
	var f optOutFlags
	cmd := &cobra.Command{
		Use:     "opt-out [list|add|remove] [NETWORK…]",
		Short:   a.say.Say("help.opt-out"),
		Long:    a.say.Say("help.opt-out-long"),
		Example: "  sekisho serve opt-out add 203.0.113.0/24 --why 'by mail, ticket 4711'\n  sekisho serve opt-out\n  sekisho serve opt-out remove 203.0.113.0/24",
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.runOptOut(cmd.Context(), &f, args)
		},
	}
	cmd.Flags().StringVar(&f.store.database, "database", "", a.say.Say("flag.serve-database"))
	cmd.Flags().StringVar(&f.why, "why", "", a.say.Say("flag.opt-out-why"))
	return cmd
}

func (a *app) runOptOut(ctx context.Context, f *optOutFlags, args []string) error {
	verb, words := "list", []string(nil)
	if len(args) > 0 {
		verb, words = args[0], args[1:]
	}
	if err := a.oneOf("opt-out", verb, []string{"list", "add", "remove"}); err != nil {
		return err
	}
	networks, wrong := prefixes(words)
	switch {
	case wrong != "":
		return a.fail(exitUsage, "cli.opt-out-network", "Value", quoted(wrong))
	case verb == "list" && len(words) > 0:
		return a.noArguments(nil, words)
	case verb != "list" && len(words) == 0:
		return a.fail(exitUsage, "cli.opt-out-none", "Verb", verb)
	case len(f.why) > mostWhy || oneLine(f.why) != f.why:
		return a.fail(exitUsage, "cli.opt-out-why", "Limit", mostWhy)
	}
	if err := f.store.check(a); err != nil {
		return err
	}
	records, err := f.store.beside(ctx, a)
	if err != nil {
		return err
	}
	err = a.changeOptOuts(ctx, records, verb, networks, f.why)
	if closed := records.Close(); err == nil && closed != nil {
		err = a.fail(exitUnseen, "cli.serve-database", "Error", oneLine(closed.Error()))
	}
	return err
}

// changeOptOuts does what was asked, and shows what there is or says what is
// different now.
func (a *app) changeOptOuts(ctx context.Context, records store.Store, verb string, networks []netip.Prefix, why string) error {
	fault := func(err error) error {
		return a.fail(exitUnseen, "cli.serve-database", "Error", oneLine(err.Error()))
	}
	for _, network := range networks {
		if verb == "add" {
			if err := records.AddOptOut(ctx, exposure.OptOut{Network: network, Since: now(), Why: why}); err != nil {
				return fault(err)
			}
			a.note("cli.opt-out-added", "Network", network)
			continue
		}
		there, err := records.RemoveOptOut(ctx, network)
		switch {
		case err != nil:
			return fault(err)
		case !there:
			return a.fail(exitUsage, "cli.opt-out-absent", "Network", network)
		}
		a.note("cli.opt-out-removed", "Network", network)
	}
	if verb != "list" {
		return nil
	}
	list, err := records.OptOuts(ctx)
	if err != nil {
		return fault(err)
	}
	return a.deliver(func(w *bufio.Writer) error {
		if len(list) == 0 {
			_, err := w.WriteString("# none\n")
			return err
		}
		for _, o := range list {
			if _, err := fmt.Fprintln(w, oneLine(fmt.Sprintf("%s # %s %s", o.Network, o.Since.UTC().Format(time.DateOnly), o.Why))); err != nil {
				return err
			}
		}
		return nil
	})
}

// beside opens the database that a service may have open at this moment.
func (f *storeFlags) beside(ctx context.Context, a *app) (store.Store, error) {
	var (
		s   store.Store
		err error
	)
	if f.external() {
		s, err = postgres.Open(ctx, f.database)
	} else {
		s, err = sqlite.Beside(ctx, f.file(a))
	}
	if err != nil {
		return nil, a.fail(exitUnseen, "cli.serve-database", "Error", oneLine(err.Error()))
	}
	return s, nil
}
