package probe

import (
	"bytes"
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"time"

	"sekisho/internal/exposure"
	"sekisho/internal/untrusted"
)

func init() {
	register(Probe{
		Name: "mqtt", Transport: exposure.TCP, Ports: []uint16{1883, 1884}, TLSPorts: []uint16{8883, 8884}, ClientFirst: true, Blind: 6,
		Run: runMQTT, Tests: mqttTests,
	})
}

// Kinds of packets (MQTT 3.1.1 section 2.2.1).
const (
	mqttConnAck    = 2
	mqttPublish    = 3
	mqttSubAck     = 9
	mqttDisconnect = "\xe0\x00"
)

// maxMQTTPacket bounds the packets that are read.
const maxMQTTPacket = 8 << 10

// mqttString is a text with its length before it (section 1.5.3).
func mqttString(text string) []byte {
	return append(binary.BigEndian.AppendUint16(nil, uint16(len(text))), text...)
}

// mqttPacket puts the fixed header before a packet (section 2.2.3).
func mqttPacket(first byte, body []byte) []byte {
	b := []byte{first}
	for length := len(body); ; {
		digit := byte(length % 128)
		if length /= 128; length > 0 {
			b = append(b, digit|0x80)
			continue
		}
		return append(append(b, digit), body...)
	}
}

// mqttConnect opens a session that leaves nothing behind (section 3.1). The
// name of the client is left to the server: another client of the same name
// would lose its connection (section 3.1.4).
func mqttConnect(user, password string) []byte {
	flags := byte(0x02)
	body := mqttString("MQTT")
	payload := mqttString("")
	if user != "" {
		flags |= 0x80
		payload = append(payload, mqttString(user)...)
		if password != "" {
			flags |= 0x40
			payload = append(payload, mqttString(password)...)
		}
	}
	const keepAlive = 60
	return mqttPacket(0x10, append(append(body, 4, flags, 0, keepAlive), payload...))
}

// mqttSubscribe asks for the messages of one topic (section 3.8).
func mqttSubscribe(id uint16, topic string) []byte {
	return mqttPacket(0x82, append(append(binary.BigEndian.AppendUint16(nil, id), mqttString(topic)...), 0))
}

// readMQTT reads one packet: its kind and flags, and what follows the header.
func readMQTT(c *Conn) (first byte, body []byte, err error) {
	if first, err = c.r.ReadByte(); err != nil {
		return 0, nil, err
	}
	length := 0
	for shift := 0; ; shift += 7 {
		digit, err := c.r.ReadByte()
		if err != nil {
			return first, nil, err
		}
		if length |= int(digit&0x7f) << shift; shift > 21 || length > maxMQTTPacket {
			return first, nil, ErrProtocol
		}
		if digit&0x80 == 0 {
			break
		}
	}
	body = make([]byte, length)
	_, err = io.ReadFull(c, body)
	return first, body, err
}

// mqttMessage takes a PUBLISH apart (section 3.3).
func mqttMessage(first byte, body []byte) (topic string, payload []byte, ok bool) {
	if len(body) < 2 {
		return "", nil, false
	}
	end := 2 + int(binary.BigEndian.Uint16(body))
	skip := end
	if first&0x06 != 0 {
		skip += 2 // the number of the packet
	}
	if skip > len(body) {
		return "", nil, false
	}
	return string(body[2:end]), body[skip:], true
}

// mqttRefusals are the answers to a CONNECT (section 3.2.2.3).
var mqttRefusals = map[byte]string{
	1: "unacceptable protocol version", 2: "identifier rejected", 3: "server unavailable", 4: "bad user name or password", 5: "not authorized",
}

// errMQTT is the code with which a server refuses.
type errMQTT byte

// Error names the code.
func (e errMQTT) Error() string {
	if text := mqttRefusals[byte(e)]; text != "" {
		return fmt.Sprintf("refused: %d %s", byte(e), text)
	}
	return fmt.Sprintf("refused: %d", byte(e))
}

// mqttOpen sends a CONNECT and reads its answer. An errMQTT is a refusal.
func mqttOpen(c *Conn, user, password string) error {
	if _, err := c.Write(mqttConnect(user, password)); err != nil {
		return err
	}
	if first, err := c.r.Peek(1); err != nil || first[0] != mqttConnAck<<4 {
		return cmp.Or(err, ErrProtocol)
	}
	first, body, err := readMQTT(c)
	switch {
	case err != nil:
		return err
	case first != mqttConnAck<<4 || len(body) < 2 || body[0] > 1:
		return ErrProtocol
	case body[1] != 0:
		return errMQTT(body[1])
	}
	return nil
}

// mqttVersionTopic is where Mosquitto and those after it tell their version.
const mqttVersionTopic = "$SYS/broker/version"

// mqttPatience is how long a topic that is always there is waited for.
const mqttPatience = 500 * time.Millisecond

var mqttProducts = []pattern{
	{"Mosquitto", regexp.MustCompile(`(?i)^mosquitto version (?P<version>\d[\w.]*)`)},
	{"", regexp.MustCompile(`^(?P<product>[A-Za-z][\w .-]{0,40}?)[ /](?:version )?v?(?P<version>\d[\w.-]*)$`)},
}

// runMQTT opens a session without a name and, when it is let in, asks for the
// version, which is a message like any other. It publishes nothing.
func runMQTT(ctx context.Context, s *Session) (exposure.Service, error) {
	svc, c, err := s.mqttEnter(ctx)
	if c != nil {
		_, _ = c.Write([]byte(mqttDisconnect)) // the connection is closed whatever becomes of it
		_ = c.Close()
	}
	return svc, err
}

// mqttEnter is runMQTT up to the end of the conversation.
func (s *Session) mqttEnter(ctx context.Context) (exposure.Service, *Conn, error) {
	svc := exposure.Service{Facts: exposure.Facts{}}
	c, err := s.Connect(ctx)
	if err != nil {
		return svc, nil, err
	}
	err = mqttOpen(c, "", "")
	var no errMQTT
	if err != nil && !errors.As(err, &no) {
		return exposure.Service{}, c, s.fail("CONNECT", err)
	}
	svc.Protocol, svc.Confidence = "mqtt", exposure.Confirmed
	switch {
	case err == nil:
		svc.Facts["password_required"] = false
	case no == 4 || no == 5:
		svc.Facts["password_required"] = true
		return svc, c, nil
	default:
		return svc, c, s.fail("CONNECT", err)
	}
	s.Learn(svc)
	return svc, c, s.mqttVersion(c, &svc)
}

// mqttVersion asks for the version. A broker without that topic says nothing.
func (s *Session) mqttVersion(c *Conn, svc *exposure.Service) error {
	if _, err := c.Write(mqttSubscribe(1, mqttVersionTopic)); err != nil {
		return s.fail("SUBSCRIBE", err)
	}
	if err := c.SetReadDeadline(time.Now().Add(mqttPatience)); err != nil {
		return s.fail("SUBSCRIBE", err)
	}
	for range 8 {
		first, body, err := readMQTT(c)
		if errors.Is(err, os.ErrDeadlineExceeded) {
			break
		}
		if err != nil {
			return s.fail("SUBSCRIBE", err)
		}
		topic, payload, ok := mqttMessage(first, body)
		if first>>4 == mqttPublish && ok && topic == mqttVersionTopic {
			svc.Banner = untrusted.New(bytes.TrimSpace(payload), maxBanner)
			svc.Product, svc.Version = match(mqttProducts, svc.Banner.Raw())
			break
		}
		if first>>4 == mqttSubAck && len(body) >= 3 && body[2] >= 0x80 {
			break // refused
		}
	}
	if err := c.SetReadDeadline(time.Time{}); err != nil {
		return s.fail("SUBSCRIBE", err)
	}
	return nil
}
