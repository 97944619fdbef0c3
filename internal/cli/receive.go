package cli

import (
	"bufio"
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"net/netip"
	"strconv"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"sekisho/internal/exposure"
	"sekisho/internal/output"
	"sekisho/internal/probe"
	"sekisho/internal/receive"
	"sekisho/internal/wire/snmp"
)

// receiveFlags are the flags of receive.
type receiveFlags struct {
	port, listen, dir, cert, key, user, auth, priv, passwordFile, mibs string
	over, split                                                        []string
	count                                                              int
	length                                                             time.Duration
}

// receiveCommand listens for what nobody answers: the other half of test syslog
// and test snmptrap.
func (a *app) receiveCommand() *cobra.Command {
	var f receiveFlags
	cmd := &cobra.Command{
		Use:     "receive syslog|snmptrap",
		Short:   a.say.Say("help.receive"),
		Long:    a.say.Say("help.receive-long"),
		Example: "  sekisho receive syslog --dir logs --split facility,host\n  sekisho receive snmptrap -p 1162 --count 1 --for 30s -f jsonl",
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return a.fail(exitUsage, "receive.what", "What", quoted(args[0]))
			}
			return cmd.Help()
		},
	}
	syslog := &cobra.Command{
		Use: "syslog", Short: a.say.Say("help.receive-syslog"), Args: a.noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.runReceive(cmd.Context(), &f, false) },
	}
	trap := &cobra.Command{
		Use: "snmptrap", Short: a.say.Say("help.receive-snmptrap"), Args: a.noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.runReceive(cmd.Context(), &f, true) },
	}
	for _, sub := range []*cobra.Command{syslog, trap} {
		sub.Flags().StringVarP(&f.port, "ports", "p", "", a.say.Say("flag.receive-port"))
		sub.Flags().StringVar(&f.listen, "listen", "", a.say.Say("flag.receive-listen"))
		sub.Flags().IntVar(&f.count, "count", 0, a.say.Say("flag.receive-count"))
		sub.Flags().DurationVar(&f.length, "for", 0, a.say.Say("flag.receive-for"))
	}
	syslog.Flags().StringSliceVar(&f.over, "transport", []string{"udp", "tcp"}, a.say.Say("flag.receive-transport"))
	syslog.Flags().StringVar(&f.dir, "dir", "", a.say.Say("flag.receive-dir"))
	syslog.Flags().StringSliceVar(&f.split, "split", []string{"facility"}, a.say.Say("flag.receive-split"))
	syslog.Flags().StringVar(&f.cert, "cert", "", a.say.Say("flag.receive-cert"))
	syslog.Flags().StringVar(&f.key, "key", "", a.say.Say("flag.receive-key"))
	trap.Flags().StringVar(&f.user, "user", "", a.say.Say("flag.receive-user"))
	trap.Flags().StringVar(&f.auth, "auth", "SHA", a.say.Say("flag.test-auth"))
	trap.Flags().StringVar(&f.priv, "priv", "", a.say.Say("flag.test-priv"))
	trap.Flags().StringVar(&f.passwordFile, "password-file", "", a.say.Say("flag.test-password-file"))
	trap.Flags().StringVar(&f.mibs, "mib-dir", "", a.say.Say("flag.test-mib-dir"))
	cmd.AddCommand(syslog, trap)
	return cmd
}

func (a *app) runReceive(ctx context.Context, f *receiveFlags, traps bool) error {
	if err := a.oneOf("format", a.common.format, output.ReceiverFormats); err != nil {
		return err
	}
	r := &receive.Receiver{Ready: func(over string, at netip.AddrPort) { a.note("receive.listening", "Over", over, "At", at) }}
	var err error
	if traps {
		f.over = []string{"udp"}
		r.Trap, err = a.trapReceiver(f)
	}
	if err == nil {
		r.Sockets, err = a.receiveSockets(f, traps)
	}
	if err != nil {
		return err
	}
	run := &receiveRun{app: a, flags: f}
	if f.dir != "" {
		for _, by := range f.split {
			if err := a.oneOf("split", by, receive.Splits); err != nil {
				return err
			}
		}
		if run.files, err = receive.OpenFiles(f.dir, f.split); err != nil {
			return a.fail(exitUsage, "receive.no-folder", "Path", f.dir, "Error", reason(err))
		}
		defer run.files.Close()
	}
	return run.run(ctx, r)
}

// trapReceiver makes the receiver of traps of the flags.
func (a *app) trapReceiver(f *receiveFlags) (*receive.Trap, error) {
	t := &receive.Trap{Names: snmp.Standard()}
	if f.mibs != "" {
		names, err := probe.SNMPNames(f.mibs)
		if err != nil {
			return nil, &failure{code: exitUsage, line: oneLine(err.Error())}
		}
		t.Names = names
	}
	if f.user == "" {
		return t, nil
	}
	user, err := snmp.Credentials(f.user, f.auth, f.priv, func() (string, error) { return a.password(f.passwordFile) })
	if err != nil {
		return nil, &failure{code: exitUsage, line: oneLine(err.Error())}
	}
	t.User = &user
	return t, nil
}

// receiveSockets are the places to listen at.
func (a *app) receiveSockets(f *receiveFlags, traps bool) ([]receive.Socket, error) {
	var at netip.Addr
	if f.listen != "" {
		var err error
		if at, err = netip.ParseAddr(f.listen); err != nil {
			return nil, a.fail(exitUsage, "receive.bad-listen", "Value", quoted(f.listen))
		}
	}
	port := uint64(0)
	if f.port != "" {
		var err error
		if port, err = strconv.ParseUint(f.port, 10, 16); err != nil || port == 0 {
			return nil, a.fail(exitUsage, "cli.test-one-port", "Value", quoted(f.port))
		}
	}
	var list []receive.Socket
	for _, over := range f.over {
		if err := a.oneOf("transport", over, []string{"udp", "tcp", "tls"}); err != nil {
			return nil, err
		}
		usual := map[string]uint64{"udp": 514, "tcp": 514, "tls": 6514}[over]
		if traps {
			usual = 162
		}
		s := receive.Socket{Over: over, At: netip.AddrPortFrom(at, uint16(cmp.Or(port, usual)))}
		if over == "tls" {
			var err error
			if s.TLS, err = a.receiveTLS(f); err != nil {
				return nil, err
			}
		}
		list = append(list, s)
	}
	return list, nil
}

// receiveTLS is the certificate of the flags, or one made for this run.
func (a *app) receiveTLS(f *receiveFlags) (*tls.Config, error) {
	var (
		cert tls.Certificate
		err  error
	)
	if f.cert == "" && f.key == "" {
		a.note("receive.own-certificate")
		cert, err = receive.Certificate(now())
	} else {
		cert, err = tls.LoadX509KeyPair(f.cert, f.key)
	}
	if err != nil {
		return nil, a.fail(exitUsage, "receive.certificate", "Error", oneLine(err.Error()))
	}
	return &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12}, nil
}

// receiveRun is one run of the command.
type receiveRun struct {
	app     *app
	flags   *receiveFlags
	files   *receive.Files
	summary exposure.ReceivedSummary
	failed  error // of the output
	unheard error // of a socket that could not be opened
}

func (run *receiveRun) run(ctx context.Context, r *receive.Receiver) error {
	a, interrupted := run.app, ctx
	ctx, cancel := a.bounded(ctx)
	defer cancel()
	if run.flags.length > 0 {
		ctx, cancel = context.WithTimeout(ctx, run.flags.length)
		defer cancel()
	}
	ctx, enough := context.WithCancel(ctx)
	defer enough()
	run.summary.ByKind = map[string]int{}
	write := func(w *bufio.Writer) error {
		to := output.Received(w, a.outputOptions())
		r.Handle = func(m exposure.Received) {
			run.keep(&m)
			run.count(m)
			if run.failed = cmp.Or(run.failed, to.Message(m), w.Flush()); run.failed != nil {
				enough()
			}
			if run.flags.count > 0 && run.summary.Received >= run.flags.count {
				enough()
			}
		}
		if run.unheard = r.Run(ctx); run.unheard != nil {
			return run.unheard
		}
		run.summary.Dropped, run.summary.Unshaken, run.summary.Lost = r.Dropped(), r.Unshaken(), r.Lost()
		return cmp.Or(run.failed, to.Close(run.summary))
	}
	err := a.deliver(write)
	switch {
	case run.unheard != nil:
		return a.fail(exitUsage, "receive.not-listening", "Error", oneLine(run.unheard.Error()))
	case err != nil:
		return err
	case run.wanted() && interrupted.Err() != nil:
		return context.Canceled
	case run.summary.Unwritten > 0, run.summary.Received < max(run.flags.count, 1) && run.wanted():
		return exit(exitUnseen)
	}
	return nil
}

// wanted reports whether the run had an end of its own: then Ctrl-C cuts it
// short, and nothing received is something not seen.
func (run *receiveRun) wanted() bool {
	return run.flags.count > 0 || run.flags.length > 0 || run.app.common.timeout > 0
}

// keep writes a message into its file. A full disk is told once, and receiving
// goes on.
func (run *receiveRun) keep(m *exposure.Received) {
	if run.files == nil {
		return
	}
	name, err := run.files.Keep(*m)
	if err == nil {
		m.File = name
		return
	}
	run.summary.Unwritten++
	switch {
	case run.summary.Unwritten > 1:
	case errors.Is(err, syscall.ENOSPC):
		run.app.note("receive.disk-full", "Path", name)
	default:
		run.app.note("receive.file-unwritten", "Path", name, "Error", reason(err))
	}
}

// maxKinds bounds the kinds that the summary counts: senders choose them.
const maxKinds = 200

func (run *receiveRun) count(m exposure.Received) {
	s := &run.summary
	s.Received++
	kind := ""
	switch {
	case m.Syslog != nil:
		kind = m.Syslog.Facility + "." + m.Syslog.Severity
	case m.Trap != nil:
		kind = cmp.Or(m.Trap.Trap, "sealed")
	default:
		s.Broken++
	}
	if !m.Mark.IsZero() {
		s.Marked++
	}
	if kind == "" {
		return
	}
	if _, known := s.ByKind[kind]; !known && len(s.ByKind) >= maxKinds {
		kind = "other"
	}
	s.ByKind[kind]++
}
