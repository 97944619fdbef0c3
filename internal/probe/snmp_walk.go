package probe

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"sekisho/internal/exposure"
	"sekisho/internal/untrusted"
	"sekisho/internal/wire/snmp"
)

// snmpWalk reads the system and interfaces groups of an agent, or the objects
// that were named.
var snmpWalk = Test{
	Name: snmpName, Port: 161,
	Options: append([]Option{
		{Name: "oid", Kind: Words},
		{Name: "mib-dir", Kind: Text},
		{Name: "max-objects", Kind: Number, Default: "200"},
	}, snmpSecrets...),
	Check: func(t *Trial) error {
		_, _, err := snmpNames(t)
		return cmp.Or(err, snmpCheck(t))
	},
	Run: runSNMPWalk,
}

// snmpSecrets are the options that say in whose name is asked.
var snmpSecrets = []Option{
	{Name: "snmp-version", Kind: Text},
	{Name: "community", Kind: Flag},
	{Name: "auth", Kind: Text, Default: "SHA"},
	{Name: "priv", Kind: Text},
}

// snmpHard is the most objects of one walk, whatever was asked for.
const snmpHard = 10_000

// snmpWho makes the way to ask of the options: version 3 with a user, else
// version 2c with a community, public unless another one is to be typed.
func snmpWho(t *Trial) (*snmpAgent, error) {
	a := &snmpAgent{version: snmp.V2c, community: snmpPublic}
	word := strings.TrimPrefix(t.Text("snmp-version"), "v")
	switch {
	case word == "3" || word == "" && t.User() != "":
		var err error
		a.version = snmp.V3
		a.user, err = snmp.Credentials(t.User(), t.Text("auth"), t.Text("priv"), t.Password)
		return a, err
	case word == "1":
		a.version = snmp.V1
	case word != "" && word != "2c" && word != "2":
		return nil, fmt.Errorf("--snmp-version is 1, 2c or 3, not %q", word)
	}
	if t.Flag("community") {
		secret, err := t.Password()
		if err != nil {
			return nil, err
		}
		a.community, _, _ = strings.Cut(secret, "\n")
		a.community = strings.TrimRight(a.community, "\r")
		return a, nil
	}
	return a, nil
}

// snmpCheck says what is wrong with the options of snmpSecrets.
func snmpCheck(t *Trial) error {
	_, err := snmpWho(t)
	return err
}

// snmpAs is snmpWho in a session. What stands in every manual is no secret, and
// is tried where the owner has agreed only.
func snmpAs(s *Session, t *Trial) (*snmpAgent, error) {
	a, err := snmpWho(t)
	if err != nil {
		return nil, s.fail("options", err)
	}
	if a.s = s; a.version != snmp.V3 && a.community == snmpPublic && !s.peer.owned {
		return nil, s.fail("ask", errSNMPUnowned)
	}
	return a, nil
}

func runSNMPWalk(ctx context.Context, s *Session, t *Trial) (exposure.Service, error) {
	svc := exposure.Service{Facts: exposure.Facts{}}
	a, err := snmpAs(s, t)
	if err != nil {
		return svc, err
	}
	names, wanted, err := snmpNames(t)
	if err != nil {
		return svc, s.fail("options", err)
	}
	if err := a.open(ctx, t, &svc); err != nil {
		return svc, err
	}
	objects, err := a.get(ctx, snmpAbout)
	step := snmpStep(exposure.Step{ID: "snmp-get", Asked: "sysDescr.0 sysObjectID.0 sysUpTime.0 sysContact.0 sysName.0 sysLocation.0 ifNumber.0"}, err)
	if errors.Is(cause(err), os.ErrDeadlineExceeded) {
		step.Why = a.silence()
	}
	t.Step(step)
	if err != nil {
		return svc, s.fail("get", err)
	}
	a.known(&svc)
	snmpTell(&svc, objects)
	s.Learn(svc)
	if a.version == snmp.V2c {
		r := &snmpRun{s: s, svc: svc}
		soon, cancel := a.soon(ctx)
		r.amplifies(soon, a)
		cancel()
	}
	left := min(t.Number("max-objects"), snmpHard)
	for _, top := range wanted {
		n, err := a.walk(ctx, t, names, top, left)
		if left -= n; err != nil {
			return svc, s.fail("walk "+names.Name(top), err)
		}
	}
	if left <= 0 {
		t.Step(exposure.Step{ID: "snmp-walk", Result: exposure.StepSkipped, Why: "snmp-enough"})
	}
	return svc, nil
}

// known says that the agent answered.
func (a *snmpAgent) known(svc *exposure.Service) {
	svc.Protocol, svc.Confidence = snmpName, exposure.Confirmed
	svc.Facts["versions"] = []untrusted.Text{untrusted.Line(a.version.String())}
	if a.version != snmp.V3 && a.community == snmpPublic {
		svc.Facts["community_public"] = true
	}
}

// silence is what it means when no answer comes: agents drop what they cannot
// decrypt, and what has a community that they do not know (RFC 1157 section 4.1).
func (a *snmpAgent) silence() string {
	switch {
	case a.version != snmp.V3:
		return "snmp-community"
	case a.user.Priv.Name != "":
		return "snmp-cipher"
	}
	return ""
}

// open finds the engine of an agent of version 3, which is known from then on.
func (a *snmpAgent) open(ctx context.Context, t *Trial, svc *exposure.Service) error {
	if a.version != snmp.V3 {
		return nil
	}
	err := a.discover(ctx)
	t.Step(snmpStep(exposure.Step{ID: "snmp-discover"}, err))
	if err != nil {
		return a.s.fail("discover the engine", err)
	}
	a.known(svc)
	snmpTellEngine(svc, a.engine)
	a.s.Learn(*svc)
	return nil
}

// snmpStep is a step with what became of it.
func snmpStep(step exposure.Step, err error) exposure.Step {
	var no snmpRefusal
	switch {
	case err == nil:
		step.Result = exposure.StepOK
	case errors.As(err, &no):
		step.Result, step.Said, step.Why = exposure.StepRefused, untrusted.Line(string(no)), snmpRefusals[no]
	case errors.Is(err, errNobodyListens):
		step.Result, step.Why = exposure.StepFailed, "nobody-listens"
	default:
		step.Result = exposure.StepFailed
		step.Detail = untrusted.New(cause(err).Error(), maxErrorText).Terminal()
	}
	return step
}

// walk reads the objects below one, in their order, and shows each as a step.
// An agent whose order goes backwards is left: it would never end (RFC 3416
// section 4.2.2).
func (a *snmpAgent) walk(ctx context.Context, t *Trial, names *snmp.Names, top snmp.OID, limit int) (found int, err error) {
	at := top
	for found < limit {
		unit := snmp.PDU{Op: snmp.GetNext, Bindings: []snmp.Binding{{Name: at, Value: snmp.Value{Kind: snmp.Null}}}}
		if a.version != snmp.V1 {
			unit.Op, unit.Index = snmp.GetBulk, 10
		}
		answer, err := a.ask(ctx, unit)
		if err == nil && (answer.Status != snmpNoSuchName || a.version != snmp.V1) {
			err = snmpStatus(answer.Status)
		}
		if err != nil {
			t.Step(snmpStep(exposure.Step{ID: "snmp-walk", Asked: names.Name(top)}, err))
			return found, err
		}
		next := at
		for _, b := range answer.Bindings {
			if answer.Status != 0 || !b.Name.Below(top) || b.Value.None() || slices.Compare(b.Name, next) <= 0 || found == limit {
				return a.last(ctx, t, names, top, found)
			}
			next = b.Name
			found++
			t.Step(exposure.Step{ID: "snmp-object", Result: exposure.StepOK, Asked: names.Name(b.Name), Said: untrusted.New(names.Show(b.Name, b.Value), maxFact)})
		}
		if slices.Equal(next, at) {
			break
		}
		at = next
	}
	return found, nil
}

// last is the end of a walk: where nothing stood below the name, it may be an
// object itself.
func (a *snmpAgent) last(ctx context.Context, t *Trial, names *snmp.Names, top snmp.OID, found int) (int, error) {
	if found > 0 {
		return found, nil
	}
	objects, err := a.get(ctx, []snmp.OID{top})
	step := exposure.Step{ID: "snmp-object", Asked: names.Name(top)}
	if err == nil && len(objects) == 1 && !objects[0].Value.None() {
		step.Said, found = untrusted.New(names.Show(top, objects[0].Value), maxFact), 1
	} else if err == nil {
		err = snmpRefusal("noSuchObject")
	}
	t.Step(snmpStep(step, err))
	var no snmpRefusal
	if errors.As(err, &no) {
		err = nil // that there is none is an answer
	}
	return found, err
}

// snmpNames reads the vendors' modules and the objects that were asked for.
func snmpNames(t *Trial) (*snmp.Names, []snmp.OID, error) {
	names := snmp.Standard()
	if dir := t.Text("mib-dir"); dir != "" {
		var err error
		if names, err = SNMPNames(dir); err != nil {
			return nil, nil, err
		}
	}
	var wanted []snmp.OID
	for _, word := range t.Words("oid") {
		o, ok := names.Lookup(strings.TrimSpace(word))
		if !ok {
			return nil, nil, fmt.Errorf("--oid %q is no object that is known: give its numbers, or the folder of its module with --mib-dir", word)
		}
		wanted = append(wanted, o)
	}
	if wanted == nil {
		wanted = []snmp.OID{snmpSystem, snmpIfTable}
	}
	return names, wanted, nil
}

// Limits of a folder of modules.
const (
	snmpMaxFiles = 2000
	snmpMaxBytes = 64 << 20
)

// SNMPNames are the standard names and those of every MIB module in a folder.
func SNMPNames(dir string) (*snmp.Names, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("--mib-dir: %w", err)
	}
	names, size, read := snmp.Extended(), int64(0), 0
	for _, e := range entries {
		info, err := e.Info()
		if err != nil || !info.Mode().IsRegular() || info.Size() > snmp.MaxMIB {
			continue
		}
		if size += info.Size(); size > snmpMaxBytes || read == snmpMaxFiles {
			return nil, fmt.Errorf("--mib-dir %s holds more than %d files or %d MiB", dir, snmpMaxFiles, snmpMaxBytes>>20)
		}
		b, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err = cmp.Or(err, names.Read(b)); err != nil {
			return nil, fmt.Errorf("--mib-dir: %s: %w", e.Name(), err)
		}
		read++
	}
	names.Resolve()
	return names, nil
}
