package probe

import (
	"context"

	"sekisho/internal/exposure"
	"sekisho/internal/wire/snmp"
)

// snmpName is the protocol whichever of its versions answered first.
const snmpName = "snmp"

func init() {
	for name, version := range map[string]snmp.Version{"snmpv1": snmp.V1, "snmpv2c": snmp.V2c} {
		register(Probe{
			Name: name, Protocol: snmpName, Transport: exposure.UDP, Ports: []uint16{161}, Match: snmpReplies,
			Hello: func(nonce uint64) []byte { return snmpGet(byte(version), nonce) },
			Run: func(ctx context.Context, s *Session) (exposure.Service, error) {
				return runSNMP(ctx, s, version)
			},
		})
	}
	register(Probe{
		Name: "snmpv3", Protocol: snmpName, Transport: exposure.UDP, Ports: []uint16{161}, Hello: snmpDiscovery, Match: snmpReports,
		Run:   func(ctx context.Context, s *Session) (exposure.Service, error) { return runSNMP(ctx, s, snmp.V3) },
		Tests: []Test{snmpWalk},
	})
}

// The tags of the protocol's units (RFC 3416 section 3).
const (
	snmpGetRequest = 0xa0
	snmpResponse   = 0xa2
	snmpReport     = 0xa8
)

// snmpUptime is the object sysUpTime.0, whose value has four bytes: of the
// objects that every agent has it makes the shortest answer (RFC 3418).
var snmpUptime = []byte{0x2b, 6, 1, 2, 1, 1, 3, 0}

// snmpGet asks for the time since the agent began, with the community that
// RFC 1157 and every agent's documentation give as the usual one. No other is
// ever tried. Agents are silent to a community that they do not know.
func snmpGet(version byte, nonce uint64) []byte {
	asked := ber(berSequence, ber(berSequence, ber(berOID, snmpUptime), ber(berNull)))
	return ber(berSequence, berSmall(berInteger, version), ber(berOctets, []byte("public")),
		ber(snmpGetRequest, berID(uint32(nonce)), berSmall(berInteger, 0), berSmall(berInteger, 0), asked))
}

// snmpReplies wants a response of the same version and request id (RFC 1157
// section 4.1, RFC 3416 section 3).
func snmpReplies(hello, b []byte) bool {
	version, id, ok := snmpID(hello, snmpGetRequest)
	gotVersion, got, replied := snmpID(b, snmpResponse)
	return ok && replied && version == gotVersion && id == got
}

// snmpID takes the version and request id out of a message with a community.
func snmpID(b []byte, unit byte) (version, id uint64, ok bool) {
	outer := berReader{rest: b}
	message := outer.enter(berSequence)
	version = message.number()
	message.take(berOctets)
	pdu := message.enter(unit)
	id = pdu.number()
	return version, id, !pdu.failed
}

// snmpDiscovery asks for the id of the agent's engine, which every agent of
// version 3 tells without a name or key (RFC 3414 section 4).
func snmpDiscovery(nonce uint64) []byte {
	empty := ber(berOctets)
	zero := berSmall(berInteger, 0)
	return ber(berSequence,
		berSmall(berInteger, 3),
		ber(berSequence, // msgGlobalData, RFC 3412 section 6
			berID(uint32(nonce)),
			ber(berInteger, []byte{0x05, 0xc0}),
			ber(berOctets, []byte{0x04}), // reportable, no authentication, no privacy
			berSmall(berInteger, 3)),     // the user-based security model
		ber(berOctets, ber(berSequence, empty, zero, zero, empty, empty, empty)),
		ber(berSequence, empty, empty, ber(snmpGetRequest, berID(uint32(nonce>>32)), zero, zero, ber(berSequence))))
}

// snmpReports wants a report of the same message id that names an engine.
func snmpReports(hello, b []byte) bool {
	asked, _, _, ok := snmpMessage(hello)
	id, engine, unit, replied := snmpMessage(b)
	return ok && replied && id == asked && len(engine) > 0 && (unit == snmpReport || unit == snmpResponse)
}

// snmpMessage takes a message of version 3 apart: its id, the engine that is
// named in its security parameters, and the kind of its unit.
func snmpMessage(b []byte) (id uint64, engine []byte, unit byte, ok bool) {
	outer := berReader{rest: b}
	message := outer.enter(berSequence)
	if message.number() != 3 {
		return 0, nil, 0, false
	}
	global := message.enter(berSequence)
	id = global.number()
	security := message.enter(berOctets).enter(berSequence)
	engine = security.take(berOctets)
	scoped := message.enter(berSequence)
	scoped.take(berOctets)
	scoped.take(berOctets)
	unit, _ = scoped.next()
	return id, engine, unit, !scoped.failed && !global.failed && !security.failed
}
