package cli

import (
	"bufio"
	"context"
	"errors"
	"net/netip"
	"runtime/debug"
	"slices"

	"github.com/spf13/cobra"

	"sekisho/internal/exposure"
	"sekisho/internal/netio"
	"sekisho/internal/output"
	"sekisho/internal/scan"
)

// scanGrowth is by how many percent the heap of a scan grows before what is not
// used any more is freed. It keeps little and makes much: the scan of a million
// ports has 25 MiB of its own so, where it had 40.
const scanGrowth = 35

// scanCommand finds port states and nothing more.
func (a *app) scanCommand() *cobra.Command {
	var (
		flags   scanFlags
		exclude excludeFlags
		echo    bool
		part    partFlags
		proxy   proxyFlag
		via     viaFlag
	)
	cmd := &cobra.Command{
		Use:         "scan TARGET… [-p PORTS]",
		Annotations: reporting,
		Short:       a.say.Say("help.scan"),
		Long:        a.say.Say("help.scan-long"),
		Example:     "  sekisho scan 192.168.1.1 -p @common\n  sekisho scan 192.168.1.0/24 -p 22,80,443 --exclude 192.168.1.5\n  sekisho scan home.example -p u:53,123 -f jsonl",
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(via.urls) > 0 {
				return a.runViaScan(cmd.Context(), &flags, args, via)
			}
			if len(args) == 0 {
				return a.fail(exitUsage, "cli.target-missing")
			}
			return a.runScan(cmd.Context(), &flags, args, exclude, part, echo, proxy)
		},
	}
	flags.register(cmd.Flags(), a.say)
	exclude.register(cmd.Flags(), a.say)
	part.register(cmd.Flags(), a.say)
	proxy.register(cmd.Flags(), a)
	via.register(cmd.Flags(), a)
	cmd.Flags().BoolVar(&echo, "ping", false, a.say.Say("flag.ping"))
	return cmd
}

func (a *app) runScan(ctx context.Context, flags *scanFlags, args []string, exclude excludeFlags, part partFlags, echo bool, through proxyFlag) error {
	debug.SetGCPercent(scanGrowth)
	releaseImage()
	m, err := a.machine()
	if err != nil {
		return err
	}
	proxy, err := through.parse(ctx, a)
	if err != nil {
		return err
	}
	m = m.reached(proxy)
	base, err := flags.request(a, m)
	if err != nil {
		return err
	}
	if flags.shard, err = part.parse(a); err != nil {
		return err
	}
	// Wrong ports are told before a name is looked up.
	spec, err := flags.spec(a)
	if err != nil {
		return err
	}
	excluded, err := a.exclusions(ctx, exclude.words, exclude.files)
	if err != nil {
		return err
	}
	list, err := a.targetsThrough(ctx, proxy, args, excluded, flags.family)
	if err != nil {
		return err
	}
	jobs, err := flags.jobs(spec, m, list)
	if err != nil {
		return err
	}
	if base.Proxy = proxy; proxy != nil {
		if err := a.throughProxy(&base, jobs, flags.ports != "", echo, part); err != nil {
			return err
		}
	}
	skip := 0
	for i := range jobs {
		jobs[i].echo = echo
		jobs[i].shard = flags.shard
		jobs[i].shard.Skip = skip
		skip += jobs[i].size()
	}
	if err := a.consented(list, m, flags.authorized); err != nil {
		return err
	}
	journal, err := a.resume(part.resume, base, jobs)
	if err != nil {
		return err
	}
	ctx, cancel := a.bounded(ctx)
	defer cancel()
	var (
		summary exposure.ScanSummary
		ended   error
	)
	if err := a.deliver(func(w *bufio.Writer) error {
		summary, ended, err = a.scanInto(ctx, w, base, jobs)
		return err
	}); err != nil {
		return errors.Join(err, journal.close())
	}
	if err := journal.finish(a, summary.Complete); err != nil && ended == nil {
		return err
	}
	switch {
	case ended != nil:
		return ended
	case !summary.Complete || summary.Unknown > 0:
		return exit(exitUnseen)
	}
	return nil
}

// scanInto writes the document while the scan goes on. An error of the writer
// stops the scan and is err; what the scan itself ended in is ended, and what
// was seen before it is written all the same.
func (a *app) scanInto(ctx context.Context, w *bufio.Writer, base scan.Request, jobs []job) (summary exposure.ScanSummary, ended, err error) {
	document, err := output.Scan(w, a.outputOptions())
	if err != nil {
		return summary, nil, err
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var unwritten error
	summary, ended = a.runJobs(ctx, base, jobs, func(o exposure.Observation) {
		if unwritten != nil {
			return
		}
		if unwritten = document.Observe(o); unwritten == nil && o.State == exposure.Open {
			// A program that reads along wants an open port now.
			unwritten = w.Flush()
		}
		if unwritten != nil {
			stop()
		}
	})
	if unwritten != nil {
		return summary, nil, unwritten
	}
	if ended != nil && !errors.Is(ended, context.Canceled) {
		return summary, ended, nil
	}
	summary.Sources = sourcesOf(jobs, base.Proxy != nil)
	return summary, ended, document.Close(summary)
}

// mostSources bounds the targets of each job of which it is looked up by which own
// address packets leave for them.
const mostSources = 8

// sourcesOf are the own addresses that the packets of jobs left by. What goes to
// this machine itself leaves by none, and through a proxy by the proxy's.
func sourcesOf(jobs []job, proxied bool) (list []netip.Addr) {
	if proxied {
		return nil
	}
	for _, j := range jobs {
		for _, t := range j.targets[:min(len(j.targets), mostSources)] {
			from := netio.SourceOf(t.Address)
			if from.IsValid() && from != t.Address.Unmap() && !from.IsLoopback() && !slices.Contains(list, from.WithZone("")) {
				list = append(list, from.WithZone(""))
			}
		}
	}
	return list
}
