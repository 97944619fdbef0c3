package rollback

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"slices"
	"syscall"
	"time"
)

// Change is a change under guard.
type Change struct {
	record *record
	lock   *os.File
	words  *os.File // to the guard; the commands hold it open too
	ended  chan Outcome
}

// Begin takes the lock, reads and writes down the rules and files as they are, and
// arms the guard. Nothing is changed yet, and nothing is left when it fails: with
// ErrBusy, ErrLeft, or an Error.
func Begin(p Plan) (*Change, error) {
	held, err := lock()
	if err != nil {
		return nil, err
	}
	c := &Change{lock: held, ended: make(chan Outcome, 1)}
	if err := c.begin(p); err != nil {
		held.Close()
		return nil, err
	}
	return c, nil
}

func (c *Change) begin(p Plan) error {
	if left, err := readRecord(); err != nil || left != nil {
		return errors.Join(ErrLeft, err)
	}
	r := &record{Plan: p, Boot: boot(), Begun: time.Now().UTC()}
	var err error
	if r.Before, err = readRules(p.Programs); err != nil {
		return err
	}
	if r.Old, err = readFiles(p.Files); err != nil {
		return &Error{"save", err}
	}
	if err := r.save(); err != nil {
		return &Error{"save", err}
	}
	c.record = r
	if err := c.arm(); err != nil {
		forget()
		return &Error{"arm", err}
	}
	return nil
}

// arm starts the guard and waits until it says that it is ready.
func (c *Change) arm() error {
	words, toGuard, err := os.Pipe()
	if err != nil {
		return err
	}
	defer words.Close()
	answers, fromGuard, err := os.Pipe()
	if err != nil {
		toGuard.Close()
		return err
	}
	defer fromGuard.Close()
	// /proc/self/exe is this very program, even when its file was replaced.
	cmd := &exec.Cmd{
		Path: "/proc/self/exe", Args: []string{GuardName}, Dir: "/",
		Env:        append(environment(), "SEKISHO_LANG="+os.Getenv("SEKISHO_LANG")),
		ExtraFiles: []*os.File{c.lock, words, fromGuard},
		// A session of its own has no terminal, and no signal to this one's group
		// reaches it.
		SysProcAttr: &syscall.SysProcAttr{Setsid: true},
	}
	if err := cmd.Start(); err != nil {
		toGuard.Close()
		answers.Close()
		return err
	}
	fromGuard.Close()
	lines := bufio.NewScanner(answers)
	if !lines.Scan() || lines.Text() != wordArmed {
		toGuard.Close()
		answers.Close()
		cmd.Wait()
		return errors.New("the process that would put the rules back did not start")
	}
	c.words = toGuard
	go func() {
		defer answers.Close()
		o := Outcome{}
		if !lines.Scan() || json.Unmarshal(lines.Bytes(), &o) != nil {
			// The guard was killed: whoever is left does its work.
			o = c.record.end(false, GuardGone)
		}
		cmd.Wait()
		c.ended <- o
	}()
	return nil
}

// Do runs lines that belong to the change, and notes what would make them last.
// When one fails the old rules come back at once, and Ended tells.
func (c *Change) Do(ctx context.Context, lines, keep []string) error {
	for _, l := range lines {
		err := ctx.Err()
		if err == nil {
			err = line(l, c.words)
		}
		if err != nil {
			c.TakeBack()
			return &Error{"run", err}
		}
	}
	c.record.Plan.Lines = append(c.record.Plan.Lines, lines...)
	c.record.Plan.Keep = append(c.record.Plan.Keep, keep...)
	return nil
}

// Made says that all is done: from now on the time counts in which somebody may
// confirm. When that cannot be, the old rules come back at once, and Ended tells.
func (c *Change) Made() error {
	err := c.made()
	if err != nil {
		c.TakeBack()
	}
	return err
}

// made writes down the rules as they are now, puts the old files in the place of
// the new ones until somebody confirms, and has the guard count the time.
func (c *Change) made() error {
	r := c.record
	var err error
	if r.After, err = readRules(r.Plan.Programs); err != nil {
		return err
	}
	var paths []string
	for path := range r.Old {
		paths = append(paths, path)
	}
	slices.Sort(paths)
	if r.New, err = readFiles(paths); err != nil {
		return &Error{"save", err}
	}
	if err := r.save(); err != nil {
		return &Error{"save", err}
	}
	for _, path := range paths {
		if err := replace(path, r.Old[path]); err != nil {
			return &Error{"save", err}
		}
	}
	return c.say(wordChanged)
}

func (c *Change) say(word string) error {
	if _, err := fmt.Fprintln(c.words, word); err != nil {
		return &Error{"tell the guard", err}
	}
	return nil
}

// Shown has the time count anew: the person has been asked only now.
func (c *Change) Shown() { c.say(wordChanged) }

// Confirm has the new rules stay.
func (c *Change) Confirm() { c.say(wordConfirm) }

// TakeBack has the old rules come back at once.
func (c *Change) TakeBack() { c.say(wordTakeBack) }

// Ended tells once how the change ended, whoever ended it.
func (c *Change) Ended() <-chan Outcome { return c.ended }

// Confirm confirms, from another process, the change that waits. ErrNothing says
// that none does.
func Confirm() (Outcome, error) { return ask(wordConfirm) }

// TakeBack has the change that waits taken back, from another process, or one that
// was left behind.
func TakeBack() (Outcome, error) {
	o, err := ask(wordTakeBack)
	if !errors.Is(err, ErrNothing) {
		return o, err
	}
	held, err := lock()
	if err != nil {
		return Outcome{}, err
	}
	defer held.Close()
	r, err := readRecord()
	switch {
	case err != nil:
		return Outcome{}, err
	case r == nil:
		return Outcome{}, ErrNothing
	}
	return r.recover(), nil
}

// recover takes back a change whose guard is gone. The rules of an earlier start of
// the machine are gone with it; only its files may be left.
func (r *record) recover() Outcome {
	if r.Boot == boot() {
		return r.end(false, Asked)
	}
	if err := r.putBackFiles(); err != nil {
		o := Outcome{Kind: Failed, Why: Asked, Error: err.Error()}
		r.Ended = &o
		r.save()
		return o
	}
	forget()
	return Outcome{Kind: RolledBack, Why: Asked}
}

// ask tells the guard a word and waits for how the change ends.
func ask(word string) (Outcome, error) {
	c, err := net.Dial("unix", socketPath())
	switch {
	case errors.Is(err, os.ErrPermission):
		return Outcome{}, &Error{"tell the guard", os.ErrPermission}
	case err != nil:
		return Outcome{}, ErrNothing
	}
	defer c.Close()
	if _, err := fmt.Fprintln(c, word); err != nil {
		return Outcome{}, ErrNothing
	}
	o := Outcome{}
	if err := json.NewDecoder(c).Decode(&o); err != nil {
		return Outcome{}, ErrNothing
	}
	return o, nil
}

// Found tells of a change that an earlier run left behind: its guard is gone. It
// is nil when there is none, or when it cannot be read by this user.
func Found() (*Left, error) {
	r, err := readRecord()
	if errors.Is(err, os.ErrPermission) {
		return nil, nil
	}
	if err != nil || r == nil {
		return nil, err
	}
	held, err := lock()
	if errors.Is(err, ErrBusy) {
		return nil, nil // it waits still
	}
	if err != nil {
		return nil, err
	}
	defer held.Close()
	left := &Left{Begun: r.Begun, Restarted: r.Boot != boot()}
	if r.Ended != nil {
		left.Outcome = *r.Ended
	}
	return left, nil
}
