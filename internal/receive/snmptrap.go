package receive

import (
	"bytes"
	"encoding/hex"
	"math"
	"slices"
	"strings"
	"time"

	"sekisho/internal/exposure"
	"sekisho/internal/untrusted"
	"sekisho/internal/wire/snmp"
)

// Trap reads traps and informs, and acknowledges informs (RFC 3416 section
// 4.2.7).
type Trap struct {
	User  *snmp.User // whose messages of version 3 are opened; nil: nobody's
	Names *snmp.Names
}

// engineID is that of this receiver, which whoever sends an inform of version 3
// asks for: the text sekisho below the number that belongs to nobody.
var engineID = []byte("\x80\x00\x00\x00\x04sekisho")

// The objects of a notification, and the counters that a report shows (RFC 3414
// section 5).
var (
	trapTraps     = snmp.OID{1, 3, 6, 1, 6, 3, 1, 1, 5}
	trapName      = snmp.OID{1, 3, 6, 1, 6, 3, 1, 1, 4, 1, 0}
	trapMaker     = snmp.OID{1, 3, 6, 1, 6, 3, 1, 1, 4, 3, 0}
	trapUptime    = snmp.OID{1, 3, 6, 1, 2, 1, 1, 3, 0}
	trapDescr     = snmp.OID{1, 3, 6, 1, 2, 1, 1, 1, 0}
	trapDate      = snmp.OID{1, 3, 6, 1, 2, 1, 25, 1, 2, 0}
	unknownEngine = snmp.OID{1, 3, 6, 1, 6, 3, 15, 1, 1, 4, 0}
	notInWindow   = snmp.OID{1, 3, 6, 1, 6, 3, 15, 1, 1, 2, 0}
)

// window is how far the times of a message and of the engine may be apart (RFC
// 3414 section 2.2.3), in seconds.
const window = 150

// understand fills in what a message says. The answer, if there is one, goes
// back to the sender and is never longer than a report of one counter or what
// came; whole is false for the questions that a sender asks before it sends.
func (r *Trap) understand(m exposure.Received, b []byte) (_ exposure.Received, answer []byte, whole bool) {
	m.Type = "snmptrap"
	b = bytes.Clone(b) // its values share the memory
	message, err := snmp.Parse(b)
	var user snmp.User
	if err == nil && message.Version == snmp.V3 {
		if report := r.discovery(message, m.ReceivedAt); report != nil {
			return m, report, false
		}
		if r.User != nil && message.Security.User == r.User.Name {
			user = *r.User
			if message, err = user.Open(b); err == nil && message.PDU.Op == snmp.Inform && r.late(message, m.ReceivedAt) {
				report, _ := user.Seal(r.report(message, notInWindow, m.ReceivedAt), salt(m.ReceivedAt))
				return m, report, false
			}
		}
	}
	if err != nil {
		m.Error, m.Raw = escaped(err), untrusted.New(snmp.Hex(b[:min(len(b), 256)]), 0)
		return m, nil, true
	}
	switch message.PDU.Op {
	case snmp.TrapV1, snmp.Trap, snmp.Inform:
	default:
		if !message.Sealed {
			m.Error = "no trap and no inform, but another request"
			return m, nil, true
		}
	}
	m.Trap = r.told(message)
	m = r.clock(m, message)
	if message.PDU.Op == snmp.Inform {
		m.Trap.Inform = true
		answer = acknowledge(message, user, m.ReceivedAt)
	}
	return m, answer, true
}

// told is what a message says.
func (r *Trap) told(message snmp.Message) *exposure.TrapMessage {
	t := &exposure.TrapMessage{Version: message.Version.String(), Public: message.Version != snmp.V3 && string(message.Community) == "public"}
	if message.Version == snmp.V3 {
		t.User = untrusted.Line(message.Security.User)
		t.Engine = hex.EncodeToString(message.Security.Engine)
		known := r.User != nil && r.User.Name == message.Security.User
		t.Signed, t.Hidden = message.Security.Signed && known, message.Security.Hidden
		if e, err := snmp.ParseEngine(message.Security.Engine); err == nil && e.Enterprise != 0 {
			t.Enterprise = maker(e.Enterprise)
		}
	}
	if message.Sealed {
		return t
	}
	unit := message.PDU
	var what snmp.OID
	if unit.Op == snmp.TrapV1 {
		what = ofV1(unit)
		t.Agent, t.Uptime = unit.Agent, snmp.Ticks(unit.Uptime).String()
		if n, ok := snmp.EnterpriseOf(unit.Enterprise); ok {
			t.Enterprise = maker(n)
		}
	}
	for _, o := range unit.Bindings {
		switch {
		case slices.Equal(o.Name, trapName):
			what = o.Value.OID
			continue
		case slices.Equal(o.Name, trapUptime):
			t.Uptime = o.Value.String()
			continue
		case slices.Equal(o.Name, trapMaker):
			if n, ok := snmp.EnterpriseOf(o.Value.OID); ok {
				t.Enterprise = maker(n)
			}
		}
		t.Objects = append(t.Objects, exposure.TrapObject{
			Name: r.Names.Name(o.Name), OID: o.Name.String(), Value: untrusted.New(r.Names.Show(o.Name, o.Value), 1024),
		})
	}
	if n, ok := snmp.EnterpriseOf(what); ok {
		t.Enterprise = maker(n)
	}
	if what != nil {
		t.Trap, t.OID = r.Names.Name(what), what.String()
	}
	return t
}

// maker is the name of an enterprise, or its number.
func maker(n uint32) untrusted.Text {
	if name := snmp.Enterprise(n); name != "" {
		return untrusted.Line(name)
	}
	return untrusted.Line(snmp.OID{1, 3, 6, 1, 4, 1, n}.String())
}

// ofV1 is the identifier of a trap of version 1 (RFC 3584 section 3.1).
func ofV1(unit snmp.PDU) snmp.OID {
	if unit.Generic >= 0 && unit.Generic < 6 {
		return trapTraps.Plus(uint32(unit.Generic) + 1)
	}
	return unit.Enterprise.Plus(0, uint32(unit.Specific))
}

// clock finds the sender's clock and the mark of a test in a message.
func (r *Trap) clock(m exposure.Received, message snmp.Message) exposure.Received {
	for _, o := range message.PDU.Bindings {
		if at, ok := o.Value.When(); ok && slices.Equal(o.Name, trapDate) {
			ahead := at.Sub(m.ReceivedAt).Milliseconds()
			m.ClockMS = &ahead
		}
		if word, ok := strings.CutPrefix(string(o.Value.Bytes), "sekisho test "); ok && slices.Equal(o.Name, trapDescr) && len(word) == 8 {
			m.Mark = untrusted.Line(word)
		}
	}
	return m
}

// acknowledge answers an inform with what it brought.
func acknowledge(message snmp.Message, user snmp.User, now time.Time) []byte {
	message.PDU.Op = snmp.Response
	if message.Version != snmp.V3 {
		return message.Marshal()
	}
	message.Reportable = false
	message.Security.Engine = engineID
	message.Security.Boots, message.Security.Time = lifetime(now)
	b, _ := user.Seal(message, salt(now)) // of a cipher that opened it
	return b
}

// discovery answers who asks for the engine (RFC 3414 section 4): a reportable
// message for another engine than ours. A trap is not reportable, and its
// sender is the engine.
func (r *Trap) discovery(message snmp.Message, now time.Time) []byte {
	if !message.Reportable || bytes.Equal(message.Security.Engine, engineID) {
		return nil
	}
	return r.report(message, unknownEngine, now).Marshal()
}

// report tells why a message was not taken.
func (r *Trap) report(message snmp.Message, counter snmp.OID, now time.Time) snmp.Message {
	boots, seconds := lifetime(now)
	return snmp.Message{
		Version: snmp.V3, ID: message.ID, Context: engineID, Security: snmp.Security{Engine: engineID, Boots: boots, Time: seconds},
		PDU: snmp.PDU{Op: snmp.Report, ID: message.PDU.ID, Bindings: []snmp.Binding{{Name: counter, Value: snmp.Number(snmp.Counter32, 1)}}},
	}
}

// late reports whether a message was made at another time by our clock.
func (r *Trap) late(message snmp.Message, now time.Time) bool {
	boots, seconds := lifetime(now)
	apart := math.Abs(float64(message.Security.Time) - float64(seconds))
	return message.Security.Boots != boots || apart > window
}

// lifetime is how often this engine has booted and for how many seconds it
// runs, by the clock: days and the seconds of the day, so that they only grow.
func lifetime(now time.Time) (boots, seconds uint32) {
	const day = 24 * 60 * 60
	return uint32(now.Unix() / day), uint32(now.Unix() % day)
}

// salt is another one for each message (RFC 3414 section 8.1.1.1).
func salt(now time.Time) uint64 { return uint64(now.UnixNano()) }
