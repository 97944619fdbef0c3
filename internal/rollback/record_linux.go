package rollback

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

// record is a change as it is written down.
type record struct {
	Plan  Plan      `json:"plan"`
	Boot  string    `json:"boot"` // of which start of the machine
	Begun time.Time `json:"begun"`
	// The rules before and after, by program, and the files.
	Before map[string]string `json:"before"`
	After  map[string]string `json:"after,omitempty"`
	Old    map[string][]byte `json:"old,omitempty"`
	New    map[string][]byte `json:"new,omitempty"`
	Ended  *Outcome          `json:"ended,omitempty"` // badly
}

// environment is that of the commands: their own language, and the programs of
// administrators.
func environment() []string {
	return []string{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C", "HOME=/root"}
}

// command is a program with the environment of this room, in a directory that is
// always there.
func command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(name, args...)
	for _, dir := range []string{"/usr/local/sbin", "/usr/sbin", "/sbin", "/usr/bin", "/bin", "/usr/local/bin"} {
		if path := filepath.Join(dir, name); !filepath.IsAbs(name) && executable(path) {
			cmd = exec.Command(path, args...)
			break
		}
	}
	cmd.Env, cmd.Dir = environment(), "/"
	return cmd
}

func executable(path string) bool {
	i, err := os.Stat(path)
	return err == nil && i.Mode().IsRegular() && i.Mode()&0o111 != 0
}

// output runs a command and returns what it wrote; its error says what it said.
func output(cmd *exec.Cmd) (string, error) {
	var out, said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &said
	if err := cmd.Run(); err != nil {
		return "", told(cmd, err, said.String())
	}
	return out.String(), nil
}

// told is the error of a command with the first line that it said.
func told(cmd *exec.Cmd, err error, said string) error {
	line, _, _ := strings.Cut(strings.TrimSpace(said), "\n")
	if line == "" {
		return fmt.Errorf("%s: %w", filepath.Base(cmd.Path), err)
	}
	return fmt.Errorf("%s: %w (%s)", filepath.Base(cmd.Path), err, line)
}

// line runs one line in the shell. The extra files stay open in it.
func line(text string, extra ...*os.File) error {
	cmd := command("sh", "-c", text)
	cmd.ExtraFiles = extra
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Run(); err != nil {
		return told(cmd, err, said.String())
	}
	return nil
}

// Holds reports whether a line of the shell ends well: a question of firewall-cmd.
func Holds(text string) bool { return line(text) == nil }

// readRules reads the rules of programs.
func readRules(programs []string) (map[string]string, error) {
	texts := map[string]string{}
	for _, p := range programs {
		cmd := command(p + "-save")
		if p == nftProgram {
			cmd = command(p, "-a", "list", "ruleset")
		}
		text, err := output(cmd)
		if err != nil {
			return nil, &Error{"read", err}
		}
		texts[p] = text
	}
	return texts, nil
}

// parse makes chains of the texts of programs.
func parse(texts map[string]string) []chain {
	var all []chain
	for program, text := range texts {
		if program == nftProgram {
			all = append(all, parseNFT(text)...)
		} else {
			all = append(all, parseSaved(program, text)...)
		}
	}
	return all
}

// load does the steps of a script in a program.
func load(program, script string) error {
	cmd := command(program+"-restore", "-w", "5", "--noflush")
	if program == nftProgram {
		cmd = command(program, "-f", "-")
	}
	cmd.Stdin = strings.NewReader(script)
	_, err := output(cmd)
	return err
}

// tries is how often the rules are read and put back anew when somebody else
// changes them between the two.
const tries = 3

// putBack takes the change back and nothing else. It is what must not fail.
func (r *record) putBack() (others []string, err error) {
	if err := r.putBackFiles(); err != nil {
		return nil, err
	}
	now, err := readRules(r.Plan.Programs)
	if err != nil {
		return nil, err
	}
	if r.After == nil {
		r.After = now // nobody was there to read them: all that differs is the change
	}
	before, after := parse(r.Before), parse(r.After)
	others = differing(after, parse(now))
	if len(r.Plan.Undo) > 0 {
		for _, l := range r.Plan.Undo {
			if err := line(l); err != nil {
				return others, &Error{"put back", err}
			}
		}
	} else if err := r.putBackRules(before, after); err != nil {
		return others, err
	}
	now, err = readRules(r.Plan.Programs)
	if err != nil {
		return others, err
	}
	if left := differing(before, parse(now)); len(left) > 0 && len(others) == 0 {
		return others, &Error{"put back", fmt.Errorf("%s: not as before", strings.Join(left, ", "))}
	}
	return others, nil
}

// putBackRules does it in the kernel, one program after the other, each at once.
func (r *record) putBackRules(before, after []chain) error {
	for _, p := range r.Plan.Programs {
		for try := 1; ; try++ {
			now, err := readRules([]string{p})
			if err != nil {
				return err
			}
			of := func(c chain) bool { return c.program != p }
			script := scripts(undo(slices.DeleteFunc(slices.Clone(before), of), slices.DeleteFunc(slices.Clone(after), of), parse(now)))[p]
			if script == "" {
				break
			}
			if err = load(p, script); err == nil {
				break
			}
			if try == tries {
				return &Error{"put back", err}
			}
		}
	}
	return nil
}

// putBackFiles writes the old files where the new ones stand. Others that somebody
// wrote meanwhile stay.
func (r *record) putBackFiles() error {
	for path, old := range r.Old {
		now, err := os.ReadFile(path)
		if err != nil {
			return &Error{"put back", err}
		}
		if mine := r.New == nil || bytes.Equal(now, r.New[path]); mine && !bytes.Equal(now, old) {
			if err := replace(path, old); err != nil {
				return &Error{"put back", err}
			}
		}
	}
	return nil
}

// makeLast has a confirmed change outlast a restart.
func (r *record) makeLast() error {
	untouched := true
	for path, old := range r.Old {
		now, err := os.ReadFile(path)
		untouched = untouched && err == nil && bytes.Equal(now, old)
	}
	if len(r.Old) > 0 && !untouched { // somebody else wrote into them: the lines know how to do it beside that
		for _, l := range r.Plan.Lines {
			if err := line(l); err != nil {
				return err
			}
		}
		return nil
	}
	for path, text := range r.New {
		if err := replace(path, text); err != nil {
			return err
		}
	}
	for _, l := range r.Plan.Keep {
		if err := line(l); err != nil {
			return err
		}
	}
	return nil
}

// readFiles reads the files that are there.
func readFiles(paths []string) (map[string][]byte, error) {
	texts := map[string][]byte{}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
		case err != nil:
			return nil, err
		default:
			texts[path] = text
		}
	}
	return texts, nil
}

// replace writes a file whole or not at all, with the mode and owner of the old
// one.
func replace(path string, text []byte) error {
	mode, uid, gid := fs.FileMode(0o600), 0, 0
	if i, err := os.Stat(path); err == nil {
		mode = i.Mode().Perm()
		if s, ok := i.Sys().(*syscall.Stat_t); ok {
			uid, gid = int(s.Uid), int(s.Gid)
		}
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".sekisho-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // gone when all went well
	_, err = f.Write(text)
	err = errors.Join(err, f.Chmod(mode), f.Chown(uid, gid), f.Sync(), f.Close())
	if err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

func recordPath() string { return filepath.Join(Dir, "change.json") }
func socketPath() string { return filepath.Join(Dir, "socket") }

func (r *record) save() error {
	text, err := json.Marshal(r)
	if err != nil {
		return err
	}
	return replace(recordPath(), text)
}

// readRecord reads the change that is written down; nil when there is none.
func readRecord() (*record, error) {
	text, err := os.ReadFile(recordPath())
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, &Error{"read", err}
	}
	r := &record{}
	if err := json.Unmarshal(text, r); err != nil {
		return nil, &Error{"read", fmt.Errorf("%s: %w", recordPath(), err)}
	}
	return r, nil
}

// forget removes what is written down of a change that ended well.
func forget() error {
	err := os.Remove(recordPath())
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// boot tells one start of the machine from another.
func boot() string {
	text, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(text))
}

// lock takes the lock that one change at a time has, or says ErrBusy. It is held
// as long as any process has the file open.
func lock() (*os.File, error) {
	if err := os.MkdirAll(Dir, 0o700); err != nil {
		return nil, &Error{"save", err}
	}
	f, err := os.OpenFile(filepath.Join(Dir, "lock"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, &Error{"save", err}
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		f.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, ErrBusy
		}
		return nil, &Error{"save", err}
	}
	return f, nil
}
