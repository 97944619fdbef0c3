package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"sekisho/internal/exposure"
	"sekisho/internal/output"
	"sekisho/internal/portqry"
)

// isPortQry reports whether the program was called by PortQry's name.
func isPortQry(path string) bool {
	name := strings.ToLower(path[strings.LastIndexAny(path, `/\`)+1:])
	return strings.TrimSuffix(name, ".exe") == "portqry"
}

// queryCommand speaks PortQry's command line, which is none of cobra's.
func (a *app) queryCommand() *cobra.Command {
	return &cobra.Command{
		Use:                "query -n NAME [OPTION…]",
		Short:              a.say.Say("help.query"),
		Long:               a.say.Say("help.query-long"),
		Example:            "  sekisho query -n 192.168.1.10 -e 389 -p both\n  sekisho query -n server.example -o 25,110,143 -l mail.txt -y\n  sekisho query -n dc.example -set ad --follow-epm\n  sekisho query -i\n  sekisho query -local -v",
		DisableFlagParsing: true,
		// The flags of the other commands mean something else here.
		PersistentPreRunE: func(*cobra.Command, []string) error { return nil },
		RunE:              func(cmd *cobra.Command, args []string) error { return a.runQuery(cmd.Context(), args) },
	}
}

// manyPorts is up to how many ports of a stranger are asked without consent.
const manyPorts = 16

func (a *app) runQuery(ctx context.Context, args []string) error {
	if len(args) == 0 {
		args = []string{"-?"}
	}
	c, err := portqry.Parse(args)
	var wrong *portqry.Error
	switch {
	case errors.As(err, &wrong):
		return &failure{code: portqry.Wrong, line: wrong.Text}
	case err != nil:
		return err
	case c.Help:
		_, err := io.WriteString(a.out, portqry.Help)
		return a.printed(err)
	}
	q := &querying{app: a, command: c, services: servicesFile(), started: now()}
	if !c.OnLocal() {
		if q.machine, err = a.machine(); err != nil {
			return err
		}
	}
	q.out = screen{q}
	if c.Log != "" {
		file, err := a.queryLog(c)
		if err != nil {
			return err
		}
		defer file.Close()
		q.log = portqry.NewLog(file, c, strings.ToUpper(hostname()), time.Now())
		q.out = io.MultiWriter(q.out, q.log)
	}
	code, err := q.run(ctx)
	if q.log != nil {
		if failed := q.log.Close(); failed != nil {
			return a.fail(portqry.Wrong, "query.log-unwritten", "Path", c.Log, "Error", reason(failed))
		}
	}
	var f *failure
	switch {
	case errors.As(err, &f), errors.Is(err, context.Canceled):
		return err
	case errors.Is(err, syscall.EPIPE):
		return a.fail(portqry.Wrong, "query.stdout-closed")
	case err != nil:
		return a.printed(err)
	case code != 0:
		return exit(code)
	}
	return nil
}

// run carries the command line out and returns the exit code.
func (q *querying) run(ctx context.Context) (int, error) {
	if q.command.OnLocal() {
		return 0, q.local(ctx)
	}
	eyes := portqry.Eyes{
		Lookup: q.lookup, Name: q.name, Allowed: q.allowed, Ahead: q.ahead, State: q.state, Service: q.service, Speak: portqry.Speak,
	}
	if q.command.Interactive && q.interactive() {
		q.typing = true
		typed := io.Writer(io.Discard)
		if q.log != nil {
			typed = q.log
		}
		return portqry.Interactive(ctx, q.command, eyes, q.app.in, q.out, typed)
	}
	found, err := portqry.Query(ctx, q.command, eyes, q.out)
	if q.command.Quiet {
		q.quietly(found)
	}
	if q.command.JSON {
		if failed := output.Query(q.app.out, q.document(found)); failed != nil {
			return portqry.Wrong, failed
		}
	}
	return found.ExitCode, err
}

// quietly says the errors of a query that prints nothing else.
func (q *querying) quietly(found exposure.QueryDocument) {
	if found.ExitCode == portqry.Unresolved {
		fmt.Fprintln(q.app.err, portqry.Unresolvable)
	}
	for _, p := range found.Ports {
		if p.Error != "" {
			fmt.Fprintln(q.app.err, p.Error)
		}
	}
}

// document completes what was found with what this run knows.
func (q *querying) document(d exposure.QueryDocument) exposure.QueryDocument {
	d.Schema, d.Version, d.StartedAt, d.FinishedAt, d.Command = exposure.QuerySchema, version(), q.started, now(), q.command.Line
	return d
}

// interactive reports whether -i opens the interactive mode: on a terminal, or
// when no port was named. Elsewhere it is the option of version 1 that many
// scripts still have.
func (q *querying) interactive() bool {
	a := q.app
	_, is := terminal(a.in)
	if q.command.Node == "" || q.command.Ports == nil {
		return true
	}
	if !is {
		q.command.NoReverse = true
		fmt.Fprintln(a.err, a.say.Say("query.version-1"))
		return false
	}
	fmt.Fprintln(a.err, a.say.Say("query.version-1-terminal"))
	return true
}

// queryLog opens the log file. One that is there is overwritten when -y or -q
// says so or the person at the terminal does.
func (a *app) queryLog(c portqry.Command) (*os.File, error) {
	path := filepath.Clean(c.Log)
	if _, err := os.Stat(path); err == nil && !c.Overwrite && !c.Quiet {
		if _, is := terminal(a.in); !is {
			return nil, a.fail(portqry.Wrong, "query.log-there", "Path", path)
		}
		fmt.Fprint(a.err, a.say.Say("query.overwrite", "Path", path), " ")
		answer := make([]byte, 16)
		n, err := a.in.Read(answer)
		if err != nil || !strings.HasPrefix(strings.ToLower(strings.TrimSpace(string(answer[:n]))), "y") {
			return nil, a.fail(portqry.Wrong, "query.log-there", "Path", path)
		}
	}
	file, err := os.Create(path)
	if err != nil {
		return nil, a.fail(portqry.Wrong, "query.log-unwritten", "Path", path, "Error", reason(err))
	}
	return file, nil
}
