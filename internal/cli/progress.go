package cli

import (
	"fmt"
	"time"

	"github.com/charmbracelet/x/ansi"

	"sekisho/internal/scan"
)

// progress is the line on standard error while long work goes on. It is there
// only on a terminal, so that nothing of it reaches a file.
type progress struct {
	app   *app
	width int
	total int       // questions of all jobs
	done  []float64 // questions settled by each job
	began time.Time
	shown bool
}

// progress begins the line for the jobs of one run.
func (a *app) progress(jobs []job) *progress {
	p := &progress{app: a, done: make([]float64, len(jobs)), began: time.Now()}
	if width, is := terminal(a.err); is && !a.common.quiet {
		p.width = width
	}
	for _, j := range jobs {
		p.total += j.questions()
	}
	return p
}

// of returns the function that the engine calls while it runs one job; nil
// where nobody watches.
func (p *progress) of(jobs []job, i int) func(scan.Progress) {
	if p.width == 0 {
		return nil
	}
	size := float64(jobs[i].questions())
	return func(now scan.Progress) {
		p.done[i] = now.Share * size
		var all float64
		for _, n := range p.done {
			all += n
		}
		share := all / float64(max(p.total, 1))
		left := now.Left
		if len(jobs) > 1 && share > 0 {
			left = time.Duration(float64(time.Since(p.began)) * (1 - share) / share)
		}
		line := p.app.say.Say("progress.line", "Percent", int(share*100), "Rate", int(now.Rate), "Left", left.Round(time.Second))
		p.shown = true
		fmt.Fprintf(p.app.err, "\r%s\x1b[K", ansi.Truncate(line, p.width-1, "…"))
	}
}

// clear removes the line before anything else is written.
func (p *progress) clear() {
	if p.shown {
		fmt.Fprint(p.app.err, "\r\x1b[K")
		p.shown = false
	}
}
