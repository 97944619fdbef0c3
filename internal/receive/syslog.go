package receive

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	syslog "github.com/leodido/go-syslog/v4"
	"github.com/leodido/go-syslog/v4/rfc3164"
	"github.com/leodido/go-syslog/v4/rfc5424"

	"sekisho/internal/exposure"
	"sekisho/internal/untrusted"
)

// Syslog reads messages of RFC 5424 and RFC 3164. The zero Syslog is ready.
type Syslog struct{}

// Facilities and Severities are the words of RFC 5424 section 6.2.1 by their
// codes, as syslog.conf has them.
var (
	Facilities = []string{
		"kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron", "authpriv", "ftp",
		"ntp", "audit", "alert", "clock", "local0", "local1", "local2", "local3", "local4", "local5", "local6", "local7",
	}
	Severities = []string{"emerg", "alert", "crit", "err", "warning", "notice", "info", "debug"}
)

// usualCuts are the lengths at which senders and relays cut: RFC 3164 section
// 4.1, RFC 5424 section 6.1, and the defaults of rsyslog and syslog-ng.
var usualCuts = []int{480, 1024, 2048, 8192}

// mark finds what sekisho test writes into its messages.
var mark = regexp.MustCompile(`test message ([0-9a-f]{12}-[0-9]{2}-[0-7]) of [a-z0-9]+\.[a-z]+$`)

// understand fills in what a message says.
func (Syslog) understand(m exposure.Received, b []byte) exposure.Received {
	m.Type = "syslog"
	m.PerhapsCut = slices.Contains(usualCuts, len(b))
	b = bytes.TrimRight(b, "\r\n\x00")
	message, err := parseSyslog(b, m.ReceivedAt)
	if err != nil {
		m.Error, m.Raw = escaped(err), untrusted.New(b, 0)
		return m
	}
	m.Syslog = message
	if !message.SentAt.IsZero() {
		ahead := message.SentAt.Sub(m.ReceivedAt).Milliseconds()
		m.ClockMS = &ahead
	}
	if found := mark.FindStringSubmatch(message.Message.Raw()); found != nil {
		m.Mark = untrusted.Line(found[1])
	}
	return m
}

// errEmpty is a message of no bytes.
var errEmpty = errors.New("the message is empty")

// errPriority is a message that does not say what it is about.
var errPriority = errors.New("no priority from <0> to <191> before the message")

// prioritized reports whether a message begins with a priority: eight times the
// facility, plus the severity (RFC 5424 section 6.2.1). The library takes others
// in part.
func prioritized(b []byte) bool {
	inside, found := bytes.CutPrefix(b, []byte("<"))
	digits, _, ended := bytes.Cut(inside[:min(len(inside), len("191>"))], []byte(">"))
	number, err := strconv.ParseUint(string(digits), 10, 8)
	return found && ended && err == nil && number < uint64(len(Facilities)*len(Severities))
}

// parseSyslog reads one message. A library reads it, so a panic there is the
// end of that message only.
func parseSyslog(b []byte, now time.Time) (m *exposure.SyslogMessage, err error) {
	defer func() {
		if r := recover(); r != nil {
			m, err = nil, fmt.Errorf("panic: %v", r)
		}
	}()
	if len(b) == 0 {
		return nil, errEmpty
	}
	if !prioritized(b) {
		return nil, errPriority
	}
	if parsed, err := rfc5424.NewMachine(rfc5424.WithBestEffort()).Parse(b); err == nil {
		if full, ok := parsed.(*rfc5424.SyslogMessage); ok && full.Valid() {
			m := ofBase("rfc5424", full.Base)
			m.ID, m.Data = text(full.MsgID), structured(full.StructuredData)
			return m, nil
		}
	}
	// The time of the older form has neither year nor zone: those of this
	// machine are taken, and the year before when that would lie in the future.
	for _, year := range []int{now.Local().Year(), now.Local().Year() - 1} {
		parsed, err := rfc3164.NewMachine(rfc3164.WithBestEffort(), rfc3164.WithLenientDay(), rfc3164.WithRFC3339(), rfc3164.WithSecondFractions(),
			rfc3164.WithEmbeddedNewlines(), rfc3164.WithYear(rfc3164.Year{YYYY: year}), rfc3164.WithLocaleTimezone(time.Local)).Parse(b)
		old, ok := parsed.(*rfc3164.SyslogMessage)
		if !ok || !old.Valid() {
			if err == nil {
				err = errors.New("no priority before the message")
			}
			return nil, err
		}
		m = ofBase("rfc3164", old.Base)
		if m.Message.IsZero() {
			_, rest, _ := bytes.Cut(b, []byte(">"))
			m.Message = untrusted.New(rest, 0)
		}
		if m.SentAt.Before(now.Add(24 * time.Hour)) {
			break
		}
	}
	return m, nil
}

// ofBase takes what both forms have.
func ofBase(format string, b syslog.Base) *exposure.SyslogMessage {
	m := &exposure.SyslogMessage{
		Format: format, Host: text(b.Hostname), App: text(b.Appname), Process: text(b.ProcID), Message: text(b.Message),
		Facility: Facilities[min(int(*b.Facility), len(Facilities)-1)], Severity: Severities[min(int(*b.Severity), len(Severities)-1)],
	}
	if b.Timestamp != nil {
		m.SentAt = b.Timestamp.UTC()
	}
	return m
}

func text(s *string) untrusted.Text {
	if s == nil {
		return untrusted.Text{}
	}
	return untrusted.New(strings.TrimPrefix(*s, "\ufeff"), 0)
}

// maxData bounds the parameters that are shown of one message.
const maxData = 64

func structured(data *map[string]map[string]string) []untrusted.Text {
	if data == nil {
		return nil
	}
	var list []untrusted.Text
	for _, id := range slices.Sorted(maps.Keys(*data)) {
		for _, name := range slices.Sorted(maps.Keys((*data)[id])) {
			if len(list) == maxData {
				return list
			}
			list = append(list, untrusted.New(id+"."+name+"="+(*data)[id][name], 512))
		}
	}
	return list
}

// escaped is an error as it may be shown: a library quotes what came.
func escaped(err error) string { return untrusted.New(err.Error(), 240).Terminal() }
