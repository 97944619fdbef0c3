package cli

import (
	"bufio"
	"errors"
	"io"
	"os"
	"path/filepath"
	"syscall"
)

// deliver writes a result to standard output or, with -o, to a file that is
// there whole or not at all.
func (a *app) deliver(write func(*bufio.Writer) error) error {
	if a.toStdout() {
		if file, ok := a.out.(*os.File); ok && closedOutput(file) {
			a.note("cli.stdout-nowhere")
		}
		return a.printed(buffered(a.out, write))
	}
	if err := writeWhole(a.common.output, write); err != nil {
		return a.fail(exitUsage, "cli.unwritten", "Path", a.common.output, "Error", reason(err))
	}
	return nil
}

// toStdout reports whether results go to standard output, under whatever name.
func (a *app) toStdout() bool {
	switch a.common.output {
	case "", "-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1":
		return true
	}
	return false
}

// writable finds out whether -o can be written before long work begins.
func (a *app) writable() error {
	path := a.common.output
	if a.toStdout() {
		return nil
	}
	info, err := os.Stat(path)
	if err == nil && info.IsDir() {
		err = syscall.EISDIR
	} else if err != nil || info.Mode().IsRegular() {
		var f *os.File
		if f, err = os.CreateTemp(filepath.Dir(path), temporary); err == nil {
			err = errors.Join(f.Close(), os.Remove(f.Name()))
		}
	}
	if err != nil {
		return a.fail(exitUsage, "cli.unwritten", "Path", path, "Error", reason(err))
	}
	return nil
}

// temporary is the pattern of the file that becomes the result.
const temporary = ".sekisho-*"

// printed turns an error of standard output into its line.
func (a *app) printed(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, syscall.EPIPE):
		return a.fail(exitUsage, "cli.stdout-closed")
	}
	return a.fail(exitUsage, "cli.stdout-unwritten", "Error", reason(err))
}

func buffered(w io.Writer, write func(*bufio.Writer) error) error {
	b := bufio.NewWriterSize(w, 64<<10)
	if err := write(b); err != nil {
		return err
	}
	return b.Flush()
}

// writeWhole writes beside the file and renames, so that a full disk or a kill
// leaves what was there before. A device or pipe cannot be renamed onto and is
// written straight.
func writeWhole(path string, write func(*bufio.Writer) error) (err error) {
	mode := os.FileMode(0o600) // a report tells where a machine is open
	if info, err := os.Stat(path); err == nil {
		if info.IsDir() {
			return syscall.EISDIR
		}
		if !info.Mode().IsRegular() {
			return writeInto(path, write)
		}
		mode = info.Mode().Perm()
		// Through a symbolic link the file is replaced, not the link.
		if path, err = filepath.EvalSymlinks(path); err != nil {
			return err
		}
	}
	f, err := os.CreateTemp(filepath.Dir(path), temporary)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			// The first error is the one to tell; the rest is tidying.
			_ = f.Close()
			_ = os.Remove(f.Name())
		}
	}()
	if err := f.Chmod(mode); err != nil {
		return err
	}
	if err := buffered(f, write); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

func writeInto(path string, write func(*bufio.Writer) error) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	if err := buffered(f, write); err != nil {
		_ = f.Close()
		return err
	}
	return f.Close()
}
