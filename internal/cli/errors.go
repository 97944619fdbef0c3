package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
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
		line = a.say.Say("cli.bad-setting", "Where", "--"+invalid.GetFlag().Name, "Value", invalid.GetValue(), "Flag", invalid.GetFlag().Name)
	case errors.As(err, &syntax):
		line = a.say.Say("cli.unknown-flag", "Flag", syntax.GetSpecifiedFlag())
	}
	return &failure{code: exitUsage, line: line}
}

// unknownCommand names the command that was perhaps meant.
func (a *app) unknownCommand(cmd *cobra.Command, name string) error {
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
