package snmp

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// OID is the name of an object.
type OID []uint32

// errOID is an object identifier that nobody could mean.
var errOID = errors.New("an object identifier is numbers with dots between them, as 1.3.6.1.2.1.1.1.0")

// ParseOID reads 1.3.6.1.2.1.1.1.0, with or without a dot before it.
func ParseOID(s string) (OID, error) {
	words := strings.Split(strings.TrimPrefix(s, "."), ".")
	if len(words) < 2 || len(words) > maxSubs {
		return nil, errOID
	}
	o := make(OID, len(words))
	for i, w := range words {
		n, err := strconv.ParseUint(w, 10, 32)
		if err != nil {
			return nil, errOID
		}
		o[i] = uint32(n)
	}
	if o[0] > 2 || o[0] < 2 && o[1] > 39 {
		return nil, errOID
	}
	return o, nil
}

// String is the identifier as people write it: 1.3.6.1.2.1.1.1.0.
func (o OID) String() string {
	var b strings.Builder
	for i, n := range o {
		if i > 0 {
			b.WriteByte('.')
		}
		b.WriteString(strconv.FormatUint(uint64(n), 10))
	}
	return b.String()
}

// Below reports whether the object is p or stands below it.
func (o OID) Below(p OID) bool { return len(o) >= len(p) && slices.Equal(o[:len(p)], p) }

// Plus is the identifier with more numbers at its end.
func (o OID) Plus(more ...uint32) OID { return append(slices.Clone(o), more...) }

// encode is the identifier as the content of a value (X.690 section 8.19).
func (o OID) encode() []byte {
	if len(o) < 2 {
		return []byte{0} // zeroDotZero, RFC 2578 section 2
	}
	b := appendSub(nil, uint64(o[0])*40+uint64(o[1]))
	for _, n := range o[2:] {
		b = appendSub(b, uint64(n))
	}
	return b
}

func appendSub(b []byte, n uint64) []byte {
	var rest [10]byte
	i := len(rest) - 1
	rest[i] = byte(n & 0x7f)
	for n >>= 7; n > 0; n >>= 7 {
		i--
		rest[i] = byte(n&0x7f) | 0x80
	}
	return append(b, rest[i:]...)
}

// decodeOID reads the content of an identifier.
func decodeOID(b []byte) (OID, error) {
	if len(b) == 0 || len(b) > maxSubs*5 {
		return nil, ErrRange
	}
	count := 1
	for _, c := range b {
		if c&0x80 == 0 {
			count++
		}
	}
	if count > maxSubs {
		return nil, ErrRange
	}
	o := make(OID, 0, count)
	var n uint64
	for i, c := range b {
		n = n<<7 | uint64(c&0x7f)
		if n > 0xffffffff+80 {
			return nil, ErrRange
		}
		if c&0x80 != 0 {
			if i == len(b)-1 {
				return nil, ErrShort
			}
			continue
		}
		if len(o) == 0 {
			top := min(n/40, 2)
			o, n = append(o, uint32(top)), n-top*40
		}
		if n > 0xffffffff {
			return nil, ErrRange
		}
		o, n = append(o, uint32(n)), 0
	}
	return o, nil
}

// Kind is the type of a value, its tag (RFC 2578 section 7.1, RFC 3416
// section 3).
type Kind byte

// The kinds.
const (
	Integer        Kind = tagInteger
	Octets         Kind = tagOctets
	Null           Kind = tagNull
	ObjectID       Kind = tagOID
	IPAddress      Kind = 0x40
	Counter32      Kind = 0x41
	Gauge32        Kind = 0x42
	TimeTicks      Kind = 0x43
	Opaque         Kind = 0x44
	Counter64      Kind = 0x46
	NoSuchObject   Kind = 0x80
	NoSuchInstance Kind = 0x81
	EndOfMIBView   Kind = 0x82
)

// Value is what an object holds. Bytes is what came, as the message has it.
type Value struct {
	Kind  Kind
	Num   int64 // of the whole numbers; a Counter64 beyond 63 bits is cut to them
	Bytes []byte
	OID   OID
}

// None reports whether the agent said that there is no such value.
func (v Value) None() bool {
	return v.Kind == NoSuchObject || v.Kind == NoSuchInstance || v.Kind == EndOfMIBView || v.Kind == Null
}

// Number makes a whole number of a kind.
func Number(k Kind, n int64) Value { return Value{Kind: k, Num: n} }

// Text makes a value of octets.
func Text(s string) Value { return Value{Kind: Octets, Bytes: []byte(s)} }

// Identifier makes a value that names an object.
func Identifier(o OID) Value { return Value{Kind: ObjectID, OID: o} }

func (v Value) encode() []byte {
	switch v.Kind {
	case Integer, Counter32, Gauge32, TimeTicks, Counter64:
		return number(byte(v.Kind), v.Num)
	case ObjectID:
		return tlv(tagOID, v.OID.encode())
	case Octets, IPAddress:
		return tlv(byte(v.Kind), v.Bytes)
	}
	return tlv(tagNull)
}

// decodeValue reads the content of a value.
func decodeValue(tag byte, b []byte) (v Value, err error) {
	v = Value{Kind: Kind(tag), Bytes: b}
	switch v.Kind {
	case Integer:
		v.Num, err = signed(b)
	case Counter32, Gauge32, TimeTicks, Counter64:
		var n uint64
		n, err = unsigned(b)
		v.Num = int64(min(n, 1<<63-1))
	case ObjectID:
		v.OID, err = decodeOID(b)
	case IPAddress:
		if len(b) != 4 && len(b) != 16 {
			err = ErrRange
		}
	case Octets, Opaque, Null, NoSuchObject, NoSuchInstance, EndOfMIBView:
	default:
		err = ErrTag
	}
	return v, err
}

// String is the value as people write it. Octets that are not text are
// hexadecimal; text stands as it came and is somebody else's.
func (v Value) String() string {
	switch v.Kind {
	case Integer, Counter32, Gauge32, Counter64:
		return strconv.FormatInt(v.Num, 10)
	case TimeTicks:
		return Ticks(v.Num).String()
	case ObjectID:
		return v.OID.String()
	case IPAddress:
		a, _ := netip.AddrFromSlice(v.Bytes)
		return a.String()
	case NoSuchObject:
		return "no such object"
	case NoSuchInstance:
		return "no such instance"
	case EndOfMIBView:
		return "end of the view"
	case Null:
		return "null"
	}
	if printable(v.Bytes) {
		return string(v.Bytes)
	}
	return Hex(v.Bytes)
}

// Hex is bytes as people write addresses of hardware: 00:1b:21:0a.
func Hex(b []byte) string {
	s := hex.EncodeToString(b)
	var out strings.Builder
	for i := 0; i < len(s); i += 2 {
		if i > 0 {
			out.WriteByte(':')
		}
		out.WriteString(s[i : i+2])
	}
	return out.String()
}

// printable reports whether octets are meant as text.
func printable(b []byte) bool {
	if !utf8.Valid(b) {
		return false
	}
	for _, c := range b {
		if c < ' ' && c != '\r' && c != '\n' && c != '\t' || c == 0x7f {
			return false
		}
	}
	return true
}

// Ticks is a time in hundredths of a second.
type Ticks int64

// Duration is the time as Go has it.
func (t Ticks) Duration() time.Duration { return time.Duration(t) * 10 * time.Millisecond }

// String is the time as 3d 4h5m6s.
func (t Ticks) String() string {
	d := t.Duration().Truncate(time.Second)
	if days := d / (24 * time.Hour); days > 0 {
		return fmt.Sprintf("%dd %v", days, d%(24*time.Hour))
	}
	return d.String()
}

// when reads a DateAndTime (RFC 2579): year, month, day, hour, minute, second,
// tenths, and where the clock is from UTC if that is told.
func when(b []byte) (time.Time, bool) {
	if len(b) != 8 && len(b) != 11 {
		return time.Time{}, false
	}
	at := time.UTC
	if len(b) == 11 {
		east := int(b[9])*3600 + int(b[10])*60
		if b[8] == '-' {
			east = -east
		}
		at = time.FixedZone("", east)
	}
	year := int(binary.BigEndian.Uint16(b))
	if b[2] < 1 || b[2] > 12 || b[3] < 1 || b[3] > 31 || b[4] > 23 || b[5] > 59 || b[6] > 60 {
		return time.Time{}, false
	}
	return time.Date(year, time.Month(b[2]), int(b[3]), int(b[4]), int(b[5]), int(b[6]), int(b[7])*int(100*time.Millisecond), at), true
}

// When is the value as a DateAndTime, for hrSystemDate.
func (v Value) When() (time.Time, bool) { return when(v.Bytes) }

// Date makes a DateAndTime, to a tenth of a second, in UTC.
func Date(t time.Time) Value {
	t = t.UTC()
	b := binary.BigEndian.AppendUint16(nil, uint16(t.Year()))
	b = append(b, byte(t.Month()), byte(t.Day()), byte(t.Hour()), byte(t.Minute()), byte(t.Second()), byte(t.Nanosecond()/int(100*time.Millisecond)), '+', 0, 0)
	return Value{Kind: Octets, Bytes: b}
}
