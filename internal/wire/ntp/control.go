package ntp

import (
	"encoding/binary"
	"fmt"
	"strings"
)

// The control requests that only read (RFC 9327 section 2).
const (
	ReadStatus    = 1 // of association 0: the list of them
	ReadVariables = 2
)

const (
	controlSize  = 12
	controlMost  = 480 // of data in one message (RFC 9327 section 2)
	responseFlag = 0x80
	errorFlag    = 0x40
	moreFlag     = 0x20
)

// ControlRequest makes a request of mode 6 in version 2, as ntpq does.
func ControlRequest(operation byte, sequence, association uint16) []byte {
	b := []byte{2<<3 | Control, operation, byte(sequence >> 8), byte(sequence), 0, 0, byte(association >> 8), byte(association), 0, 0, 0, 0}
	return b
}

// AnswersControl reports whether a message responds to a control request.
func AnswersControl(request, b []byte) bool {
	return len(request) == controlSize && len(b) >= controlSize && b[0]&7 == Control && b[1]&responseFlag != 0 &&
		b[1]&0x1f == request[1] && b[2] == request[2] && b[3] == request[3]
}

// ControlAnswer is a response, put together from its messages.
type ControlAnswer struct {
	Refused byte // the error code (RFC 9327 section 3.6); 0: none
	Status  uint16
	Data    []byte
}

// ParseControl puts the messages of one response together. What is missing at
// the end is left out; a gap is an error.
func ParseControl(messages [][]byte) (ControlAnswer, error) {
	var a ControlAnswer
	parts := map[int][]byte{}
	for _, b := range messages {
		if len(b) < controlSize || b[0]&7 != Control || b[1]&responseFlag == 0 {
			return a, ErrMessage
		}
		a.Status = binary.BigEndian.Uint16(b[4:])
		if b[1]&errorFlag != 0 {
			a.Refused = max(b[4], 1)
			return a, nil
		}
		at, count := int(binary.BigEndian.Uint16(b[8:])), int(binary.BigEndian.Uint16(b[10:]))
		if count > len(b)-controlSize || count > controlMost {
			return a, fmt.Errorf("%w: %d bytes of data announced, %d came", ErrMessage, count, len(b)-controlSize)
		}
		parts[at] = b[controlSize : controlSize+count]
	}
	for len(parts) > 0 {
		part, ok := parts[len(a.Data)]
		if !ok {
			return a, fmt.Errorf("%w: nothing at byte %d", ErrMessage, len(a.Data))
		}
		delete(parts, len(a.Data))
		a.Data = append(a.Data, part...)
		if len(part) == 0 {
			break
		}
	}
	return a, nil
}

// Association is one peer of a server.
type Association struct {
	ID     uint16
	Status uint16
}

// System reports whether it is the one that the clock follows (RFC 9327 section
// 3.2, selection 6 and 7).
func (a Association) System() bool {
	selection := a.Status >> 8 & 7
	return selection == 6 || selection == 7
}

// Associations reads the answer to ReadStatus, at most limit of them.
func (a ControlAnswer) Associations(limit int) []Association {
	var list []Association
	for b := a.Data; len(b) >= 4 && len(list) < limit; b = b[4:] {
		list = append(list, Association{binary.BigEndian.Uint16(b), binary.BigEndian.Uint16(b[2:])})
	}
	return list
}

// maxVariables bounds what is kept of an answer to ReadVariables.
const maxVariables = 128

// Variables reads the answer to ReadVariables: names and values with commas
// between them, quoted when a value has one inside (RFC 9327 section 4).
func (a ControlAnswer) Variables() map[string]string {
	found := map[string]string{}
	rest := string(a.Data)
	for rest != "" && len(found) < maxVariables {
		rest = strings.TrimLeft(rest, " ,\r\n\t\x00")
		end := strings.IndexAny(rest, "=,")
		if end < 0 || rest[end] == ',' {
			// A name without a value.
			_, rest, _ = strings.Cut(rest, ",")
			continue
		}
		name, value := strings.TrimSpace(rest[:end]), rest[end+1:]
		if quoted, ok := strings.CutPrefix(value, `"`); ok {
			value, rest, _ = strings.Cut(quoted, `"`)
		} else {
			value, rest, _ = strings.Cut(value, ",")
			value = strings.TrimSpace(value)
		}
		found[name] = value
	}
	return found
}

// MonitorList is the request of mode 7 for the last clients of ntpd, up to 600
// of them: 8 bytes that brought 48,000 back (CVE-2013-5211).
func MonitorList() []byte { return []byte{2<<3 | Private, 0, 3, 42, 0, 0, 0, 0} }

// PrivateAnswer reports whether a message responds in mode 7, and how many
// entries of how many bytes it brings; an error brings none.
func PrivateAnswer(b []byte) (entries, size int, ok bool) {
	const header = 8
	if len(b) < header || b[0]&0x87 != responseFlag|Private {
		return 0, 0, false
	}
	if b[4]>>4 != 0 {
		return 0, 0, true
	}
	return int(binary.BigEndian.Uint16(b[4:]) & 0xfff), int(binary.BigEndian.Uint16(b[6:]) & 0xfff), true
}
