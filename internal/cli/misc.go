package cli

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"

	"sekisho/internal/lang"
	"sekisho/internal/output"
)

// release is the version of the source; a build from a tagged module says its
// own.
const release = "0.1.0"

func version() string {
	if info, ok := debug.ReadBuildInfo(); ok && strings.HasPrefix(info.Main.Version, "v") {
		return strings.TrimPrefix(info.Main.Version, "v")
	}
	return release
}

func versionLine() string {
	return fmt.Sprintf("sekisho %s (%s, %s/%s)", version(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
}

// width is how many columns a text may take: the terminal's, else COLUMNS,
// else 80.
func (a *app) width() int {
	if width, is := terminal(a.out); is && a.toStdout() {
		return width
	}
	if n, err := strconv.Atoi(a.getenv("COLUMNS")); err == nil && n >= minWidth && n <= maxWidth {
		return n
	}
	return defaultWidth
}

// The widths that COLUMNS may ask for.
const minWidth, maxWidth = 20, 1000

func (a *app) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: a.say.Say("help.version"),
		Args:  a.noArguments,
		RunE: func(*cobra.Command, []string) error {
			return a.deliver(func(w *bufio.Writer) error {
				if a.common.format == "json" || a.common.format == "jsonl" {
					return json.NewEncoder(w).Encode(map[string]string{
						"version": version(), "go": runtime.Version(), "os": runtime.GOOS, "arch": runtime.GOARCH,
					})
				}
				_, err := w.WriteString(versionLine() + "\n")
				return err
			})
		},
	}
}

// schemaCommand prints the JSON Schema of a document, or the names of all.
func (a *app) schemaCommand() *cobra.Command {
	return &cobra.Command{
		Use:       "schema [NAME]",
		Short:     a.say.Say("help.schema"),
		ValidArgs: output.Schemas(),
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) > 1 {
				return a.noArguments(nil, args[1:])
			}
			text := []byte(strings.Join(output.Schemas(), "\n") + "\n")
			if len(args) == 1 {
				var err error
				if text, err = output.Schema(args[0]); err != nil {
					return a.fail(exitUsage, "cli.no-schema", "Name", quoted(args[0]), "Words", strings.Join(output.Schemas(), ", "))
				}
			}
			return a.deliver(func(w *bufio.Writer) error {
				_, err := w.Write(text)
				return err
			})
		},
	}
}

var portComma = regexp.MustCompile(`([0-9]),`)

// manCommand prints the manual page, in troff, of the program or one command.
func (a *app) manCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "man [COMMAND]",
		Short:   a.say.Say("help.man"),
		Example: "  sekisho man | man -l -\n  sekisho man scan > sekisho-scan.1",
		RunE: func(cmd *cobra.Command, args []string) error {
			page, rest, err := cmd.Root().Find(args)
			if err != nil || len(rest) > 0 {
				return a.unknownCommand(cmd.Root(), strings.Join(args, " "))
			}
			page.DisableAutoGenTag = true
			return a.deliver(func(w *bufio.Writer) error {
				var b bytes.Buffer
				if err := doc.GenMan(page, &doc.GenManHeader{Section: "1", Source: "sekisho " + version()}, &b); err != nil {
					return err
				}
				// A list of ports has no blank at which a line could end, and no word of
				// a narrow page is to be stretched.
				text := portComma.ReplaceAll(b.Bytes(), []byte(`$1,\:`))
				_, err := w.Write(bytes.Replace(text, []byte(".nh\n"), []byte(".nh\n.ad l\n"), 1))
				return err
			})
		},
	}
}

// translateCompletion puts cobra's own command for shell completion into the
// language of the run.
func (a *app) translateCompletion(root *cobra.Command) {
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd()
	for _, c := range root.Commands() {
		switch c.Name() {
		case "completion":
			c.Short = a.say.Say("help.completion")
			c.Long = a.say.Say("help.completion-long")
			c.Args = cobra.ArbitraryArgs
			c.RunE = func(cmd *cobra.Command, args []string) error {
				if len(args) > 0 {
					return a.oneOf("completion", args[0], []string{"bash", "zsh", "fish", "powershell"})
				}
				return cmd.Help()
			}
		case "help":
			c.Short = a.say.Say("help.help")
		}
	}
	for _, c := range append(root.Commands(), root) {
		c.DisableFlagsInUseLine = true
	}
	_ = root.RegisterFlagCompletionFunc("format", func(cmd *cobra.Command, _ []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
		return formatsOf(cmd), cobra.ShellCompDirectiveNoFileComp
	})
	words := map[string][]string{"lang": langWords, "color": colorWords, "show": showWords}
	for flag, list := range words {
		_ = root.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(list, cobra.ShellCompDirectiveNoFileComp))
	}
}

// usageTemplate is cobra's, with its headings in the language of the run.
func usageTemplate(say *lang.Printer) string {
	return say.Say("help.usage") + `{{if .Runnable}}
  {{.UseLine}}{{end}}{{if .HasAvailableSubCommands}}
  {{.CommandPath}} ` + say.Say("help.command-word") + `{{end}}{{if .HasExample}}

` + say.Say("help.examples") + `
{{.Example}}{{end}}{{if .HasAvailableSubCommands}}

` + say.Say("help.commands") + `{{range .Commands}}{{if .IsAvailableCommand}}
  {{rpad .Name .NamePadding}} {{.Short}}{{end}}{{end}}{{end}}{{if .HasAvailableLocalFlags}}

` + say.Say("help.flags") + `
{{.LocalFlags.FlagUsages | trimTrailingWhitespaces}}{{end}}{{if .HasAvailableInheritedFlags}}

` + say.Say("help.global-flags") + `
{{.InheritedFlags.FlagUsages | trimTrailingWhitespaces}}{{end}}
`
}
