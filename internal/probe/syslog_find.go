package probe

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"

	"sekisho/internal/exposure"
)

// Limits of the search for messages in files.
const (
	syslogMaxFiles = 5000
	syslogMaxTail  = 4 << 20                // of each file, its end
	syslogPatience = 10 * time.Second       // a server writes at once or within some seconds
	syslogTogether = 3 * time.Second        // the first message and the last one
	syslogPause    = 200 * time.Millisecond // between two looks
)

// syslogFind looks on this machine for the file in which each message landed.
// Only files that have changed since the messages were sent are read.
func syslogFind(ctx context.Context, s *Session, t *Trial, svc exposure.Service, messages []syslogMessage, dir string, since time.Time) (exposure.Service, error) {
	left := map[string]syslogMessage{}
	for _, m := range messages {
		left[m.mark] = m
	}
	found := map[string][]string{}
	end := time.Now().Add(syslogPatience)
	if deadline, ok := ctx.Deadline(); ok && deadline.Add(-time.Second).Before(end) {
		end = deadline.Add(-time.Second)
	}
	looks := 0
	for ; len(left) > 0 && (looks == 0 || time.Now().Before(end)) && ctx.Err() == nil; looks++ {
		before := len(left)
		if err := syslogLook(dir, since, left, found); err != nil {
			return svc, s.fail("find-in "+dir, err)
		}
		if len(left) == 0 {
			break
		}
		if soon := time.Now().Add(syslogTogether); len(left) < before && soon.Before(end) {
			end = soon
		}
		select {
		case <-ctx.Done():
		case <-time.After(syslogPause):
		}
	}
	// A message may stand in several files: those that were not looked at when
	// the last one was found are looked at once more.
	all := map[string]syslogMessage{}
	for _, m := range messages {
		all[m.mark] = m
	}
	if err := syslogLook(dir, since, all, found); err != nil {
		return svc, s.fail("find-in "+dir, err)
	}
	var lost []string
	for _, m := range messages {
		step := exposure.Step{ID: "syslog-found", Asked: m.name() + " " + m.mark, Result: exposure.StepOK}
		files := found[m.mark]
		slices.Sort(files)
		files = slices.Compact(files)
		if len(files) == 0 {
			step.Result, step.Why = exposure.StepFailed, "syslog-not-found"
			lost = append(lost, m.name())
		} else {
			step.Facts = exposure.Facts{"files": texts(files, 16)}
		}
		t.Step(step)
	}
	svc.Facts["kept"] = len(messages) - len(lost)
	if len(lost) > 0 {
		svc.Facts["lost"] = texts(lost, len(lost))
	}
	if len(lost) < len(messages) {
		svc.Protocol, svc.Confidence = syslogName, exposure.Confirmed
		return svc, nil
	}
	return svc, s.fail("find-in "+dir, fmt.Errorf("none of the messages is in a file that changed since, after %v", time.Since(since).Round(time.Second)))
}

// syslogLook reads every file below dir that changed and notes the marks in it.
// What is found leaves left.
func syslogLook(dir string, since time.Time, left map[string]syslogMessage, found map[string][]string) error {
	marks := slices.Sorted(maps.Keys(left))
	files := 0
	// Changed at the same moment counts: clocks of file systems are coarse.
	since = since.Add(-2 * time.Second)
	return filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			if path == dir {
				return err
			}
			return nil // a folder that this user may not read
		}
		info, err := d.Info()
		if err != nil || !d.Type().IsRegular() || info.ModTime().Before(since) {
			return nil
		}
		if files++; files > syslogMaxFiles {
			return fmt.Errorf("holds more than %d files that have changed", syslogMaxFiles)
		}
		b, err := syslogTail(path, info.Size())
		if err != nil {
			return nil // it may be gone, or another's
		}
		for _, mark := range marks {
			if bytes.Contains(b, []byte(mark)) {
				found[mark] = append(found[mark], path)
				delete(left, mark)
			}
		}
		return nil
	})
}

// syslogTail is the end of a file.
func syslogTail(path string, size int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if _, err := f.Seek(max(0, size-syslogMaxTail), io.SeekStart); err != nil {
		return nil, err
	}
	return io.ReadAll(io.LimitReader(f, 2*syslogMaxTail))
}
