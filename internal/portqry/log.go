package portqry

import (
	"bytes"
	"fmt"
	"io"
	"time"
)

// logLayout is the date of the log's head.
const logLayout = "Mon Jan _2 15:04:05 2006"

// endOfLog is the last line of a log that is whole.
const endOfLog = "========= end of log file ========="

// Log writes everything that is printed a second time, behind a head that says
// what was asked from where. Each line is written as it comes, so that what an
// interrupt leaves behind can be read.
type Log struct {
	to   io.Writer
	part []byte // of a line that is not whole
	err  error
}

// NewLog begins a log.
func NewLog(to io.Writer, c Command, computer string, at time.Time) *Log {
	l := &Log{to: to}
	for _, line := range []string{
		"PortQry Version 2.0 Log File", "", "System Date: " + at.Format(logLayout), "",
		"Command run:", " portqry " + c.Line, "", "Local computer name:", "", " " + computer, "",
	} {
		fmt.Fprintln(l, line)
	}
	return l
}

// Write takes in what is printed.
func (l *Log) Write(b []byte) (int, error) {
	l.part = append(l.part, b...)
	for l.err == nil {
		end := bytes.IndexByte(l.part, '\n')
		if end < 0 {
			break
		}
		_, l.err = l.to.Write(l.part[:end+1])
		l.part = l.part[end+1:]
	}
	return len(b), l.err
}

// Close writes the last line. The error is the first that a line ended in.
func (l *Log) Close() error {
	fmt.Fprintln(l, endOfLog)
	return l.err
}
