package cli

import (
	"os"

	"sekisho/internal/fingerprint"
)

// fingerprints reads the folder of --fingerprints; without the flag there are
// none. It is done before the first packet: an unreadable file ends the run.
func (a *app) fingerprints(folder string) (*fingerprint.Matcher, error) {
	if folder == "" {
		return nil, nil
	}
	if _, err := os.Stat(folder); err != nil {
		return nil, a.fail(exitUsage, "cli.fingerprints-unread", "Path", quoted(folder), "Error", reason(err))
	}
	m, err := fingerprint.Load(os.DirFS(folder))
	if err != nil {
		return nil, a.fail(exitUsage, "cli.fingerprints-unread", "Path", quoted(folder), "Error", oneLine(err.Error()))
	}
	return m, nil
}
