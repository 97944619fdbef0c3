package probe

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"sekisho/internal/wire/snmp"
)

// snmpPublic is the community that RFC 1157 and every agent's documentation
// give as the usual one.
const snmpPublic = "public"

// The causes that belong to the protocol.
var (
	errSNMPUnowned = errors.New("the community public is tried on own and consented addresses only")
	errSNMPEngine  = errors.New("agent names no engine")
)

// snmpRefusal is what an agent answers instead of values: the name of a counter
// of RFC 3414 section 5 or of an error of RFC 3416 section 3.
type snmpRefusal string

// Error is the name as the agent's manual has it.
func (r snmpRefusal) Error() string { return "refused: " + string(r) }

// snmpRefusals are the words for the reports of version 3 that a person can do
// something about (RFC 3414 section 3.2).
var snmpRefusals = map[snmpRefusal]string{
	"usmStatsUnknownUserNames":     "snmp-unknown-user",
	"usmStatsWrongDigests":         "snmp-wrong-password",
	"usmStatsUnsupportedSecLevels": "snmp-other-level",
	"usmStatsDecryptionErrors":     "snmp-wrong-privacy",
	"usmStatsNotInTimeWindows":     "snmp-other-time",
	"usmStatsUnknownEngineIDs":     "snmp-unknown-engine",
}

// snmpErrors are the names of error-status.
var snmpErrors = []string{
	"noError", "tooBig", "noSuchName", "badValue", "readOnly", "genErr", "noAccess", "wrongType", "wrongLength", "wrongEncoding",
	"wrongValue", "noCreation", "inconsistentValue", "resourceUnavailable", "commitFailed", "undoFailed", "authorizationError",
	"notWritable", "inconsistentName",
}

// snmpStatus is the error that a status names; nil for none.
func snmpStatus(status int) error {
	switch {
	case status == 0:
		return nil
	case status > 0 && status < len(snmpErrors):
		return snmpRefusal(snmpErrors[status])
	}
	return snmpRefusal(fmt.Sprintf("error %d", status))
}

// snmpNoSuchName is the status with which version 1 answers for an object that
// is not there, in place of all the others.
const snmpNoSuchName = 2

// snmpAgent is one way to ask an agent: in a version, with what it takes.
type snmpAgent struct {
	s         *Session
	version   snmp.Version
	community string
	user      snmp.User

	engine snmp.Security // what the agent says of its engine
	read   time.Time     // when it said so
}

// patience is how long one more question waits for its answer, once the agent
// has answered another one.
const snmpPatience = 1500 * time.Millisecond

// soon bounds one question.
func (a *snmpAgent) soon(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, snmpPatience)
}

// id is the id of a request: 31 bits, of which the highest is set so that it
// takes four bytes, and the sign is not.
func (a *snmpAgent) id() int32 { return int32(a.s.peer.nonce()&0x3fffffff | 0x40000000) }

// ask sends a unit and returns the one that answers it.
func (a *snmpAgent) ask(ctx context.Context, unit snmp.PDU) (snmp.PDU, error) {
	unit.ID = a.id()
	if a.version == snmp.V3 {
		return a.askV3(ctx, unit)
	}
	request := snmp.Message{Version: a.version, Community: []byte(a.community), PDU: unit}.Marshal()
	var answer snmp.PDU
	_, err := a.s.Exchange(ctx, request, func(b []byte) bool {
		m, err := snmp.Parse(bytes.Clone(b))
		answer = m.PDU
		return err == nil && m.Version == a.version && m.PDU.Op == snmp.Response && m.PDU.ID == unit.ID
	})
	return answer, err
}

// askV3 is ask in version 3. An agent whose clock we had wrong tells it, signed
// by its key, and is asked again once (RFC 3414 section 3.2).
func (a *snmpAgent) askV3(ctx context.Context, unit snmp.PDU) (snmp.PDU, error) {
	for tries := 0; ; tries++ {
		m, err := a.exchangeV3(ctx, unit)
		if err != nil {
			return snmp.PDU{}, err
		}
		if m.PDU.Op != snmp.Report {
			return m.PDU, nil
		}
		why := snmpReported(m.PDU)
		if why != "usmStatsNotInTimeWindows" || tries > 0 || !m.Security.Signed {
			return snmp.PDU{}, snmpRefusal(why)
		}
		a.engine, a.read = m.Security, time.Now()
	}
}

func (a *snmpAgent) exchangeV3(ctx context.Context, unit snmp.PDU) (snmp.Message, error) {
	asked := snmp.Message{Version: snmp.V3, ID: a.id(), Reportable: unit.Op != snmp.Trap, Context: a.engine.Engine, PDU: unit}
	asked.Security = snmp.Security{Engine: a.engine.Engine, Boots: a.engine.Boots}
	if !a.read.IsZero() {
		asked.Security.Time = a.engine.Time + uint32(time.Since(a.read)/time.Second)
	}
	request, err := a.user.Seal(asked, a.s.peer.nonce())
	if err != nil {
		return snmp.Message{}, err
	}
	var answer snmp.Message
	_, err = a.s.Exchange(ctx, request, func(b []byte) bool {
		m, err := a.user.Open(bytes.Clone(b))
		answer = m
		return err == nil && m.Version == snmp.V3 && m.ID == asked.ID && !m.Sealed &&
			(m.PDU.Op == snmp.Report || m.PDU.Op == snmp.Response && m.PDU.ID == unit.ID)
	})
	return answer, err
}

// snmpReported is the name of the counter that a report shows.
func snmpReported(unit snmp.PDU) string {
	if len(unit.Bindings) == 0 {
		return "report without a reason"
	}
	name := snmp.Standard().Name(unit.Bindings[0].Name)
	if at := len(name) - len(".0"); at > 0 && name[at:] == ".0" {
		name = name[:at]
	}
	return name
}

// discover asks for the engine, which every agent of version 3 tells without a
// name or key (RFC 3414 section 4).
func (a *snmpAgent) discover(ctx context.Context) error {
	nonce := a.s.peer.nonce()
	hello := snmpDiscovery(nonce)
	var answer snmp.Message
	_, err := a.s.Exchange(ctx, hello, func(b []byte) bool {
		m, err := snmp.Parse(bytes.Clone(b))
		answer = m
		return err == nil && snmpReports(hello, b)
	})
	switch {
	case err != nil:
		return err
	case len(answer.Security.Engine) == 0:
		return errSNMPEngine
	}
	a.engine, a.read = answer.Security, time.Now()
	return nil
}

// get asks for objects and returns those that there are. Version 1 answers for
// all of them with the first that is not there, which is left out then.
func (a *snmpAgent) get(ctx context.Context, names []snmp.OID) ([]snmp.Binding, error) {
	for {
		unit := snmp.PDU{Op: snmp.Get}
		for _, name := range names {
			unit.Bindings = append(unit.Bindings, snmp.Binding{Name: name, Value: snmp.Value{Kind: snmp.Null}})
		}
		answer, err := a.ask(ctx, unit)
		if err != nil {
			return nil, err
		}
		if answer.Status != snmpNoSuchName || answer.Index < 1 || answer.Index > len(names) || len(names) == 1 {
			return answer.Bindings, snmpStatus(answer.Status)
		}
		rest := make([]snmp.OID, 0, len(names))
		names = append(append(rest, names[:answer.Index-1]...), names[answer.Index:]...)
	}
}
