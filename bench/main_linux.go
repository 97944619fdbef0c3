// Command bench measures sekisho beside other scanners on the same work, in
// network namespaces that lead nowhere, and checks every result against the
// truth. Start it with ./bench/run, which builds what it needs.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"
)

func init() {
	// Threads that went into a host are thrown away, and the first one cannot be.
	runtime.LockOSThread()
}

func main() { os.Exit(run()) }

// options are the flags.
type options struct {
	bench
	families []bool // whether IPv6
	runs     int
	ownRuns  int
	seed     uint64
	loss     float64
	delay    time.Duration
	tools    []string
	markdown bool
	rows     []row
	web      []webRow
}

const usage = `usage: ./bench/run ROW… [flags]
Rows may be given as "all", and flags may stand anywhere.

`

func parseOptions(args []string) (options, error) {
	var o options
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.Usage = func() {
		fmt.Fprint(flags.Output(), usage)
		for _, r := range rows() {
			fmt.Fprintf(flags.Output(), "  %-4s %s\n", r.name, r.what)
		}
		for _, r := range webRows() {
			fmt.Fprintf(flags.Output(), "  %-4s %s\n", r.name, r.what)
		}
		fmt.Fprintln(flags.Output())
		flags.PrintDefaults()
	}
	family := flags.String("family", "both", "`4`, 6 or both")
	tools := flags.String("tools", "sekisho,nmap,masscan", "run these `scanners` only; sekisho always runs")
	flags.StringVar(&o.sekisho, "sekisho", "", "measure this `binary`, which is built from the tree otherwise")
	flags.StringVar(&o.dir, "dir", "", "`directory` for temporary files; ./bench/run gives one")
	flags.IntVar(&o.runs, "runs", 5, "interleaved runs of each scanner")
	flags.IntVar(&o.ownRuns, "own-runs", 0, "runs of sekisho in all, if more than interleaved (default with -runs 5 or more: what the row asks for)")
	flags.Uint64Var(&o.seed, "seed", 1, "draws the addresses, the open ports and what is lost")
	flags.Float64Var(&o.loss, "loss", -1, "lose this `share` each way, in place of the row's")
	flags.DurationVar(&o.delay, "delay", -1, "delay each way, in place of the row's")
	flags.DurationVar(&o.limit, "limit", 10*time.Minute, "end a command after this time")
	flags.BoolVar(&o.markdown, "markdown", false, "print the table for docs/performance.md")

	var names []string
	for len(args) > 0 { // flags and rows may be mixed
		if err := flags.Parse(args); err != nil {
			return o, err
		}
		args = flags.Args()
		for len(args) > 0 && !strings.HasPrefix(args[0], "-") {
			names, args = append(names, args[0]), args[1:]
		}
	}
	switch *family {
	case "4":
		o.families = []bool{false}
	case "6":
		o.families = []bool{true}
	case "both":
		o.families = []bool{false, true}
	default:
		return o, fmt.Errorf("--family is 4, 6 or both, not %q", *family)
	}
	if o.runs < 1 {
		return o, errors.New("--runs is at least 1")
	}
	o.tools = strings.Split(*tools, ",")
	return o, o.choose(names)
}

// choose picks the rows by name, in the order of the table.
func (o *options) choose(names []string) error {
	if len(names) == 0 {
		return errors.New("name the rows to measure, or all; --help lists them")
	}
	for _, r := range rows() {
		i := slices.IndexFunc(names, func(name string) bool { return strings.EqualFold(name, r.name) })
		if i >= 0 {
			names = slices.Delete(names, i, i+1)
		} else if !slices.Contains(names, "all") {
			continue
		}
		if o.loss >= 0 {
			r.loss = o.loss
		}
		if o.delay >= 0 {
			r.delay = o.delay
		}
		r.contenders = slices.DeleteFunc(r.contenders, func(c contender) bool {
			return c.name != sekisho && !slices.Contains(o.tools, c.name)
		})
		o.rows = append(o.rows, r)
	}
	for _, r := range webRows() {
		i := slices.IndexFunc(names, func(name string) bool { return strings.EqualFold(name, r.name) })
		if i >= 0 {
			names = slices.Delete(names, i, i+1)
		} else if !slices.Contains(names, "all") {
			continue
		}
		o.web = append(o.web, r)
	}
	names = slices.DeleteFunc(names, func(name string) bool { return name == "all" })
	if len(names) > 0 {
		return fmt.Errorf("no row %s; --help lists them", strings.Join(names, ", "))
	}
	return nil
}

func run() int {
	o, err := parseOptions(os.Args[1:])
	if errors.Is(err, flag.ErrHelp) {
		return 0
	}
	if err == nil && (o.sekisho == "" || o.dir == "") {
		err = errors.New("start it with ./bench/run")
	}
	if err == nil {
		err = prove() // before anything is built
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		return 2
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var results []result
	all := true
	for _, r := range o.rows {
		more, err := o.row(ctx, r)
		if err != nil {
			fmt.Fprintln(os.Stderr, "bench:", err)
			return 2
		}
		results = append(results, more...)
		for _, res := range more {
			_, met := res.verdict()
			all = all && met
		}
	}
	if len(results) > 0 {
		printTable(os.Stdout, machine(o), results, o.markdown)
	}
	var served []webResult
	for _, r := range o.web {
		more, err := o.webRow(ctx, r)
		if err != nil {
			fmt.Fprintln(os.Stderr, "bench:", err)
			return 2
		}
		served = append(served, more...)
		for _, res := range more {
			all = all && len(res.faults()) == 0
		}
	}
	if len(served) > 0 {
		if len(results) == 0 {
			fmt.Println(strings.Join(machine(o), "\n"))
		}
		printWeb(os.Stdout, served, o.markdown)
	}
	if !all {
		return 1
	}
	return 0
}

// row measures a row in each family. The scanners take turns, and who begins
// changes from run to run.
func (o *options) row(ctx context.Context, r row) ([]result, error) {
	s, err := raiseStage(r, o.seed, o.dir)
	if err != nil {
		return nil, fmt.Errorf("row %s: %w", r.name, err)
	}
	defer s.close()
	var results []result
	for _, v6 := range o.families {
		res := result{row: r, v6: v6, truth: len(s.scenery.truth(v6)), samples: make([][]sample, len(r.contenders))}
		for _, c := range r.contenders {
			res.lines = append(res.lines, command(r, c, s.network, s.targetMAC, v6))
		}
		one := func(run, i int) error {
			m := o.measure(ctx, s, r, r.contenders[i], v6)
			if ctx.Err() != nil {
				return errors.New("interrupted")
			}
			res.samples[i] = append(res.samples[i], m)
			progress(res, run, r.contenders[i], m)
			return nil
		}
		for n := range o.runs {
			for k := range r.contenders {
				if err := one(n, (n+k)%len(r.contenders)); err != nil {
					return nil, err
				}
			}
		}
		for n := o.runs; n < o.own(r); n++ {
			if err := one(n, 0); err != nil {
				return nil, err
			}
		}
		results = append(results, res)
	}
	return results, nil
}

// own is how often sekisho runs.
func (o *options) own(r row) int {
	if o.ownRuns > 0 {
		return o.ownRuns
	}
	if o.runs >= 5 {
		return r.ownRuns
	}
	return 0
}

func progress(r result, run int, c contender, m sample) {
	family := 4
	if r.v6 {
		family = 6
	}
	fmt.Fprintf(os.Stderr, "%s v%d run %d %-8s %8.3fs cpu %.3fs %5.1f MiB %8d packets in %.2fs, missed %d, false %d",
		r.name, family, run+1, c.name, m.wall.Seconds(), m.cpu.Seconds(), float64(m.rss)/1024, m.packets, m.sending.Seconds(), len(m.missed), len(m.invented))
	if m.err != nil {
		fmt.Fprint(os.Stderr, ", failed: ", m.err)
	}
	fmt.Fprintln(os.Stderr)
}

// machine says where and with what was measured.
func machine(o options) []string {
	var name syscall.Utsname
	syscall.Uname(&name)
	var release []byte
	for _, c := range name.Release {
		if c == 0 {
			break
		}
		release = append(release, byte(c))
	}
	cpu := "unknown CPU"
	if info, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		for line := range strings.Lines(string(info)) {
			if key, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(key) == "model name" {
				cpu = strings.TrimSpace(value)
				break
			}
		}
	}
	var files syscall.Rlimit
	syscall.Getrlimit(syscall.RLIMIT_NOFILE, &files)
	version := func(name string, args ...string) string {
		out, _ := exec.Command(name, args...).Output() // masscan ends with 1 when asked for its version
		text, _, _ := strings.Cut(strings.TrimSpace(string(out)), "\n")
		text, _, _ = strings.Cut(text, " (")
		return text
	}
	own := version(o.sekisho, "version")
	if revision := os.Getenv("BENCH_REVISION"); revision != "" {
		own += " (" + revision + ")"
	}
	return []string{
		fmt.Sprintf("%s, %d cores, Linux %s, at most %d open files", cpu, runtime.NumCPU(), release, files.Max),
		strings.Join([]string{
			own, runtime.Version(),
			version("nmap", "--version"), version("masscan", "--version"),
		}, "; "),
		fmt.Sprintf("seed %d, %s", o.seed, time.Now().UTC().Format(time.DateOnly)),
	}
}
