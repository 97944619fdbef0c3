package probe

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"sekisho/internal/exposure"
	"sekisho/internal/untrusted"
)

var mqttTests = []Test{{Name: "mqtt", Port: 1883, Options: []Option{{Name: "topic", Default: "#"}}, Run: testMQTT}}

func (e errMQTT) storesRefused() string { return e.Error() }

// testMQTT opens a session as nobody and, where a user was given, as that one,
// and asks in the last that worked for the messages of a topic. It publishes
// nothing.
func testMQTT(ctx context.Context, s *Session, t *Trial) (exposure.Service, error) {
	svc, c, err := s.mqttEnter(ctx)
	if svc.Protocol == "" {
		t.Step(storesStep("mqtt-connect", "CONNECT", untrusted.Text{}, err))
		return svc, err
	}
	open, _ := svc.Facts.Bool("password_required")
	step := storesStep("mqtt-connect", "CONNECT", svc.Banner, err)
	if open {
		step.Result = exposure.StepRefused
	}
	t.Step(step)
	if err != nil {
		return svc, err
	}
	if t.User() != "" {
		_, _ = c.Write([]byte(mqttDisconnect)) // a connection that is closed anyway
		_ = c.Close()
		if c, err = s.mqttLogin(ctx, t); err != nil {
			return svc, err
		}
		if err := s.mqttVersion(c, &svc); err != nil {
			return svc, err
		}
	} else if open {
		t.Step(exposure.Step{ID: "mqtt-login", Result: exposure.StepSkipped, Why: "no-user"})
		return svc, nil
	}
	defer c.Close()
	return svc, s.mqttListen(c, t, &svc)
}

// mqttLogin opens a session as the user that was given.
func (s *Session) mqttLogin(ctx context.Context, t *Trial) (*Conn, error) {
	password, err := t.Password()
	if err != nil {
		return nil, s.fail("CONNECT", err)
	}
	c, err := s.connect(ctx, nil)
	if err != nil {
		return nil, err
	}
	err = mqttOpen(c, t.User(), password)
	t.Step(storesStep("mqtt-login", "CONNECT "+t.User()+" "+storesMasked, untrusted.Text{}, err))
	if err != nil {
		_ = c.Close()
		return nil, s.fail("CONNECT", err)
	}
	return c, nil
}

// mqttLong and mqttMany bound how long messages are listened for: those that
// a broker keeps come at once.
const (
	mqttLong = time.Second
	mqttMany = 64
)

// mqttListen asks for a topic and counts what comes at once.
func (s *Session) mqttListen(c *Conn, t *Trial, svc *exposure.Service) error {
	topic := t.Text("topic")
	_, err := c.Write(mqttSubscribe(2, topic))
	granted, messages := false, 0
	var topics []string
	if err == nil {
		err = c.SetReadDeadline(time.Now().Add(mqttLong))
	}
	for err == nil && messages < mqttMany {
		var first byte
		var body []byte
		if first, body, err = readMQTT(c); err != nil {
			break
		}
		switch first >> 4 {
		case mqttSubAck:
			if len(body) >= 3 && body[1] == 2 {
				granted = body[2] < 0x80
			}
		case mqttPublish:
			if name, _, ok := mqttMessage(first, body); ok {
				messages++
				topics = append(topics, name)
			}
		}
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		err = nil
	}
	step := storesStep("mqtt-subscribe", "SUBSCRIBE "+topic, untrusted.New(fmt.Sprintf("%d messages", messages), 0), err)
	if err == nil && !granted {
		step.Result, step.Said = exposure.StepRefused, untrusted.Text{}
	}
	if granted {
		step.Facts = exposure.Facts{"topics": texts(topics, 16)}
	}
	svc.Facts["subscription_granted"] = granted
	t.Step(step)
	if err != nil {
		return s.fail("SUBSCRIBE", err)
	}
	return nil
}
