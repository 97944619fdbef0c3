package probe

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"sekisho/internal/exposure"
	"sekisho/internal/untrusted"
)

const syslogName = "syslog"

func init() {
	register(oneWayProbe(syslogName, []uint16{514}, Test{ // RFC 5426
		Name: syslogName, Port: 514, Route: syslogRoute,
		Options: []Option{
			{Name: "transport", Kind: Text, Default: "udp"},
			{Name: "facility", Kind: Words, Default: "user"},
			{Name: "severity", Kind: Words, Default: "notice"},
			{Name: "rfc", Kind: Text, Default: "5424"},
			{Name: "find-in", Kind: Text},
		},
		Check: syslogCheck,
		Run:   runSyslog,
	}))
}

// syslogFacilities and syslogSeverities are the words of RFC 5424 section
// 6.2.1 by their codes, as syslog.conf has them.
var (
	syslogFacilities = []string{
		"kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron", "authpriv", "ftp",
		"ntp", "audit", "alert", "clock", "local0", "local1", "local2", "local3", "local4", "local5", "local6", "local7",
	}
	syslogSeverities = []string{"emerg", "alert", "crit", "err", "warning", "notice", "info", "debug"}
)

// syslogOld are the words of old for the same.
var syslogOld = map[string]string{"error": "err", "warn": "warning", "panic": "emerg", "security": "auth"}

// syslogOver is the transport that was asked for; --tls is one too.
func syslogOver(t *Trial) string {
	if secure := t.options.Secure; secure != nil && *secure {
		return "tls"
	}
	return t.Text("transport")
}

// syslogRoute is the way of a transport: RFC 5426, RFC 6587 and RFC 5425.
func syslogRoute(t *Trial) Route {
	switch syslogOver(t) {
	case "tcp":
		return Route{Transport: exposure.TCP, Port: 514}
	case "tls":
		return Route{Transport: exposure.TCP, Port: 6514, Secure: true}
	}
	return Route{Transport: exposure.UDP, Port: 514}
}

// syslogMessage is one message of a test.
type syslogMessage struct {
	facility, severity int
	mark               string // stands in no other message
}

func (m syslogMessage) name() string {
	return syslogFacilities[m.facility] + "." + syslogSeverities[m.severity]
}

// line is the message in the form of an RFC, 5424 or the older 3164. A name that
// is not known is a hyphen by both.
func (m syslogMessage) line(rfc string, now time.Time, host string) string {
	priority := m.facility*8 + m.severity
	if rfc == "3164" {
		return fmt.Sprintf("<%d>%s %s sekisho: test message %s of %s", priority, now.Format(time.Stamp), host, m.mark, m.name())
	}
	return fmt.Sprintf("<%d>1 %s %s sekisho - test - test message %s of %s", priority, now.Format("2006-01-02T15:04:05.000000Z07:00"), host, m.mark, m.name())
}

// syslogMessages are those that the options ask for: each severity of each
// facility, marked as those of one run.
func syslogMessages(run string, t *Trial) ([]syslogMessage, error) {
	facilities, err := syslogCodes(t.Words("facility"), syslogFacilities, "facility")
	if err != nil {
		return nil, err
	}
	severities, err := syslogCodes(t.Words("severity"), syslogSeverities, "severity")
	if err != nil {
		return nil, err
	}
	var list []syslogMessage
	for _, f := range facilities {
		for _, v := range severities {
			list = append(list, syslogMessage{f, v, fmt.Sprintf("%s-%02d-%d", run, f, v)})
		}
	}
	return list, nil
}

// syslogCodes reads words or numbers; all stands for every one.
func syslogCodes(words, all []string, flag string) ([]int, error) {
	var codes []int
	for _, word := range words {
		word = strings.ToLower(strings.TrimSpace(word))
		if word == "all" {
			for code := range all {
				codes = append(codes, code)
			}
			continue
		}
		code := slices.Index(all, cmp.Or(syslogOld[word], word))
		if n, err := strconv.Atoi(word); err == nil {
			code = n
		}
		if code < 0 || code >= len(all) {
			return nil, fmt.Errorf("--%s %q is none of %s, all", flag, word, strings.Join(all, ", "))
		}
		codes = append(codes, code)
	}
	slices.Sort(codes)
	return slices.Compact(codes), nil
}

// syslogCheck says what is wrong with the options.
func syslogCheck(t *Trial) error {
	transport, rfc := syslogOver(t), t.Text("rfc")
	if !slices.Contains([]string{"udp", "tcp", "tls"}, transport) {
		return fmt.Errorf("--transport is udp, tcp or tls, not %q", transport)
	}
	if rfc != "5424" && rfc != "3164" {
		return fmt.Errorf("--rfc is 5424 or 3164, not %q", rfc)
	}
	if _, err := syslogMessages("", t); err != nil {
		return err
	}
	dir := t.Text("find-in")
	if info, err := os.Stat(dir); dir != "" && (err != nil || !info.IsDir()) {
		return fmt.Errorf("--find-in %q is no folder of this machine", dir)
	}
	return nil
}

// runSyslog sends one marked message for each facility and severity. Nobody
// answers one, whatever carries it: only --find-in, on the server itself, and a
// receiver of ours tell that it arrived.
func runSyslog(ctx context.Context, s *Session, t *Trial) (exposure.Service, error) {
	svc := exposure.Service{Facts: exposure.Facts{}}
	transport, rfc := syslogOver(t), t.Text("rfc")
	messages, err := syslogMessages(fmt.Sprintf("%012x", s.peer.nonce()&0xffffffffffff), t)
	if err != nil {
		return svc, s.fail("options", err)
	}
	svc.Facts["transport"] = untrusted.Line(transport)
	begun := time.Now()
	if err := syslogSend(ctx, s, t, messages, transport, rfc); err != nil {
		return svc, err
	}
	svc.Facts["sent"] = len(messages)
	s.Learn(svc)
	if dir := t.Text("find-in"); dir != "" {
		return syslogFind(ctx, s, t, svc, messages, dir, begun)
	}
	t.Step(exposure.Step{ID: "syslog-arrival", Result: exposure.StepUnknown, Why: "syslog-unanswered"})
	return svc, nil
}

// syslogSend sends the messages over one connection or socket.
func syslogSend(ctx context.Context, s *Session, t *Trial, messages []syslogMessage, transport, rfc string) error {
	host, err := os.Hostname()
	if err != nil || strings.ContainsAny(host, " \t\r\n") || host == "" {
		host = "-"
	}
	c, err := syslogConnect(ctx, s, transport)
	if err != nil {
		t.Step(snmpStep(exposure.Step{ID: "syslog-send"}, err))
		return err
	}
	defer c.Close()
	for i, m := range messages {
		line := m.line(rfc, time.Now(), host)
		switch transport {
		case "tcp":
			_, err = io.WriteString(c, line+"\n")
		case "tls":
			_, err = fmt.Fprintf(c, "%d %s", len(line), line) // RFC 5425 section 4.3.1
		default:
			_, err = io.WriteString(c, line)
		}
		if err == nil && i == len(messages)-1 {
			err = c.hangs(transport)
		}
		if transport == "udp" {
			err = unlistened(err) // the error that came for the message before
		}
		step := snmpStep(exposure.Step{ID: "syslog-send", Asked: m.name() + " " + m.mark}, err)
		step.Local, step.Remote = endOf(c.LocalAddr()), endOf(c.RemoteAddr())
		t.Step(step)
		if err != nil {
			return s.fail("send", err)
		}
	}
	return nil
}

func syslogConnect(ctx context.Context, s *Session, transport string) (syslogConn, error) {
	if transport != "udp" {
		c, err := s.Connect(ctx)
		return syslogConn{c}, err
	}
	raw, err := s.dialPort(ctx, exposure.UDP, s.peer.at.Port())
	if err != nil {
		return syslogConn{}, s.fail("connect", err)
	}
	return syslogConn{newConn(raw)}, nil
}

// syslogConn is a way on which only we speak.
type syslogConn struct{ *Conn }

// hangs waits a moment for what says that nobody takes the messages: an ICMP
// error, or a connection that is reset or closed at once.
func (c syslogConn) hangs(transport string) error {
	if transport == "udp" {
		return sendAndHear(c, nil)
	}
	if err := c.SetReadDeadline(time.Now().Add(snmptrapPatience / 4)); err != nil {
		return err
	}
	_, err := c.Read(make([]byte, 64))
	if err == nil || os.IsTimeout(err) {
		return nil
	}
	return cause(err)
}
