package rollback

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"
)

// The files that a guard is born with: the lock, which it holds as long as it
// lives, the words of whoever makes the change, and where it answers.
const (
	fdLock    = 3
	fdWords   = 4
	fdAnswers = 5
)

// The words that a guard is told and says.
const (
	wordArmed    = "armed"
	wordChanged  = "changed"
	wordConfirm  = "confirm"
	wordTakeBack = "take-back"
)

// mostMaking is how long a change may take until it is made.
const mostMaking = 2 * time.Minute

// asker is who wants a change to end, and waits to hear how it did.
type asker struct {
	word string
	to   io.WriteCloser
}

// Guard is the process that puts the old rules back unless it is told in time that
// they are confirmed. It is started by Begin, and by nobody else. The end is
// written into the Log in the words of say.
func Guard(say func(Outcome) string) error {
	words, answers := os.NewFile(fdWords, "words"), os.NewFile(fdAnswers, "answers")
	if _, err := os.NewFile(fdLock, "lock").Stat(); err != nil {
		return errors.New("this is started by sekisho firewall --apply, not by hand")
	}
	signal.Ignore(syscall.SIGHUP, syscall.SIGINT, syscall.SIGQUIT, syscall.SIGPIPE, syscall.SIGTSTP, syscall.SIGTTIN, syscall.SIGTTOU)
	down := make(chan os.Signal, 1)
	signal.Notify(down, syscall.SIGTERM)
	apart()
	r, err := readRecord()
	if err != nil || r == nil {
		return errors.Join(err, errors.New("nothing is to be guarded"))
	}
	os.Remove(socketPath())
	listener, err := net.Listen("unix", socketPath())
	if err != nil {
		return &Error{"arm", err}
	}
	defer listener.Close()
	if err := os.Chmod(socketPath(), 0o600); err != nil {
		return &Error{"arm", err}
	}
	askers := make(chan asker)
	go takeAskers(listener, askers)
	told, gone := make(chan string), make(chan struct{})
	go func() {
		defer close(gone)
		lines := bufio.NewScanner(words)
		for lines.Scan() {
			told <- lines.Text()
		}
	}()
	if _, err := fmt.Fprintln(answers, wordArmed); err != nil {
		return &Error{"arm", err}
	}
	confirmed, why, who := wait(r.Plan.Confirm, told, gone, askers, down)
	if again, err := readRecord(); err == nil && again != nil {
		r = again // with what was read after the change
	}
	o := r.end(confirmed, why)
	write(say(o))
	text, _ := json.Marshal(o)
	text = append(text, '\n')
	answers.Write(text)
	if who != nil {
		who.Write(text)
		who.Close()
	}
	return nil
}

// wait returns when somebody confirms or asks for the old rules, when the time is
// over, or when the change was not made.
func wait(patience time.Duration, told <-chan string, gone <-chan struct{}, askers <-chan asker, down <-chan os.Signal) (confirmed bool, why Why, who io.WriteCloser) {
	late := time.NewTimer(mostMaking)
	changed := false
	for {
		select {
		case word := <-told:
			switch word {
			case wordChanged:
				changed = true
				late.Reset(patience)
			case wordConfirm, wordTakeBack:
				return word == wordConfirm, Asked, nil
			}
		case <-gone:
			// Words that were said before count.
			gone = nil
			if !changed {
				return false, Unfinished, nil
			}
		case a := <-askers:
			if a.word == wordConfirm && !changed {
				a.to.Close()
				continue
			}
			return a.word == wordConfirm, Asked, a.to
		case <-down:
			return false, Shutdown, nil
		case <-late.C:
			if !changed {
				return false, Unfinished, nil
			}
			return false, Deadline, nil
		}
	}
}

// takeAskers hands on what other shells want. Only root may open the socket.
func takeAskers(listener net.Listener, askers chan<- asker) {
	for {
		c, err := listener.Accept()
		if err != nil {
			return
		}
		go func() {
			c.SetReadDeadline(time.Now().Add(10 * time.Second))
			word, err := bufio.NewReader(io.LimitReader(c, 64)).ReadString('\n')
			word = strings.TrimSpace(word)
			if err != nil || word != wordConfirm && word != wordTakeBack {
				c.Close()
				return
			}
			askers <- asker{word, c}
		}()
	}
}

// end confirms a change or takes it back, and forgets it when that went well.
func (r *record) end(confirmed bool, why Why) Outcome {
	o := Outcome{Kind: Confirmed, Why: why}
	if confirmed {
		if err := r.makeLast(); err != nil {
			o.Short = err.Error()
		}
	} else {
		o.Kind = RolledBack
		others, err := r.putBack()
		o.Others = others
		if err != nil {
			o.Kind, o.Error = Failed, err.Error()
		}
	}
	if o.Kind != Failed {
		forget()
		return o
	}
	r.Ended = &o
	r.save()
	for program, text := range r.Before { // for whoever has to do it by hand
		replace(beforePath(program), []byte(text))
	}
	return o
}

func beforePath(program string) string { return Dir + "/before." + program }

// apart has this process outlast what it was started in as far as the kernel
// lets it: the control group of a session may be ended with the session, the name
// of the program is what people end by it, and memory that runs short takes others
// first. None of it is needed, so none of it may fail.
func apart() {
	os.WriteFile("/proc/self/comm", []byte(GuardName), 0)
	os.WriteFile("/proc/self/oom_score_adj", []byte("-1000"), 0)
	os.WriteFile("/sys/fs/cgroup/cgroup.procs", []byte("0"), 0)
}

// write adds a line to the log.
func write(text string) {
	f, err := os.OpenFile(Log, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return
	}
	defer f.Close()
	fmt.Fprintf(f, "%s %s\n", time.Now().UTC().Format(time.RFC3339), text)
}
