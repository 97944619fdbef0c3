package snmp

import (
	"math"
	"net/netip"
)

// Flags of a message of version 3 (RFC 3412 section 6.4).
const (
	flagSigned     = 1
	flagHidden     = 2
	flagReportable = 4
)

// Marshal writes a message whose unit is neither signed nor encrypted.
func (m Message) Marshal() []byte {
	if m.Version != V3 {
		return tlv(tagSequence, number(tagInteger, int64(m.Version)), tlv(tagOctets, m.Community), m.PDU.encode())
	}
	b, _ := m.encode(nil, nil, m.scoped())
	return b
}

// encode writes a message of version 3 and says where in it the digest is.
func (m Message) encode(digest, salt, data []byte) (b []byte, at int) {
	s := m.Security
	var flags byte
	if s.Signed {
		flags |= flagSigned
	}
	if s.Hidden {
		flags |= flagHidden
	}
	if m.Reportable {
		flags |= flagReportable
	}
	after := tlv(tagOctets, salt)
	security := tlv(tagOctets, tlv(tagSequence,
		tlv(tagOctets, s.Engine), number(tagInteger, int64(s.Boots)), number(tagInteger, int64(s.Time)),
		tlv(tagOctets, []byte(s.User)), tlv(tagOctets, digest), after))
	global := tlv(tagSequence, number(tagInteger, int64(m.ID)), number(tagInteger, maxDatagram),
		tlv(tagOctets, []byte{flags}), number(tagInteger, securityModel))
	b = tlv(tagSequence, number(tagInteger, int64(V3)), global, security, data)
	return b, len(b) - len(data) - len(after) - len(digest)
}

// scoped is the unit with the context that it belongs to.
func (m Message) scoped() []byte {
	return tlv(tagSequence, tlv(tagOctets, m.Context), tlv(tagOctets), m.PDU.encode())
}

func (p PDU) encode() []byte {
	var list []byte
	for _, b := range p.Bindings {
		list = appendTLV(list, tagSequence, tlv(tagOID, b.Name.encode()), b.Value.encode())
	}
	bindings := tlv(tagSequence, list)
	if p.Op != TrapV1 {
		return tlv(byte(p.Op), number(tagInteger, int64(p.ID)), number(tagInteger, int64(p.Status)), number(tagInteger, int64(p.Index)), bindings)
	}
	agent := netip.IPv4Unspecified()
	if p.Agent.Unmap().Is4() {
		agent = p.Agent.Unmap()
	}
	return tlv(byte(p.Op), tlv(tagOID, p.Enterprise.encode()), tlv(byte(IPAddress), agent.AsSlice()),
		number(tagInteger, int64(p.Generic)), number(tagInteger, int64(p.Specific)), number(byte(TimeTicks), int64(p.Uptime)), bindings)
}

// Parse reads a message. The unit of one that is encrypted stays Sealed; no
// digest is looked at. Values share their memory with b.
func Parse(b []byte) (Message, error) {
	m, _, err := parse(b)
	return m, err
}

// envelope is what of a message of version 3 its digest and cipher need.
type envelope struct {
	digest []byte // where it is in the message
	salt   []byte
	hidden []byte // the encrypted unit
}

func parse(b []byte) (Message, envelope, error) {
	var e envelope
	outer := &reader{rest: b}
	r := outer.enter(tagSequence)
	m := Message{Version: Version(r.integer(0, 255))}
	switch {
	case r.err != nil:
	case m.Version == V1 || m.Version == V2c:
		m.Community = r.take(tagOctets)
		m.PDU, r.err = parsePDU(r)
	case m.Version == V3:
		e, r.err = m.parseV3(r)
	default:
		r.err = ErrVersion
	}
	return m, e, r.err
}

func (m *Message) parseV3(r *reader) (envelope, error) {
	var e envelope
	global := r.enter(tagSequence)
	m.ID = int32(global.integer(0, math.MaxInt32))
	global.integer(0, math.MaxInt32) // the longest message that it takes
	flags := global.take(tagOctets)
	model := global.integer(0, math.MaxInt32)
	inner := r.enter(tagOctets)
	if global.err != nil || r.err != nil {
		return e, first(global.err, r.err)
	}
	if len(flags) != 1 || model != securityModel {
		return e, ErrRange
	}
	m.Reportable = flags[0]&flagReportable != 0
	m.Security.Signed, m.Security.Hidden = flags[0]&flagSigned != 0, flags[0]&flagHidden != 0
	security := inner.enter(tagSequence)
	m.Security.Engine = security.take(tagOctets)
	m.Security.Boots = uint32(security.integer(0, math.MaxInt32))
	m.Security.Time = uint32(security.integer(0, math.MaxInt32))
	m.Security.User = string(security.take(tagOctets))
	e.digest, e.salt = security.take(tagOctets), security.take(tagOctets)
	if security.err != nil {
		return e, security.err
	}
	if len(m.Security.Engine) > maxEngineID || len(m.Security.User) > maxEngineID {
		return e, ErrRange
	}
	if m.Security.Hidden {
		e.hidden = r.take(tagOctets)
		m.Sealed = true
		return e, r.err
	}
	return e, m.parseScoped(r)
}

func (m *Message) parseScoped(r *reader) error {
	scoped := r.enter(tagSequence)
	m.Context = scoped.take(tagOctets)
	scoped.take(tagOctets)
	if scoped.err != nil {
		return scoped.err
	}
	var err error
	m.PDU, err = parsePDU(scoped)
	return err
}

func first(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// parsePDU reads the unit that comes next.
func parsePDU(r *reader) (PDU, error) {
	tag, content := r.next()
	p, u := PDU{Op: Op(tag)}, &reader{rest: content, err: r.err}
	switch p.Op {
	case TrapV1:
		p.Enterprise, u.err = oidOf(u)
		agent, _ := netip.AddrFromSlice(u.take(byte(IPAddress)))
		p.Agent = agent
		p.Generic = int(u.integer(0, math.MaxInt32))
		p.Specific = int(u.integer(math.MinInt32, math.MaxInt32))
		ticks, err := unsigned(u.take(byte(TimeTicks)))
		p.Uptime = uint32(ticks)
		u.err = first(u.err, err)
	case Get, GetNext, Response, GetBulk, Inform, Trap, Report:
		p.ID = int32(u.integer(math.MinInt32, math.MaxInt32))
		p.Status = int(u.integer(0, math.MaxInt32))
		p.Index = int(u.integer(0, math.MaxInt32))
	default:
		u.err = first(u.err, ErrTag)
	}
	list := u.enter(tagSequence)
	for list.err == nil && len(list.rest) > 0 {
		if len(p.Bindings) == maxBindings {
			return p, ErrMany
		}
		one := list.enter(tagSequence)
		name, err := oidOf(one)
		tag, content := one.next()
		if err = first(list.err, err, one.err); err != nil {
			return p, err
		}
		value, err := decodeValue(tag, content)
		if err != nil {
			return p, err
		}
		p.Bindings = append(p.Bindings, Binding{name, value})
	}
	return p, first(u.err, list.err)
}

// oidOf takes an object identifier.
func oidOf(r *reader) (OID, error) {
	b := r.take(tagOID)
	if r.err != nil {
		return nil, r.err
	}
	return decodeOID(b)
}
