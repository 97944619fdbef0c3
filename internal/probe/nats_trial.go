package probe

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"sekisho/internal/exposure"
	"sekisho/internal/untrusted"
)

var natsTests = []Test{{Name: "nats", Port: 4222, Options: []Option{{Name: "topic", Default: ">"}}, Check: natsCheckTopic, Run: testNATS}}

// errNATS is what the server refuses with: -ERR and a text (NATS, "Client
// Protocol").
type errNATS string

// Error quotes it; Error of the probe escapes it.
func (e errNATS) Error() string { return "refused: " + string(e) }

func (e errNATS) storesRefused() string { return string(e) }

var errNATSTopic = errors.New("a subject of NATS is one word")

// natsCheckTopic holds that the subject is one word: it stands in a command.
func natsCheckTopic(t *Trial) error {
	if topic := t.Text("topic"); topic == "" || strings.ContainsAny(topic, " \t\r\n") {
		return errNATSTopic
	}
	return nil
}

// testNATS opens a session as nobody, or as the user that was given, inside TLS
// where the server has it, and listens for messages of a subject. It publishes
// nothing.
func testNATS(ctx context.Context, s *Session, t *Trial) (exposure.Service, error) {
	svc, err := runNATS(ctx, s)
	if svc.Protocol == "" {
		t.Step(storesStep("nats-info", "", untrusted.Text{}, err))
		return svc, err
	}
	t.Step(storesStep("nats-info", "", svc.Version, nil))
	if err != nil {
		return svc, err
	}
	c, err := s.natsOpen(ctx, t, &svc)
	if err != nil {
		return svc, err
	}
	defer c.Close()
	connect := map[string]any{"verbose": false, "pedantic": false, "lang": "go", "version": "0", "protocol": 1}
	step := "nats-connect"
	if t.User() != "" {
		password, err := t.Password()
		if err != nil {
			return svc, s.fail("CONNECT", err)
		}
		connect["user"], connect["pass"], step = t.User(), password, "nats-login"
	}
	text, err := json.Marshal(connect)
	if err == nil {
		err = natsAsk(c, "CONNECT "+string(text))
	}
	asked := "CONNECT"
	if t.User() != "" {
		asked += " " + t.User() + " " + storesMasked
	}
	t.Step(storesStep(step, asked, untrusted.Text{}, err))
	if err != nil {
		var no errNATS
		if errors.As(err, &no) {
			return svc, nil // which is an answer like another
		}
		return svc, s.fail("CONNECT", err)
	}
	return svc, s.natsListen(c, t, &svc)
}

// natsOpen opens a connection behind the first line, inside TLS where the server
// has that.
func (s *Session) natsOpen(ctx context.Context, t *Trial, svc *exposure.Service) (*Conn, error) {
	c, err := s.Connect(ctx)
	if err != nil {
		return nil, err
	}
	if _, err := c.Line(); err != nil {
		return nil, s.fail("read INFO", err)
	}
	if s.secure != nil {
		return c, nil
	}
	if offered, _ := svc.Facts.Bool("tls_offered"); !offered {
		t.Step(exposure.Step{ID: "nats-tls", Result: exposure.StepRefused, Why: "no-tls"})
		return c, nil
	}
	inner, facts, err := s.Upgrade(ctx, c)
	t.Step(storesStep("nats-tls", "", untrusted.Text{}, err))
	if facts != nil {
		facts.StartTLS = true
		svc.TLS = facts
	}
	if err != nil {
		return nil, s.fail("tls handshake", err)
	}
	return inner, nil
}

// maxNATSLines bounds what comes before the answer to a PING.
const maxNATSLines = 64

// natsAsk sends a command and a PING, whose answer says that the command went
// well.
func natsAsk(c *Conn, command string) error {
	if err := c.Send(command + "\r\nPING"); err != nil {
		return err
	}
	for range maxNATSLines {
		line, err := c.Line()
		switch {
		case err != nil:
			return err
		case line == "PONG":
			return nil
		case line == "PING":
			if err := c.Send("PONG"); err != nil {
				return err
			}
		case strings.HasPrefix(line, "-ERR"):
			return errNATS(strings.Trim(strings.TrimPrefix(line, "-ERR"), " '"))
		case !strings.HasPrefix(line, "INFO ") && line != "+OK" && !strings.HasPrefix(line, "MSG "):
			return ErrProtocol
		}
	}
	return errReply
}

// natsLong is how long messages are listened for.
const natsLong = time.Second

// natsListen asks for a subject and counts the messages that come in a while.
func (s *Session) natsListen(c *Conn, t *Trial, svc *exposure.Service) error {
	topic := t.Text("topic")
	err := natsAsk(c, "SUB "+topic+" 1")
	var no errNATS
	granted, messages := err == nil, 0
	var subjects []string
	if granted {
		err = c.SetReadDeadline(time.Now().Add(natsLong))
	}
	for err == nil && messages < maxNATSLines {
		var line string
		line, err = c.Line()
		if words := strings.Fields(line); err == nil && len(words) > 2 && words[0] == "MSG" {
			messages++
			subjects = append(subjects, words[1])
		}
	}
	if errors.Is(err, os.ErrDeadlineExceeded) && granted {
		err = nil
	}
	step := storesStep("nats-subscribe", "SUB "+topic, untrusted.New(fmt.Sprintf("%d messages", messages), 0), err)
	if errors.As(err, &no) {
		step.Said, err = untrusted.New(string(no), maxFact), nil
	}
	if len(subjects) > 0 {
		step.Facts = exposure.Facts{"topics": texts(subjects, 16)}
	}
	svc.Facts["subscription_granted"] = granted
	t.Step(step)
	if err != nil {
		return s.fail("SUB", err)
	}
	return nil
}
