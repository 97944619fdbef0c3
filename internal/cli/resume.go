package cli

import (
	"errors"
	"os"

	"github.com/spf13/pflag"

	"sekisho/internal/lang"
	"sekisho/internal/scan"
)

// partFlags say which part of a scan a run does: that of a shard, and what
// earlier runs have left.
type partFlags struct{ shard, resume string }

func (p *partFlags) register(f *pflag.FlagSet, say *lang.Printer) {
	f.StringVar(&p.shard, "shard", "", say.Say("flag.shard"))
	f.StringVar(&p.resume, "resume", "", say.Say("flag.resume"))
}

// parse reads --shard. Without it the shard is the whole.
func (p *partFlags) parse(a *app) (scan.Shard, error) {
	if p.shard == "" {
		return scan.Shard{}, nil
	}
	s, err := scan.ParseShard(p.shard)
	if err != nil {
		return s, a.fail(exitUsage, "cli.bad-shard", "Shard", quoted(p.shard))
	}
	return s, nil
}

// resumption is the file of --resume while a scan goes on. Without it there is
// none.
type resumption struct {
	file    *os.File
	journal *scan.Journal
}

// resume opens the file of --resume, or begins it, for the requests of all
// jobs. As long as it is open no other process has it.
func (a *app) resume(path string, base scan.Request, jobs []job) (*resumption, error) {
	if path == "" {
		return nil, nil
	}
	file, err := openAlone(path)
	switch {
	case errors.Is(err, errInUse):
		return nil, a.fail(exitUsage, "cli.resume-in-use", "Path", path)
	case err != nil:
		return nil, a.fail(exitUsage, "cli.resume-unopened", "Path", path, "Error", reason(err))
	}
	requests := make([]scan.Request, len(jobs))
	for i, j := range jobs {
		requests[i] = j.request(base)
	}
	journal, requests, err := scan.OpenJournal(file, requests)
	if err == nil {
		for i := range jobs {
			jobs[i].opened = &requests[i]
		}
		return &resumption{file, journal}, nil
	}
	_ = file.Close() // nothing was written that could get lost
	switch {
	case errors.Is(err, scan.ErrOtherScan):
		return nil, a.fail(exitUsage, "cli.resume-other", "Path", path)
	case errors.Is(err, scan.ErrJournalVersion):
		return nil, a.fail(exitUsage, "cli.resume-version", "Path", path)
	case errors.Is(err, scan.ErrNoJournal):
		return nil, a.fail(exitUsage, "cli.resume-foreign", "Path", path)
	}
	return nil, a.fail(exitUsage, "cli.resume-unopened", "Path", path, "Error", reason(err))
}

func (r *resumption) close() error {
	if r == nil {
		return nil
	}
	return r.file.Close()
}

// finish closes the file. What could not be written down is no loss for the
// result, but for a later run; where there is to be one, it is told how.
func (r *resumption) finish(a *app, complete bool) error {
	if r == nil {
		return nil
	}
	path := r.file.Name()
	if err := errors.Join(r.journal.Err(), r.file.Sync(), r.file.Close()); err != nil {
		return a.fail(exitUnseen, "cli.resume-unwritten", "Path", path, "Error", reason(err))
	}
	if !complete {
		a.note("cli.resume-later", "Path", path)
	}
	return nil
}

// errInUse is why a file cannot be had alone.
var errInUse = errors.New("in use by another process")

// resumeMode is that of a new file: it tells where machines are open.
const resumeMode = 0o600

// regular refuses what is no file that can be cut.
func regular(f *os.File) error {
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = errors.New("not a regular file")
	}
	return err
}
