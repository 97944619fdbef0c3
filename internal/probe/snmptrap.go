package probe

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"slices"
	"strings"
	"time"

	"sekisho/internal/exposure"
	"sekisho/internal/netio"
	"sekisho/internal/untrusted"
	"sekisho/internal/wire/snmp"
)

const snmptrapName = "snmptrap"

func init() {
	register(oneWayProbe(snmptrapName, []uint16{162}, Test{ // RFC 3416 section 4.2.6
		Name: snmptrapName, Port: 162,
		Options: append([]Option{
			{Name: "trap", Kind: Text, Default: "coldStart"},
			{Name: "inform", Kind: Flag},
			{Name: "engine-id", Kind: Text, Default: snmptrapEngine},
		}, snmpSecrets...),
		Check: snmptrapCheck,
		Run:   runSNMPTrap,
	}))
}

// snmptrapEngine is our engine's id where none is given: the text sekisho below
// the number that belongs to nobody (RFC 3411 section 5).
const snmptrapEngine = "800000000473656b6973686f"

// The objects that every notification begins with (RFC 3416 section 4.2.6), and
// those that ours brings.
var (
	snmptrapUptime = snmp.OID{1, 3, 6, 1, 2, 1, 1, 3, 0}
	snmptrapOID    = snmp.OID{1, 3, 6, 1, 6, 3, 1, 1, 4, 1, 0}
	snmptrapDate   = snmp.OID{1, 3, 6, 1, 2, 1, 25, 1, 2, 0}
	snmptrapTraps  = snmp.OID{1, 3, 6, 1, 6, 3, 1, 1, 5}
)

// snmptrapPatience is how long an ICMP error is waited for, which tells that
// nobody takes the trap.
const snmptrapPatience = time.Second

// snmptrapCheck says what is wrong with the options.
func snmptrapCheck(t *Trial) error {
	a, err := snmpWho(t)
	if err != nil {
		return err
	}
	if _, ok := snmp.Standard().Lookup(t.Text("trap")); !ok {
		return fmt.Errorf("--trap %q is none of coldStart, warmStart, linkDown, linkUp, authenticationFailure, egpNeighborLoss, and no object identifier", t.Text("trap"))
	}
	if a.version == snmp.V1 && t.Flag("inform") {
		return errors.New("version 1 has no inform: take --snmp-version 2c or 3")
	}
	_, err = snmptrapEngineOf(t)
	return err
}

// snmptrapEngineOf is our engine's id as it was given.
func snmptrapEngineOf(t *Trial) ([]byte, error) {
	engine := t.Text("engine-id")
	id, err := hex.DecodeString(strings.TrimPrefix(engine, "0x"))
	if err != nil || len(id) < 5 || len(id) > 32 {
		return nil, fmt.Errorf("--engine-id is 5 to 32 bytes in hexadecimal, not %q", engine)
	}
	return id, nil
}

// runSNMPTrap sends one notification. A trap is answered by nobody, so what
// becomes of it only the receiver can tell; an inform is acknowledged (RFC 3416
// section 4.2.7).
func runSNMPTrap(ctx context.Context, s *Session, t *Trial) (exposure.Service, error) {
	svc := exposure.Service{Facts: exposure.Facts{}}
	a, err := snmpAs(s, t)
	if err != nil {
		return svc, err
	}
	what, _ := snmp.Standard().Lookup(t.Text("trap"))
	mark := fmt.Sprintf("sekisho test %08x", uint32(s.peer.nonce()))
	svc.Facts["mark"] = untrusted.Line(mark)
	if t.Flag("inform") {
		return snmptrapInform(ctx, a, t, svc, snmptrapUnit(snmp.Inform, what, mark))
	}
	return svc, snmptrapSend(ctx, a, t, what, mark)
}

// snmptrapUnit is a notification of versions 2c and 3. It brings our clock, so
// that a receiver can tell how far its own is from it.
func snmptrapUnit(op snmp.Op, what snmp.OID, mark string) snmp.PDU {
	now := time.Now()
	unit := snmp.PDU{Op: op, Bindings: []snmp.Binding{
		{Name: snmptrapUptime, Value: snmp.Number(snmp.TimeTicks, snmptrapTicks(now))},
		{Name: snmptrapOID, Value: snmp.Identifier(what)},
	}}
	unit.Bindings = append(unit.Bindings, snmptrapObjects(what)...)
	return snmptrapMarked(unit, mark, now)
}

func snmptrapMarked(unit snmp.PDU, mark string, now time.Time) snmp.PDU {
	unit.Bindings = append(unit.Bindings,
		snmp.Binding{Name: snmpSystem.Plus(1, 0), Value: snmp.Text(mark)},
		snmp.Binding{Name: snmptrapDate, Value: snmp.Date(now)})
	return unit
}

// snmptrapTicks is an uptime in hundredths of a second that only grows: the
// time of the day.
func snmptrapTicks(now time.Time) int64 {
	return now.UTC().Sub(now.UTC().Truncate(24*time.Hour)).Milliseconds() / 10
}

// snmptrapObjects are those that the standard traps must bring (RFC 2863
// section 6, RFC 1215 section 2.2.6).
func snmptrapObjects(what snmp.OID) []snmp.Binding {
	row := snmpIfTable.Plus(2, 1)
	link := func(state int64) []snmp.Binding {
		return []snmp.Binding{
			{Name: row.Plus(1, 1), Value: snmp.Number(snmp.Integer, 1)},
			{Name: row.Plus(7, 1), Value: snmp.Number(snmp.Integer, 1)},
			{Name: row.Plus(8, 1), Value: snmp.Number(snmp.Integer, state)},
		}
	}
	switch {
	case slices.Equal(what, snmptrapTraps.Plus(3)):
		return link(2)
	case slices.Equal(what, snmptrapTraps.Plus(4)):
		return link(1)
	case slices.Equal(what, snmptrapTraps.Plus(6)):
		return []snmp.Binding{{Name: snmp.OID{1, 3, 6, 1, 2, 1, 8, 5, 1, 2, 192, 0, 2, 1}, Value: snmp.Value{Kind: snmp.IPAddress, Bytes: []byte{192, 0, 2, 1}}}}
	}
	return nil
}

// snmptrapV1 is a trap of version 1, in the numbers that RFC 3584 section 3.2
// makes of its object identifier.
func snmptrapV1(what snmp.OID, local netip.Addr, mark string) snmp.PDU {
	now := time.Now()
	unit := snmp.PDU{
		Op: snmp.TrapV1, Agent: local, Enterprise: snmptrapTraps, Uptime: uint32(snmptrapTicks(now)),
		Bindings: snmptrapObjects(what),
	}
	if n := len(snmptrapTraps); what.Below(snmptrapTraps) && len(what) == n+1 && what[n] >= 1 && what[n] <= 6 {
		unit.Generic = int(what[n]) - 1
		return snmptrapMarked(unit, mark, now)
	}
	last := len(what) - 1
	unit.Generic, unit.Specific, unit.Enterprise = 6, int(what[last]&0x7fffffff), what[:last]
	if last > 1 && what[last-1] == 0 {
		unit.Enterprise = what[:last-1]
	}
	return snmptrapMarked(unit, mark, now)
}

// snmptrapInform sends an inform and waits for the answer.
func snmptrapInform(ctx context.Context, a *snmpAgent, t *Trial, svc exposure.Service, unit snmp.PDU) (exposure.Service, error) {
	if a.version == snmp.V3 {
		err := a.discover(ctx)
		t.Step(snmpStep(exposure.Step{ID: "snmp-discover"}, err))
		if err != nil {
			return svc, a.s.fail("discover the engine", err)
		}
		snmpTellEngine(&svc, a.engine)
		svc.Protocol, svc.Confidence = snmpName, exposure.Confirmed // an engine is there; whether it takes notifications is not known yet
	}
	begun := time.Now()
	answer, err := a.ask(ctx, unit)
	if err == nil {
		err = snmpStatus(answer.Status)
	}
	step := snmpStep(exposure.Step{ID: "snmptrap-inform", Asked: "InformRequest " + t.Text("trap")}, unlistened(err))
	if errors.Is(err, os.ErrDeadlineExceeded) {
		step.Detail, step.Why = "", "snmptrap-silent"
	}
	t.Step(step)
	if err != nil {
		return svc, a.s.fail("inform", err)
	}
	svc.Protocol, svc.Confidence = snmptrapName, exposure.Confirmed
	svc.Facts["acknowledged"] = true
	svc.Facts["rtt_us"] = int(time.Since(begun).Microseconds())
	svc.Facts["versions"] = []untrusted.Text{untrusted.Line(a.version.String())}
	if a.version != snmp.V3 && a.community == snmpPublic {
		svc.Facts["community_public"] = true
	}
	return svc, nil
}

// snmptrapSend sends a trap, and hears whether an ICMP error comes back.
func snmptrapSend(ctx context.Context, a *snmpAgent, t *Trial, what snmp.OID, mark string) error {
	c, err := a.s.dialPort(ctx, exposure.UDP, a.s.peer.at.Port())
	if err != nil {
		t.Step(snmpStep(exposure.Step{ID: "snmptrap-send"}, err))
		return a.s.fail("send", err)
	}
	defer c.Close()
	m := snmp.Message{Version: a.version, Community: []byte(a.community)}
	if a.version == snmp.V1 {
		m.PDU = snmptrapV1(what, endOf(c.LocalAddr()).Addr(), mark)
	} else {
		m.PDU = snmptrapUnit(snmp.Trap, what, mark)
		m.PDU.ID = a.id()
	}
	b := []byte(nil)
	if a.version == snmp.V3 {
		b, err = a.sealTrap(m, t)
	} else {
		b = m.Marshal()
	}
	if err != nil {
		return a.s.fail("options", err)
	}
	err = sendAndHear(c, b)
	step := snmpStep(exposure.Step{ID: "snmptrap-send", Asked: a.version.String() + " " + t.Text("trap")}, err)
	step.Local, step.Remote = endOf(c.LocalAddr()), endOf(c.RemoteAddr())
	t.Step(step)
	if err != nil {
		return a.s.fail("send", err)
	}
	t.Step(exposure.Step{ID: "snmptrap-arrival", Result: exposure.StepUnknown, Why: "trap-unanswered"})
	return nil
}

// sendAndHear sends a datagram that nobody answers, unless that was done, and
// waits a moment for the ICMP error that says that nobody took it.
func sendAndHear(c interface {
	Write(b []byte) (int, error)
	Read(b []byte) (int, error)
	SetReadDeadline(t time.Time) error
}, b []byte,
) error {
	if len(b) > 0 { // an empty one would be a message of its own
		if _, err := c.Write(b); err != nil {
			return err
		}
	}
	if err := c.SetReadDeadline(time.Now().Add(snmptrapPatience)); err != nil {
		return err
	}
	_, err := c.Read(make([]byte, 512))
	var network *netio.Error
	if err == nil || errors.Is(err, os.ErrDeadlineExceeded) || !errors.As(err, &network) {
		return nil
	}
	return unlistened(err)
}

// unlistened names the error of a datagram that nobody takes.
func unlistened(err error) error {
	var network *netio.Error
	if errors.As(err, &network) && (network.Reason == exposure.ConnRefused || network.Reason == exposure.Reset) {
		named := *network
		named.Err = errNobodyListens
		return &named
	}
	return err
}

// errNobodyListens is an ICMP port unreachable.
var errNobodyListens = errors.New("nobody listens there (icmp port-unreach)")

// sealTrap makes a trap of version 3, for which we are the engine: its boots and
// time are those of the clock, so that they only grow.
func (a *snmpAgent) sealTrap(m snmp.Message, t *Trial) ([]byte, error) {
	id, err := snmptrapEngineOf(t)
	if err != nil {
		return nil, err
	}
	now := time.Now().Unix()
	const day = 24 * 60 * 60
	m.ID, m.Context = a.id(), id
	m.Security = snmp.Security{Engine: id, Boots: uint32(now / day), Time: uint32(now % day)}
	return a.user.Seal(m, a.s.peer.nonce())
}
