package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// misused says what is wrong with a command line, in the person's language.
// An error that is none of the known kinds is shown as it is.
func (a *app) misused(err error) *failure {
	var (
		unknown *pflag.NotExistError
		missing *pflag.ValueRequiredError
		invalid *pflag.InvalidValueError
		syntax  *pflag.InvalidSyntaxError
	)
	line := oneLine(err.Error())
	switch {
	case errors.As(err, &unknown):
		dashes := "--"
		if unknown.GetSpecifiedShortnames() != "" {
			dashes = "-"
		}
		line = a.say.Say("cli.unknown-flag", "Flag", dashes+unknown.GetSpecifiedName())
	case errors.As(err, &missing):
		line = a.say.Say("cli.flag-needs-value", "Flag", missing.GetFlag().Name)
	case errors.As(err, &invalid):
		return a.badValue(invalid.GetFlag(), "--"+invalid.GetFlag().Name, invalid.GetValue())
	case errors.As(err, &syntax):
		line = a.say.Say("cli.unknown-flag", "Flag", syntax.GetSpecifiedFlag())
	}
	return &failure{code: exitUsage, line: line}
}

// badValue says that a flag cannot have a value, wherever that came from.
func (a *app) badValue(f *pflag.Flag, where, value string) *failure {
	if f.Value.Type() == "duration" {
		return &failure{code: exitUsage, line: a.say.Say("cli.bad-duration", "Where", where, "Value", value, "Flag", f.Name)}
	}
	return &failure{code: exitUsage, line: a.say.Say("cli.bad-setting", "Where", where, "Value", value, "Flag", f.Name)}
}

// coming are the commands that a later version brings and that texts name.
var coming = []string{"agent"}

// unknownCommand names the command that was perhaps meant.
func (a *app) unknownCommand(cmd *cobra.Command, name string) error {
	if slices.Contains(coming, name) {
		return a.fail(exitUsage, "cli.coming-command", "Name", name, "Version", version())
	}
	root := cmd.Root()
	root.SuggestionsMinimumDistance = 2
	if near := root.SuggestionsFor(name); len(near) > 0 {
		return a.fail(exitUsage, "cli.unknown-command-near", "Name", quoted(name), "Near", strings.Join(near, ", "))
	}
	return a.fail(exitUsage, "cli.unknown-command", "Name", quoted(name))
}

// noArguments refuses arguments for a command that takes none.
func (a *app) noArguments(_ *cobra.Command, args []string) error {
	if len(args) > 0 {
		return a.fail(exitUsage, "cli.no-arguments", "Name", quoted(args[0]))
	}
	return nil
}

// reason is the bare cause of a failed file operation: the line that quotes it
// names the path already.
func reason(err error) string {
	var (
		path  *os.PathError
		link  *os.LinkError
		errno syscall.Errno
	)
	switch {
	case errors.As(err, &path):
		return path.Err.Error()
	case errors.As(err, &link):
		return link.Err.Error()
	case errors.As(err, &errno):
		return errno.Error()
	}
	return oneLine(err.Error())
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

func quoted(s string) string { return fmt.Sprintf("%q", s) }

// readBounded reads a file that must not be larger than limit.
func readBounded(path string, limit int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err == nil && int64(len(b)) > limit {
		err = fmt.Errorf("larger than %d bytes", limit)
	}
	return b, err
}
