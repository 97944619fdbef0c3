package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"sekisho/internal/exposure"
	"sekisho/internal/firewall"
	"sekisho/internal/hostnet"
	"sekisho/internal/lang"
	"sekisho/internal/output"
	"sekisho/internal/rollback"
	"sekisho/internal/scan"
)

// The least and the most time to confirm in: the one is short enough for a script,
// the other keeps a machine from standing half changed.
const (
	leastConfirm = time.Second
	mostConfirm  = time.Hour
)

// lookAgain bounds how long the ports are looked at after a change.
const lookAgain = 3 * time.Second

// applyFlags are those of firewall open and close that change something.
type applyFlags struct {
	apply   bool
	confirm time.Duration
}

func (f *applyFlags) register(set *pflag.FlagSet, say *lang.Printer) {
	set.BoolVar(&f.apply, "apply", false, say.Say("flag.firewall-apply"))
	set.DurationVar(&f.confirm, "confirm", time.Minute, say.Say("flag.firewall-confirm"))
}

// firewallEnds are the commands that end a change which waits: they are for another
// shell, which shows by itself that the machine can still be reached.
func (a *app) firewallEnds() []*cobra.Command {
	end := func(use, help string, do func() (rollback.Outcome, error)) *cobra.Command {
		return &cobra.Command{Use: use, Short: help, Args: cobra.NoArgs, RunE: func(*cobra.Command, []string) error {
			if err := a.mayChange(); err != nil {
				return err
			}
			o, err := do()
			switch {
			case errors.Is(err, rollback.ErrNothing):
				return a.fail(exitUsage, "cli.apply-nothing")
			case errors.Is(err, rollback.ErrBusy):
				return a.fail(exitUsage, "cli.apply-busy")
			case err != nil:
				return a.fail(exitUsage, "cli.apply-failed", "Error", reason(err))
			}
			fmt.Fprintln(a.out, a.ended(o))
			if o.Kind == rollback.Failed {
				return exit(exitFail)
			}
			return nil
		}}
	}
	return []*cobra.Command{
		end("confirm", a.say.Say("help.firewall-confirm"), rollback.Confirm),
		end("rollback", a.say.Say("help.firewall-rollback"), rollback.TakeBack),
	}
}

// mayChange refuses where the rules cannot be changed, or not by this user.
func (a *app) mayChange() error {
	switch {
	case runtime.GOOS != "linux":
		return a.fail(exitUsage, "cli.apply-system")
	case os.Geteuid() != 0:
		return a.fail(exitUsage, "cli.apply-root")
	}
	return nil
}

// leftBehind tells of a change that was neither confirmed nor taken back.
func (a *app) leftBehind() (left bool) {
	l, err := rollback.Found()
	if err != nil || l == nil {
		return false
	}
	how := "unguarded"
	switch {
	case l.Restarted:
		how = "restarted"
	case l.Outcome.Kind == rollback.Failed:
		how = "failed"
	}
	fmt.Fprintln(a.err, a.say.Say("apply-left."+how, "Time", l.Begun.Local().Format(time.DateTime), "Error", quoted(l.Outcome.Error), "Dir", rollback.Dir, "Log", rollback.Log))
	return true
}

// guard is the other process: it puts the rules back unless it is told otherwise.
func (a *app) guard() int {
	if err := rollback.Guard(a.ended); err != nil {
		fmt.Fprintln(a.err, a.say.Say("cli.error", "Error", err.Error()))
		return exitUsage
	}
	return exitDone
}

// ended is the end of a change in words.
func (a *app) ended(o rollback.Outcome) string {
	end := string(o.Kind)
	if o.Kind == rollback.RolledBack {
		end = string(o.Why)
	}
	words := a.say.Say("applied-end."+end, "Error", quoted(o.Error), "Dir", rollback.Dir)
	if len(o.Others) > 0 {
		words += " " + a.say.Say("applied.others", "Chains", quotedList(o.Others))
	}
	if o.Short != "" {
		words += " " + a.say.Say("applied.short", "Error", quoted(o.Short))
	}
	return words
}

func quotedList(words []string) []string {
	list := make([]string, len(words))
	for i, w := range words {
		list[i] = quoted(w)
	}
	return list
}

// apply makes the change that the document tells, under guard, and adds what came
// of it.
func (a *app) apply(ctx context.Context, flags applyFlags, wish firewall.Wish, here *filter, document exposure.FirewallCommands) error {
	product := firewall.Product(document.Product)
	if err := a.mayApply(ctx, flags, wish, here, product, document.Here); err != nil {
		return err
	}
	var do, yet, keep []string
	for _, s := range wish.Steps(product, a.tag) {
		switch s.Role {
		case firewall.RoleDo:
			do = append(do, s.Lines...)
		case firewall.RoleIfYet:
			yet = append(yet, s.Lines...)
		case firewall.RoleKeep:
			keep = append(keep, s.Lines...)
		}
	}
	plan := rollback.Plan{Confirm: flags.confirm, Programs: []string{"nft"}}
	switch product {
	case firewall.UFW:
		plan.Programs = []string{"iptables", "ip6tables"}
		plan.Files = []string{"/etc/ufw/user.rules", "/etc/ufw/user6.rules", "/lib/ufw/user.rules", "/lib/ufw/user6.rules"}
	case firewall.Iptables:
		plan.Programs = []string{"iptables", "ip6tables"}
	case firewall.Firewalld:
		plan.Undo = a.undoing(append(slices.Clone(do), yet...))
	}
	sessions, _ := hostnet.Sessions(ctx)
	change, err := rollback.Begin(plan)
	if err != nil {
		return a.notBegun(err)
	}
	applied := &exposure.FirewallApplied{Confirm: int(flags.confirm / time.Second)}
	run := func(lines []string) error {
		trial, last := lines, []string(nil)
		if product == firewall.Firewalld {
			trial, last = trials(lines)
		}
		err := change.Do(ctx, trial, last)
		if err == nil {
			applied.Lines = append(applied.Lines, trial...)
		}
		return err
	}
	err = run(do)
	if err == nil && len(yet) > 0 && a.open(ctx, wish) {
		err = run(yet)
	}
	if err == nil {
		err = change.Made()
	}
	after, _ := readFilter(ctx)
	if err == nil {
		if cut := worse(here, after, sessions); len(cut) > 0 { // it was foreseen otherwise
			change.TakeBack()
			err = a.fail(exitUsage, "cli.apply-cuts", "Peer", cut[0].Peer.String(), "Local", cut[0].Local.String())
		}
	}
	if err != nil {
		fmt.Fprintln(a.err, a.ended(<-change.Ended()))
		if ctx.Err() != nil {
			return context.Canceled
		}
		if f, ok := errors.AsType[*failure](err); ok {
			return f
		}
		return a.fail(exitUsage, "cli.apply-failed", "Error", reason(err))
	}
	a.looked(ctx, &document, after, wish, flags.confirm)
	a.ask(document, flags.confirm)
	change.Shown()
	o := a.decided(ctx, change)
	applied.Outcome, applied.Why, applied.Others, applied.Error, applied.Short = string(o.Kind), string(o.Why), o.Others, o.Error, o.Short
	applied.Words = a.ended(o)
	document.Applied = applied
	document.Steps = nil
	if o.Kind == rollback.Confirmed && len(keep) > 0 {
		for _, s := range wish.Steps(product, a.tag) {
			if s.Role == firewall.RoleKeep {
				document.Steps = append(document.Steps, exposure.FirewallStep{Words: s.Words, Lines: s.Lines})
			}
		}
	}
	if err := a.deliver(func(w *bufio.Writer) error { return output.Commands(w, document, a.outputOptions()) }); err != nil {
		return err
	}
	switch {
	case ctx.Err() != nil:
		return context.Canceled
	case o.Kind != rollback.Confirmed:
		return exit(exitFail)
	}
	return nil
}

// mayApply refuses what cannot or must not be done, before anything is changed.
func (a *app) mayApply(ctx context.Context, flags applyFlags, wish firewall.Wish, here *filter, product firewall.Product, own bool) error {
	if flags.confirm < leastConfirm || flags.confirm > mostConfirm {
		return a.fail(exitUsage, "cli.apply-confirm", "Least", leastConfirm.String(), "Most", mostConfirm.String())
	}
	if err := a.mayChange(); err != nil {
		return err
	}
	if here == nil || here.system != nil {
		return a.fail(exitUnseen, "cli.apply-unread")
	}
	if !own {
		return a.fail(exitUsage, "cli.apply-elsewhere", "Product", string(product), "Own", string(here.manager()))
	}
	if wish.Bare && wish.Action == firewall.ActionOpen {
		return a.fail(exitUsage, "cli.apply-bare")
	}
	sessions, err := hostnet.Sessions(ctx)
	if err != nil {
		return a.fail(exitUnseen, "cli.apply-sessions", "Error", reason(err))
	}
	if cut := here.rules.Cuts(&here.machine, wish, product, inRules(sessions)); len(cut) > 0 {
		return a.fail(exitUsage, "cli.apply-cuts", "Peer", cut[0].Peer.String(), "Local", cut[0].Local.String())
	}
	if a.leftBehind() {
		return a.fail(exitUsage, "cli.apply-first")
	}
	return nil
}

func (a *app) notBegun(err error) error {
	switch {
	case errors.Is(err, rollback.ErrBusy):
		return a.fail(exitUsage, "cli.apply-busy")
	case errors.Is(err, rollback.ErrLeft):
		return a.fail(exitUsage, "cli.apply-first")
	}
	return a.fail(exitUsage, "cli.apply-not-begun", "Error", reason(err))
}

func inRules(sessions []hostnet.Session) []firewall.Session {
	list := make([]firewall.Session, len(sessions))
	for i, s := range sessions {
		list[i] = firewall.Session{Peer: s.Peer, Local: s.Local}
	}
	return list
}

// worse are the sessions that are cut off by the rules as they are after a change.
func worse(before, after *filter, sessions []hostnet.Session) []firewall.Session {
	if after == nil || after.rules == nil {
		return nil
	}
	return slices.DeleteFunc(inRules(sessions), func(s firewall.Session) bool {
		return !firewall.Cut(before.rules.Hears(&before.machine, s), after.rules.Hears(&after.machine, s))
	})
}

// open reports whether a port that was to be closed is let in yet, or may be. What
// goes out is not asked for by zone, so it counts as open.
func (a *app) open(ctx context.Context, wish firewall.Wish) bool {
	f, _ := readFilter(ctx)
	if f == nil || wish.Out {
		return true
	}
	for _, p := range wish.Ports {
		for _, answer := range f.openTo(ctx, portKey{p.Transport, p.Port}) {
			of := answer.Zone == wish.Zone || wish.Zone == "" && answer.Zone != exposure.ZoneLoopback
			if of && (answer.Verdict == exposure.FirewallAccept || answer.Verdict == exposure.FirewallCannotSay) {
				return true
			}
		}
	}
	return false
}

// trials are lines of firewalld as they hold until its next reload, and those that
// make them last.
func trials(lines []string) (trial, last []string) {
	for _, l := range lines {
		if t, _, _, _ := firewall.FirewalldTrial(l); t != "" {
			trial, last = append(trial, t), append(last, l)
		}
	}
	return trial, last
}

// undoing are the lines that take trials of firewalld back: of those only that
// change something, in the opposite order.
func (a *app) undoing(lines []string) []string {
	var list []string
	for _, l := range slices.Backward(lines) {
		trial, query, undo, adds := firewall.FirewalldTrial(l)
		if trial == "" || slices.Contains(list, undo) {
			continue
		}
		if rollback.Holds(query) != adds {
			list = append(list, undo)
		}
	}
	return list
}

// looked adds what can be seen of the ports after the change.
func (a *app) looked(ctx context.Context, document *exposure.FirewallCommands, after *filter, wish firewall.Wish, patience time.Duration) {
	if wish.Out || a.common.redact {
		return // who goes out is not asked for by zone, nor seen from here
	}
	ctx, cancel := context.WithTimeout(ctx, min(lookAgain, patience/2))
	defer cancel()
	seen := a.seenAgain(ctx, wish)
	for i := range document.Ports {
		p := &document.Ports[i]
		p.After = after.openTo(ctx, portKey{p.Transport, p.Port})
		for _, o := range seen {
			if o.Transport == p.Transport && o.Port == p.Port && o.State != exposure.Unknown {
				p.Observations = append(p.Observations, o)
			}
		}
	}
}

// seenAgain is what this machine sees of the ports at its own addresses.
func (a *app) seenAgain(ctx context.Context, wish firewall.Wish) []exposure.Observation {
	m, err := a.machine()
	if err != nil {
		return nil
	}
	request := scan.Request{Method: scan.Connect, View: m.view, Own: m.isOwn, Vantage: vantageSelf, Say: a.say.Say, Payloads: ownPayloads}
	for _, address := range m.addresses {
		request.Targets = append(request.Targets, exposure.Target{Address: address})
	}
	for _, p := range wish.Ports {
		if p.Transport == exposure.UDP {
			request.UDP = append(request.UDP, p.Port)
		} else {
			request.TCP = append(request.TCP, p.Port)
		}
	}
	var seen []exposure.Observation
	engine := scan.New()
	defer engine.Close()
	// What was seen until the time was over counts; the rest is not told.
	engine.Run(ctx, request, func(o exposure.Observation) { seen = append(seen, o) })
	return seen
}

// ask says what became of the ports and what the person is to do.
func (a *app) ask(document exposure.FirewallCommands, patience time.Duration) {
	output.AfterChange(a.err, document, a.outputOptions())
	fmt.Fprintln(a.err, a.say.Say("applied.question", "Patience", patience.String()))
}

// decided waits until the change ends: a word at the keyboard, a command in
// another shell, an interrupt, or the end of the time.
func (a *app) decided(ctx context.Context, change *rollback.Change) rollback.Outcome {
	words := make(chan string)
	_, typed := terminal(a.in)
	go func() {
		lines := bufio.NewScanner(a.in)
		for lines.Scan() {
			words <- strings.ToLower(strings.TrimSpace(lines.Text()))
		}
	}()
	interrupted := ctx.Done()
	for {
		select {
		case o := <-change.Ended():
			return o
		case <-interrupted:
			interrupted = nil
			change.TakeBack()
		case word := <-words:
			switch {
			case word == "yes", word == "y" && typed, word == "はい", word == "" && typed:
				change.Confirm()
			case word == "no", word == "n" && typed, word == "いいえ":
				change.TakeBack()
			}
		}
	}
}
