package cli

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"go.yaml.in/yaml/v4"

	"sekisho/internal/lang"
	"sekisho/internal/output"
)

// common holds the flags that mean the same everywhere.
type common struct {
	format, output, lang, color, config, show string
	redact, quiet, verbose                    bool
	timeout                                   time.Duration
}

// The values of flags that are one of a few words.
var (
	colorWords = []string{"auto", "always", "never"}
	showWords  = []string{"open", "interesting", "all"}
	langWords  = []string{string(lang.English), string(lang.Japanese)}
)

func (c *common) register(f *pflag.FlagSet, say *lang.Printer) {
	f.StringVarP(&c.format, "format", "f", "text", say.Say("flag.format"))
	f.StringVarP(&c.output, "output", "o", "", say.Say("flag.output"))
	f.BoolVar(&c.redact, "redact", false, say.Say("flag.redact"))
	f.StringVar(&c.lang, "lang", "", say.Say("flag.lang"))
	f.StringVar(&c.color, "color", "auto", say.Say("flag.color"))
	f.BoolVarP(&c.quiet, "quiet", "q", false, say.Say("flag.quiet"))
	f.BoolVarP(&c.verbose, "verbose", "v", false, say.Say("flag.verbose"))
	f.StringVar(&c.config, "config", "", say.Say("flag.config"))
	f.StringVar(&c.show, "show", "interesting", say.Say("flag.show"))
	f.DurationVar(&c.timeout, "timeout", 0, say.Say("flag.timeout"))
}

// earlyLanguage finds the language before flags are parsed, because the texts
// of the flags themselves need it: --lang, SEKISHO_LANG, the locale.
func earlyLanguage(args []string, getenv func(string) string) lang.Tag {
	word := getenv("SEKISHO_LANG")
	for i, arg := range args {
		if arg == "--" {
			break
		}
		if value, ok := strings.CutPrefix(arg, "--lang="); ok {
			word = value
		} else if arg == "--lang" && i+1 < len(args) {
			word = args[i+1]
		}
	}
	if tag, err := lang.Parse(word); err == nil {
		return tag
	}
	return lang.FromEnvironment(getenv)
}

// configure fills flags that the command line left alone from SEKISHO_… and
// then from the configuration file, and checks those that are one of a few
// words.
func (a *app) configure(cmd *cobra.Command) error {
	flags := cmd.Flags()
	var failed error
	fill := func(source func(name string) (value, where string, ok bool)) {
		flags.VisitAll(func(f *pflag.Flag) {
			if f.Changed || failed != nil || f.Name == "help" {
				return
			}
			value, where, ok := source(f.Name)
			if !ok {
				return
			}
			if err := flags.Set(f.Name, value); err != nil {
				failed = a.badValue(f, where, value)
			}
		})
	}
	fill(func(name string) (string, string, bool) {
		key := "SEKISHO_" + strings.ToUpper(strings.ReplaceAll(name, "-", "_"))
		value := a.getenv(key)
		return value, key, value != ""
	})
	if failed != nil {
		return failed
	}
	settings, err := a.settings(cmd)
	if err != nil {
		return err
	}
	fill(func(name string) (string, string, bool) {
		s, ok := settings[name]
		return s.value, s.where, ok
	})
	if failed != nil {
		return failed
	}
	if a.common.lang != "" {
		tag, err := lang.Parse(a.common.lang)
		if err != nil {
			return a.fail(exitUsage, "cli.bad-word", "Flag", "lang", "Value", a.common.lang, "Words", strings.Join(langWords, ", "))
		}
		a.speak(tag)
	}
	if err := a.oneOf("color", a.common.color, colorWords); err != nil {
		return err
	}
	if a.common.timeout < 0 || a.common.timeout == 0 && flags.Changed("timeout") {
		return a.fail(exitUsage, "cli.bad-duration", "Where", "--timeout", "Value", a.common.timeout, "Flag", "timeout")
	}
	if a.common.output == "" && flags.Changed("output") {
		return a.fail(exitUsage, "cli.flag-needs-value", "Flag", "output")
	}
	// The format is checked before anything is asked of anybody.
	if err := a.oneOf("format", a.common.format, formatsOf(cmd)); err != nil {
		return err
	}
	if err := a.oneOf("show", a.common.show, showWords); err != nil {
		return err
	}
	return a.writable()
}

// reporting marks a command whose result is a report or a scan, for which there
// are more formats than for others, and diagnosing one whose result is a
// diagnosis.
var (
	reporting  = map[string]string{"result": "report"}
	diagnosing = map[string]string{"result": "diagnosis"}
)

// formatsOf are the formats that a command can write.
func formatsOf(cmd *cobra.Command) []string {
	switch cmd.Annotations["result"] {
	case "report":
		return output.ReportFormats()
	case "diagnosis":
		return output.DiagnosisFormats()
	}
	return output.Formats()
}

func (a *app) oneOf(flag, value string, words []string) error {
	if slices.Contains(words, value) {
		return nil
	}
	return a.fail(exitUsage, "cli.bad-word", "Flag", flag, "Value", value, "Words", strings.Join(words, ", "))
}

// setting is one value of the configuration file and where it stands.
type setting struct{ value, where string }

// settings reads the configuration file: --config, or sekisho/config.yaml in
// the user's configuration folder if it is there. Its keys are the flags'.
func (a *app) settings(cmd *cobra.Command) (map[string]setting, error) {
	path := a.common.config
	if path == "" {
		dir, err := os.UserConfigDir()
		if err != nil {
			return nil, nil
		}
		path = filepath.Join(dir, "sekisho", "config.yaml")
		// A folder that this user may not look into (sudo to somebody else) holds
		// no configuration of theirs.
		if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) || errors.Is(err, os.ErrPermission) {
			return nil, nil
		}
	}
	b, err := readBounded(path, maxConfig)
	if err != nil {
		return nil, a.fail(exitUsage, "cli.config-unread", "Path", path, "Error", reason(err))
	}
	var document yaml.Node
	if err := yaml.Unmarshal(b, &document); err != nil {
		return nil, a.fail(exitUsage, "cli.config-wrong", "Path", path, "Error", oneLine(err.Error()))
	}
	if len(document.Content) == 0 {
		return nil, nil
	}
	known := map[string]bool{}
	var learn func(c *cobra.Command)
	learn = func(c *cobra.Command) {
		c.Flags().VisitAll(func(f *pflag.Flag) { known[f.Name] = true })
		c.PersistentFlags().VisitAll(func(f *pflag.Flag) { known[f.Name] = true })
		for _, sub := range c.Commands() {
			learn(sub)
		}
	}
	learn(cmd.Root())
	top := document.Content[0]
	if top.Kind != yaml.MappingNode {
		return nil, a.fail(exitUsage, "cli.config-wrong", "Path", path, "Error", a.say.Say("cli.config-no-map"))
	}
	settings := map[string]setting{}
	for i := 0; i+1 < len(top.Content); i += 2 {
		key, value := top.Content[i], top.Content[i+1]
		where := fmt.Sprintf("%s:%d:%d", path, key.Line, key.Column)
		if !known[key.Value] || key.Value == "config" {
			return nil, a.fail(exitUsage, "cli.config-key", "Where", where, "Key", key.Value)
		}
		switch value.Kind {
		case yaml.ScalarNode:
			settings[key.Value] = setting{value.Value, where}
		case yaml.SequenceNode:
			var items []string
			for _, item := range value.Content {
				items = append(items, item.Value)
			}
			settings[key.Value] = setting{strings.Join(items, ","), where}
		default:
			return nil, a.fail(exitUsage, "cli.config-value", "Where", where, "Key", key.Value)
		}
	}
	return settings, nil
}

// maxConfig is the most bytes that a configuration file may have.
const maxConfig = 1 << 20
