package probe

import (
	"context"
	"encoding/binary"
	"io"
	"slices"

	"sekisho/internal/exposure"
	"sekisho/internal/untrusted"
)

var amqpTests = []Test{{Name: "amqp", Port: 5672, Run: testAMQP}}

// errAMQP is the text with which a server closes.
type errAMQP string

// Error quotes it; Error of the probe escapes it.
func (e errAMQP) Error() string { return "refused: " + string(e) }

func (e errAMQP) storesRefused() string { return string(e) }

// testAMQP reads how the server presents itself and, as the user that was given,
// logs in and hangs up before a virtual host is opened. No message is read.
func testAMQP(ctx context.Context, s *Session, t *Trial) (exposure.Service, error) {
	svc, err := runAMQP(ctx, s)
	t.Step(storesStep("amqp-start", "AMQP 0-9-1", svc.Banner, err))
	if err != nil || len(svc.Facts.Texts("auth")) == 0 {
		return svc, err
	}
	if t.User() == "" {
		t.Step(exposure.Step{ID: "amqp-login", Result: exposure.StepSkipped, Why: "no-user"})
		return svc, nil
	}
	step := exposure.Step{ID: "amqp-login", Asked: "PLAIN " + t.User() + " " + storesMasked}
	if !slices.ContainsFunc(svc.Facts.Texts("auth"), func(m untrusted.Text) bool { return m.Raw() == "PLAIN" }) {
		step.Result, step.Why = exposure.StepSkipped, "no-plain"
		t.Step(step)
		return svc, nil
	}
	password, err := t.Password()
	if err != nil {
		return svc, s.fail("login", err)
	}
	err = s.amqpLogin(ctx, t.User(), password)
	t.Step(storesStep(step.ID, step.Asked, untrusted.Text{}, err))
	if err != nil {
		return svc, s.fail("login", err)
	}
	return svc, nil
}

// Methods of the class connection (AMQP 0-9-1, "Class Reference").
const (
	amqpConnection = 10
	amqpStartOK    = 11
	amqpTune       = 30
	amqpClose      = 50
)

// amqpLogin proves a password by the mechanism PLAIN (RFC 4616): connection.tune
// says that it is the right one.
func (s *Session) amqpLogin(ctx context.Context, user, password string) error {
	c, err := s.connect(ctx, nil)
	if err != nil {
		return err
	}
	defer c.Close()
	if _, err := c.Write([]byte(amqpHeader)); err != nil {
		return err
	}
	if _, _, err := readAMQP(c); err != nil {
		return err
	}
	if _, err := c.Write(amqpAnswer(user, password)); err != nil {
		return err
	}
	method, rest, err := readAMQP(c)
	switch {
	case err != nil:
		return err
	case method == amqpClose && len(rest) > 3 && int(rest[2]) <= len(rest)-3:
		return errAMQP(rest[3 : 3+int(rest[2])])
	case method != amqpTune:
		return ErrProtocol
	}
	return nil
}

// amqpAnswer is connection.start-ok. The client tells that it understands the
// word with which a server refuses; without that it would hang up.
func amqpAnswer(user, password string) []byte {
	short := func(b []byte, s string) []byte { return append(append(b, byte(len(s))), s...) }
	long := func(b []byte, s []byte) []byte {
		return append(binary.BigEndian.AppendUint32(b, uint32(len(s))), s...)
	}
	able := append(short(nil, "authentication_failure_close"), 't', 1)
	properties := long(append(short(nil, "capabilities"), 'F'), able)
	properties = long(append(short(properties, "product"), 'S'), []byte("sekisho"))
	body := []byte{0, amqpConnection, 0, amqpStartOK}
	body = long(body, properties)
	body = short(body, "PLAIN")
	body = long(body, []byte("\x00"+user+"\x00"+password))
	body = short(body, "en_US")
	frame := long([]byte{1, 0, 0}, body)
	return append(frame, 0xce)
}

// readAMQP reads one frame of a method of connections.
func readAMQP(c *Conn) (method uint16, rest []byte, err error) {
	var head [7]byte
	if _, err := io.ReadFull(c, head[:]); err != nil {
		return 0, nil, err
	}
	length := binary.BigEndian.Uint32(head[3:])
	if head[0] != 1 || length < 4 || length > maxAMQPFrame {
		return 0, nil, ErrProtocol
	}
	frame := make([]byte, length+1)
	if _, err := io.ReadFull(c, frame); err != nil {
		return 0, nil, err
	}
	if binary.BigEndian.Uint16(frame) != amqpConnection || frame[length] != 0xce {
		return 0, nil, ErrProtocol
	}
	return binary.BigEndian.Uint16(frame[2:]), frame[4:length], nil
}
