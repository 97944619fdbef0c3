// Package cli is the command line: one file a command. It reads flags,
// environment and configuration, wires the rooms together and turns their
// errors into one clear line and an exit code. It decides nothing about ports.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"sekisho/internal/lang"
	"sekisho/internal/rollback"
)

// The exit codes of the contract.
const (
	exitDone        = 0   // nothing against the policy
	exitFail        = 1   // a fail verdict, or a finding at or above --fail-on
	exitUsage       = 2   // wrong usage or configuration, or nowhere to write
	exitUnseen      = 3   // something could not be seen
	exitInterrupted = 130 // what was seen so far is printed, marked partial
)

// failure ends a command with one line for the person and an exit code.
type failure struct {
	code int
	line string // whole and translated
	mark string // lines below it that show where in the input, empty for none
}

func (f *failure) Error() string { return f.line }

// exit ends a command whose results are printed and need no further line.
type exit int

func (e exit) Error() string { return fmt.Sprintf("exit %d", int(e)) }

// app is one run of the program.
type app struct {
	in       io.Reader
	out, err io.Writer
	getenv   func(string) string
	tag      lang.Tag
	say      *lang.Printer
	common   common
}

// Main runs the program and returns its exit code. Args holds the name of the
// program first.
func Main(args []string, in io.Reader, out, errs io.Writer) int {
	// A reader of our output that closes early must not kill us without a word:
	// the write returns EPIPE instead, and that has a line of its own.
	signal.Ignore(syscall.SIGPIPE)

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	// The first interrupt asks for what was seen so far, the second one ends
	// the program at once.
	context.AfterFunc(ctx, stop)

	// Libraries print there what peers made them, such as frames of HTTP/2 that
	// nobody expects. What is to be said comes back as an error.
	log.SetOutput(io.Discard)

	a := &app{in: in, out: out, err: errs, getenv: os.Getenv}
	a.speak(earlyLanguage(args[1:], a.getenv))
	if args[0] == rollback.GuardName {
		return a.guard()
	}
	root := a.root()
	root.SetArgs(args[1:])
	if isPortQry(args[0]) {
		root.SetArgs(append([]string{"query"}, args[1:]...))
	}
	return a.finish(root.ExecuteContext(ctx))
}

// finish turns what a command ended in into a line and an exit code.
func (a *app) finish(err error) int {
	var (
		f *failure
		e exit
	)
	switch {
	case err == nil:
		return exitDone
	case errors.As(err, &e):
		return int(e)
	case errors.As(err, &f):
	case errors.Is(err, context.Canceled):
		f = &failure{code: exitInterrupted, line: a.say.Say("cli.interrupted")}
	default:
		f = a.misused(err)
	}
	fmt.Fprintln(a.err, a.say.Say("cli.error", "Error", f.line))
	if f.mark != "" {
		fmt.Fprintln(a.err, f.mark)
	}
	return f.code
}

// speak sets the language of everything that is said from now on.
func (a *app) speak(t lang.Tag) {
	a.tag = t
	a.say = lang.For(t)
}

// fail is a failure with a message of the catalogue.
func (a *app) fail(code int, id string, pairs ...any) error {
	return &failure{code: code, line: a.say.Say(id, pairs...)}
}

// note says one line beside the results, unless -q asked for silence.
func (a *app) note(id string, pairs ...any) {
	if !a.common.quiet {
		fmt.Fprintln(a.err, a.say.Say(id, pairs...))
	}
}

// detail says one line beside the results to who asked for more with -v.
func (a *app) detail(id string, pairs ...any) {
	if a.common.verbose {
		fmt.Fprintln(a.err, a.say.Say(id, pairs...))
	}
}

// root makes the command tree. It is made anew for each run, in the language
// of that run.
func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:           "sekisho",
		Short:         a.say.Say("help.root"),
		Long:          a.say.Say("help.root-long"),
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return a.unknownCommand(cmd, args[0])
			}
			return cmd.Help()
		},
	}
	root.SetIn(a.in)
	root.SetOut(a.out)
	root.SetErr(a.err)
	root.Version = version()
	root.SetVersionTemplate(versionLine() + "\n")
	root.SetUsageTemplate(usageTemplate(a.say))
	root.SetHelpTemplate("{{with (or .Long .Short)}}{{. | trimTrailingWhitespaces}}\n\n{{end}}{{.UsageString}}")
	root.PersistentFlags().BoolP("help", "h", false, a.say.Say("flag.help"))
	root.Flags().Bool("version", false, a.say.Say("help.version"))
	a.common.register(root.PersistentFlags(), a.say)
	root.PersistentPreRunE = func(cmd *cobra.Command, _ []string) error { return a.configure(cmd) }
	root.AddCommand(a.checkCommand(), a.scanCommand(), a.testCommand(), a.queryCommand(), a.connectCommand(), a.servicesCommand(), a.diagnoseCommand(), a.localCommand(), a.firewallCommand(), a.policyCommand(), a.diffCommand(), a.receiveCommand(), a.serveCommand(), a.versionCommand(), a.schemaCommand(), a.manCommand())
	a.translateCompletion(root)
	return root
}

// bounded is ctx with the time limit of --timeout, if there is one.
func (a *app) bounded(ctx context.Context) (context.Context, context.CancelFunc) {
	if a.common.timeout <= 0 {
		return ctx, func() {}
	}
	return context.WithTimeout(ctx, a.common.timeout)
}

// terminal reports whether a stream is a terminal, and how wide it is.
func terminal(stream any) (width int, is bool) {
	file, ok := stream.(*os.File)
	if !ok || !term.IsTerminal(int(file.Fd())) {
		return 0, false
	}
	width, _, err := term.GetSize(int(file.Fd()))
	if err != nil || width <= 0 {
		width = defaultWidth
	}
	return width, true
}

const defaultWidth = 80

// now is the clock of the program, to the millisecond: finer times only make
// reports differ.
func now() time.Time { return time.Now().UTC().Truncate(time.Millisecond) }
