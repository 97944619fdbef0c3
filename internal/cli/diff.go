package cli

import (
	"bufio"
	"path/filepath"

	"github.com/spf13/cobra"

	"sekisho/internal/diff"
	"sekisho/internal/exposure"
	"sekisho/internal/output"
)

// diffCommand compares two reports. It looks at nothing and sends nothing.
func (a *app) diffCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "diff OLD NEW",
		Short:   a.say.Say("help.diff"),
		Long:    a.say.Say("help.diff-long"),
		Example: "  sekisho diff yesterday.json today.json\n  sekisho diff nmap.xml today.json -f json",
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) != 2 {
				return a.fail(exitUsage, "cli.diff-two")
			}
			older, err := a.readReport(args[0])
			if err != nil {
				return err
			}
			newer, err := a.readReport(args[1])
			if err != nil {
				return err
			}
			d := exposure.DiffDocument{Schema: exposure.DiffSchema, Version: version(), Old: sideOf(args[0], older), New: sideOf(args[1], newer)}
			d.Differences, d.Uncompared = diff.Compare(older, newer)
			if err := a.deliver(func(w *bufio.Writer) error { return output.Diff(w, d, a.outputOptions()) }); err != nil {
				return err
			}
			if len(d.Differences) > 0 {
				return exit(exitFail)
			}
			return nil
		},
	}
}

func sideOf(path string, r exposure.Report) exposure.DiffSide {
	return exposure.DiffSide{File: filepath.ToSlash(path), Made: r.FinishedAt, Partial: r.Partial}
}

// against compares the report with an accepted one and puts what is new into it.
func (r *checkRun) against(path string, accepted exposure.Report) {
	all, _ := diff.Compare(accepted, r.report)
	r.report.Baseline = &exposure.Baseline{File: filepath.ToSlash(path), Added: diff.Added(all)}
}
