package scan

import (
	"encoding/binary"
	"errors"
	"net/netip"
	"slices"
	"strings"
	"time"

	"sekisho/internal/exposure"
	"sekisho/internal/untrusted"
)

// A block of the journal is records, one after the other: a kind, then numbers
// as varints (encoding/binary). Ports are named by their place in the order of
// the lane that asked them: they are asked, and mostly answer, in that order,
// so that thousands of them are one run in a few bytes.
type recordKind byte

const (
	laneRecord  recordKind = 1 + iota // a lane begins: which ports its places mean
	triedRecord                       // ports were asked so often, and what could come of it has come
	endsRecord                        // ports have ended, alike and without a word more
	endRecord                         // one port has ended, with all that is known
	hintRecord                        // what stands of a port unless another try learns more
	hostRecord                        // what the way to a host is like
	againRecord                       // ports whose last try does not count: the line was dead
)

// record is one of them. What a kind does not need is zero.
type record struct {
	kind   recordKind
	lane   int
	def    laneDef
	tries  uint8
	places []uint32     // rising
	ends   []conclusion // their index is a place
	host   int
	way    wayPast
}

// laneDef is what a lane asks. Its targets are those of the request, in
// canonical order.
type laneDef struct {
	job       int
	transport exposure.Transport
	seed      uint64
	ranks     []rankSpan // of its targets, rising
	places    int        // how many ports it had to ask
	sum       uint32     // of the list of them, when they were few; else 0
}

// rankSpan is some numbers in a row.
type rankSpan struct{ first, count int }

// wayPast is what was measured on the way to a host.
type wayPast struct {
	seen                  roundTrips
	longest, srtt, rttvar time.Duration
}

// Bounds of what a record may hold, so that no file makes its reader take much
// memory.
const (
	mostPlaces = 1 << 14
	mostText   = 512
)

// reasons by their number in the journal: only ever appended to.
var reasons = []exposure.Reason{
	"", exposure.SynAck, exposure.ConnRefused, exposure.Reset, exposure.NoResponse, exposure.PortUnreach,
	exposure.ProtoUnreach, exposure.AdminProhibited, exposure.HostUnreach, exposure.NetUnreach,
	exposure.TimeExceeded, exposure.ProtoResponse, exposure.EchoReply, exposure.LocalError,
}

// Flags of a conclusion.
const (
	flagLocal = 1 << iota
	flagVoid
	flagTimed // round-trip times follow
	flagError
	flagShut
	mostFlags
)

// plain reports whether a conclusion can stand in a list of like ones.
func (c *conclusion) plain() bool {
	return c.note == noNote && c.err == nil && !c.by.IsValid() && !c.from.IsValid() && !c.void
}

func (c *conclusion) flags() byte {
	var f byte
	for _, flag := range []struct {
		on  bool
		bit byte
	}{{c.local, flagLocal}, {c.void, flagVoid}, {c.rtt > 0, flagTimed}, {c.err != nil, flagError}, {c.shut, flagShut}} {
		if flag.on {
			f |= flag.bit
		}
	}
	return f
}

func appendLane(b []byte, d *laneDef) []byte {
	b = append(b, byte(laneRecord))
	b = binary.AppendUvarint(b, uint64(d.job))
	b = append(b, byte(d.transport))
	b = binary.LittleEndian.AppendUint64(b, d.seed)
	b = binary.AppendUvarint(b, uint64(d.places))
	b = binary.LittleEndian.AppendUint32(b, d.sum)
	b = binary.AppendUvarint(b, uint64(len(d.ranks)))
	next := 0
	for _, s := range d.ranks {
		b = binary.AppendUvarint(b, uint64(s.first-next))
		b = binary.AppendUvarint(b, uint64(s.count))
		next = s.first + s.count
	}
	return b
}

// appendPlaces writes rising places: gaps, and the lengths of what stands in a
// row.
func appendPlaces(b []byte, places []uint32) []byte {
	b = binary.AppendUvarint(b, uint64(len(places)))
	next := uint32(0)
	for i := 0; i < len(places); {
		row := i + 1
		for row < len(places) && places[row] == places[row-1]+1 {
			row++
		}
		gap := uint64(places[i]-next) << 1
		if row == i+1 {
			b = binary.AppendUvarint(b, gap)
		} else {
			b = binary.AppendUvarint(b, gap|1)
			b = binary.AppendUvarint(b, uint64(row-i-2))
		}
		next = places[row-1] + 1
		i = row
	}
	return b
}

func appendTried(b []byte, lane int, tries uint8, places []uint32) []byte {
	for some := range slices.Chunk(places, mostPlaces) {
		b = append(b, byte(triedRecord))
		b = binary.AppendUvarint(b, uint64(lane))
		b = append(b, tries)
		b = appendPlaces(b, some)
	}
	return b
}

// appendAgain takes a try of each port back.
func appendAgain(b []byte, lane int, places []uint32) []byte {
	for some := range slices.Chunk(places, mostPlaces) {
		b = append(b, byte(againRecord))
		b = binary.AppendUvarint(b, uint64(lane))
		b = appendPlaces(b, some)
	}
	return b
}

// appendEnds writes plain conclusions of one state, reason, number of tries and
// set of flags; their index is a place, and rises.
func appendEnds(b []byte, lane int, ends []conclusion) []byte {
	first := &ends[0]
	flags := first.flags()
	b = append(b, byte(endsRecord))
	b = binary.AppendUvarint(b, uint64(lane))
	b = append(b, byte(first.state), byte(slices.Index(reasons, first.reason)), flags, uint8(first.tries))
	at := first.at.UnixMicro()
	b = binary.AppendUvarint(b, uint64(at))
	places := make([]uint32, len(ends))
	for i := range ends {
		places[i] = ends[i].index
	}
	b = appendPlaces(b, places)
	if flags&flagTimed == 0 {
		return b
	}
	for i := range ends {
		now := ends[i].at.UnixMicro()
		b = binary.AppendUvarint(b, uint64(ends[i].rtt/time.Microsecond))
		b = binary.AppendVarint(b, now-at)
		at = now
	}
	return b
}

// appendEnd writes one conclusion, or a hint, in full.
func appendEnd(b []byte, kind recordKind, lane int, c *conclusion) []byte {
	b = append(b, byte(kind))
	b = binary.AppendUvarint(b, uint64(lane))
	b = binary.AppendUvarint(b, uint64(c.index))
	flags := c.flags()
	b = append(b, byte(c.state), byte(slices.Index(reasons, c.reason)), flags, uint8(c.tries), byte(c.note))
	b = binary.AppendUvarint(b, uint64(c.at.UnixMicro()))
	b = binary.AppendUvarint(b, uint64(c.rtt/time.Microsecond))
	by, from := "", ""
	if c.by.IsValid() {
		by = c.by.String()
	}
	if c.from.IsValid() {
		from = c.from.String()
	}
	b = appendText(appendText(b, by), from)
	if flags&flagError != 0 {
		b = appendText(b, c.err.Error())
	}
	return b
}

func appendText(b []byte, s string) []byte {
	s = s[:min(len(s), mostText)]
	b = binary.AppendUvarint(b, uint64(len(s)))
	return append(b, s...)
}

func appendHost(b []byte, lane, host int, w wayPast) []byte {
	b = append(b, byte(hostRecord))
	for _, n := range []int{lane, host, w.seen.answered, w.seen.lost, int(w.longest / time.Microsecond), int(w.srtt / time.Microsecond), int(w.rttvar / time.Microsecond)} {
		b = binary.AppendUvarint(b, uint64(n))
	}
	return b
}

// errRecord is why a record cannot be one of ours.
var errRecord = errors.New("damaged")

// recordReader takes records out of a block. After the first thing that cannot
// be it says so, and everything reads as 0.
type recordReader struct {
	b     []byte
	wrong bool
}

func (r *recordReader) fail() { r.b, r.wrong = nil, true }

// number reads a number of at most most.
func (r *recordReader) number(most int) int {
	n, size := binary.Uvarint(r.b)
	if size <= 0 || most < 0 || n > uint64(most) {
		r.fail()
		return 0
	}
	r.b = r.b[size:]
	return int(n)
}

func (r *recordReader) signed(most int64) int64 {
	n, size := binary.Varint(r.b)
	if size <= 0 || n > most || n < -most {
		r.fail()
		return 0
	}
	r.b = r.b[size:]
	return n
}

func (r *recordReader) bytes(n int) []byte {
	if n > len(r.b) {
		r.fail()
		return make([]byte, min(n, mostText))
	}
	b := r.b[:n]
	r.b = r.b[n:]
	return b
}

func (r *recordReader) byte() byte { return r.bytes(1)[0] }

// address reads an address as text. The name of an interface in it must not
// move the cursor of a terminal either.
func (r *recordReader) address() string {
	s := r.text()
	if strings.ContainsFunc(s, func(c rune) bool { return c <= ' ' || c > '~' }) {
		r.fail()
	}
	return s
}

func (r *recordReader) text() string { return string(r.bytes(r.number(mostText))) }

// laneSize bounds what may be said of a lane.
type laneSize struct{ places, hosts int }

// mostMicros bounds a time in the journal: it is before the year 2270.
const mostMicros = 1 << 53

// read takes the next record in, which is about one of the given lanes. The
// record is valid until the next one is read.
func (r *recordReader) read(into *record, lanes []laneSize, requests []Request) error {
	into.kind = recordKind(r.byte())
	if into.kind == laneRecord {
		r.readLane(&into.def, requests)
		return r.err()
	}
	into.lane = r.number(len(lanes) - 1)
	if r.wrong {
		return errRecord
	}
	size := lanes[into.lane]
	switch into.kind {
	case triedRecord:
		if into.tries = r.byte(); into.tries == settled {
			return errRecord
		}
		into.places = r.places(into.places[:0], size.places)
	case againRecord:
		into.places = r.places(into.places[:0], size.places)
	case endsRecord:
		r.readEnds(into, size.places)
	case endRecord, hintRecord:
		r.readEnd(into, size.places)
	case hostRecord:
		into.host = r.number(size.hosts - 1)
		into.way.seen = roundTrips{r.number(1 << 40), r.number(1 << 40)}
		into.way.longest = time.Duration(r.number(1<<40)) * time.Microsecond
		into.way.srtt = time.Duration(r.number(1<<40)) * time.Microsecond
		into.way.rttvar = time.Duration(r.number(1<<40)) * time.Microsecond
	default:
		return errRecord
	}
	return r.err()
}

func (r *recordReader) err() error {
	if r.wrong {
		return errRecord
	}
	return nil
}

func (r *recordReader) readLane(d *laneDef, requests []Request) {
	*d = laneDef{job: r.number(len(requests) - 1), ranks: d.ranks[:0]}
	d.transport = exposure.Transport(r.byte())
	d.seed = binary.LittleEndian.Uint64(r.bytes(8))
	d.places = r.number(1 << 31)
	d.sum = binary.LittleEndian.Uint32(r.bytes(4))
	spans := r.number(1 << 24)
	if r.wrong {
		return
	}
	request := &requests[d.job]
	next, hosts := 0, 0
	for range spans {
		s := rankSpan{first: next + r.number(len(request.Targets)-next)}
		s.count = r.number(len(request.Targets) - s.first)
		if r.wrong || s.count == 0 {
			r.fail()
			return
		}
		d.ranks = append(d.ranks, s)
		next = s.first + s.count
		hosts += s.count
	}
	all := hosts * len(request.ports(d.transport))
	if all == 0 || all > 1<<31 || d.places > all || d.sum == 0 && d.places != all {
		r.fail()
	}
}

// places reads rising places below size.
func (r *recordReader) places(into []uint32, size int) []uint32 {
	count := r.number(mostPlaces)
	next := 0
	for len(into) < count {
		token := r.number(2*size + 1)
		place, row := next+token>>1, 1
		if token&1 != 0 {
			row = r.number(count) + 2
		}
		if r.wrong || place+row > size || len(into)+row > count {
			r.fail()
			return into[:0]
		}
		for i := range row {
			into = append(into, uint32(place+i))
		}
		next = place + row
	}
	return into
}

// readState reads what conclusions of all kinds have.
func (r *recordReader) readState() (c conclusion, flags byte) {
	c.state = exposure.State(r.byte())
	reason := int(r.byte())
	flags = r.byte()
	c.tries = int(r.byte())
	if c.state > exposure.OpenFiltered || reason >= len(reasons) || flags >= mostFlags || c.tries == settled {
		r.fail()
		return c, 0
	}
	c.reason = reasons[reason]
	c.local, c.void, c.shut = flags&flagLocal != 0, flags&flagVoid != 0, flags&flagShut != 0
	return c, flags
}

func (r *recordReader) readEnds(into *record, size int) {
	c, flags := r.readState()
	at := int64(r.number(mostMicros))
	into.places = r.places(into.places[:0], size)
	into.ends = into.ends[:0]
	for _, place := range into.places {
		c.index = place
		if flags&flagTimed != 0 {
			c.rtt = time.Duration(r.number(1<<40)) * time.Microsecond
			at += r.signed(mostMicros)
		}
		c.at = time.UnixMicro(at)
		into.ends = append(into.ends, c)
	}
}

func (r *recordReader) readEnd(into *record, size int) {
	place := r.number(size - 1)
	c, flags := r.readState()
	c.index = uint32(place)
	c.note = note(r.byte())
	c.at = time.UnixMicro(int64(r.number(mostMicros)))
	c.rtt = time.Duration(r.number(1<<40)) * time.Microsecond
	var err error
	if by := r.address(); by != "" {
		if c.by, err = netip.ParseAddr(by); err != nil {
			r.fail()
		}
	}
	if from := r.address(); from != "" {
		if c.from, err = netip.ParseAddrPort(from); err != nil {
			r.fail()
		}
	}
	if flags&flagError != 0 {
		// Whoever wrote the file, its text must not reach a terminal as it is.
		c.err = errors.New(untrusted.New(r.text(), mostText).String())
	}
	if c.note == forbidden && c.err == nil {
		r.fail()
	}
	into.ends = append(into.ends[:0], c)
}
