package msrpc

import (
	"encoding/binary"
	"fmt"
	"iter"
	"net/netip"
	"strings"
)

// Endpoint is where an interface is offered.
type Endpoint struct {
	Object     UUID // zeros when there is none
	Interface  UUID
	Major      uint16
	Minor      uint16
	Annotation string
	Protocol   string // ncacn_ip_tcp, ncacn_np, ncalrpc …; empty when unknown
	Address    string // an IPv4 address or a name; empty when the tower has none
	Port       string // a number, a pipe, a name
}

// Binding is the endpoint as RPC programs write it: ncacn_ip_tcp:192.0.2.7[49152].
func (e Endpoint) Binding() string {
	if e.Protocol == "" {
		return ""
	}
	return e.Protocol + ":" + e.Address + "[" + e.Port + "]"
}

// Page is one answer to a lookup.
type Page struct {
	Next      Handle
	Endpoints []Endpoint
	Status    uint32
}

// StatusEnd is the status of a lookup that has no more to tell.
const StatusEnd = 0x16c9a0d6

// maxEntries bounds one page, whatever the server says it has sent.
const maxEntries = 512

// Zero reports whether the lookup is at its end.
func (h Handle) Zero() bool { return h == Handle{} }

// ParsePage decodes the answer to Lookup, of NDR (C706 chapter 14): the
// handle, the number of entries, an array of them, the towers to which they
// point in their order, and the status. The entries before a break in it stand
// beside the error.
func ParsePage(b []byte) (Page, error) {
	r := reader{rest: b}
	var p Page
	copy(p.Next[:], r.take(len(p.Next)))
	count := r.number()
	most, offset, actual := r.number(), r.number(), r.number()
	if r.failed || count > most || offset != 0 || actual > maxEntries {
		return p, ErrFormat
	}
	room := min(int(actual), len(r.rest)/28)
	p.Endpoints = make([]Endpoint, 0, room)
	towers := make([]bool, 0, room)
	for range actual {
		var e Endpoint
		copy(e.Object[:], r.take(16))
		e.Object = e.Object.mixed()
		tower := r.number() != 0
		r.take(4) // offset
		length := int(r.number())
		note := r.take(min(length, 64))
		if length > 64 {
			r.failed = true
		}
		r.align()
		if r.failed {
			return Page{Next: p.Next}, ErrFormat
		}
		e.Annotation, _, _ = strings.Cut(string(note), "\x00")
		p.Endpoints = append(p.Endpoints, e)
		towers = append(towers, tower)
	}
	for i := range p.Endpoints {
		if !towers[i] {
			continue
		}
		size := int(r.number())
		r.take(4) // the same again
		tower := r.take(size)
		r.align()
		if r.failed {
			p.Endpoints = p.Endpoints[:i]
			return p, ErrFormat
		}
		p.Endpoints[i].tower(tower)
	}
	p.Status = r.number()
	if r.failed {
		return p, ErrFormat
	}
	p.Endpoints = p.Endpoints[:min(int(count), len(p.Endpoints))]
	return p, nil
}

// reader takes values off the front of what is left; after the first that is
// not there, all are empty.
type reader struct {
	rest   []byte
	taken  int
	failed bool
}

func (r *reader) take(n int) []byte {
	if r.failed || n < 0 || n > len(r.rest) {
		r.failed = true
		return nil
	}
	b := r.rest[:n]
	r.rest, r.taken = r.rest[n:], r.taken+n
	return b
}

func (r *reader) number() uint32 {
	b := r.take(4)
	if r.failed {
		return 0
	}
	return binary.LittleEndian.Uint32(b)
}

func (r *reader) align() { r.take((4 - r.taken%4) % 4) }

// floor is one layer of a tower: what it is, and where.
type floor struct{ left, right []byte }

// maxFloors bounds a tower; the highest known has seven.
const maxFloors = 16

// floors takes a tower apart (C706 appendix L).
func floors(b []byte) []floor {
	if len(b) < 2 {
		return nil
	}
	count := int(binary.LittleEndian.Uint16(b))
	b = b[2:]
	list := make([]floor, 0, min(count, maxFloors))
	side := func() ([]byte, bool) {
		if len(b) < 2 {
			return nil, false
		}
		n := int(binary.LittleEndian.Uint16(b))
		if n > len(b)-2 {
			return nil, false
		}
		s := b[2 : 2+n]
		b = b[2+n:]
		return s, true
	}
	for range min(count, maxFloors) {
		left, whole := side()
		if !whole {
			break
		}
		right, whole := side()
		if !whole || len(left) == 0 {
			break
		}
		list = append(list, floor{left, right})
	}
	return list
}

// The protocols of a floor (C706 appendix I, MS-RPCE section 2.1).
const (
	floorConnection = 0x0b
	floorDatagram   = 0x0a
	floorLocal      = 0x0c
	floorUUID       = 0x0d
	floorTCP        = 0x07
	floorUDP        = 0x08
	floorIP         = 0x09
	floorPipe       = 0x0f
	floorLRPC       = 0x10
	floorNetBIOS    = 0x11
	floorNetBEUI    = 0x12
	floorSPX        = 0x13
	floorHTTP       = 0x1f
	floorVSock      = 0x16
)

// tower reads the interface off the first floor and the way to it off the
// others.
func (e *Endpoint) tower(b []byte) {
	all := floors(b)
	if len(all) < 3 {
		return
	}
	first := all[0]
	if first.left[0] == floorUUID && len(first.left) >= 19 {
		copy(e.Interface[:], first.left[1:17])
		e.Interface = e.Interface.mixed()
		e.Major = binary.LittleEndian.Uint16(first.left[17:])
		if len(first.right) >= 2 {
			e.Minor = binary.LittleEndian.Uint16(first.right)
		}
	}
	for _, f := range all[2:] {
		e.floor(f)
	}
}

func (e *Endpoint) floor(f floor) {
	number := func() string {
		if len(f.right) != 2 {
			return ""
		}
		return fmt.Sprint(binary.BigEndian.Uint16(f.right))
	}
	name := func() string {
		text, _, _ := strings.Cut(string(f.right), "\x00")
		return text
	}
	switch f.left[0] {
	case floorTCP:
		e.Protocol, e.Port = "ncacn_ip_tcp", number()
	case floorUDP:
		e.Protocol, e.Port = "ncadg_ip_udp", number()
	case floorHTTP:
		e.Protocol, e.Port = "ncacn_http", number()
	case floorPipe:
		e.Protocol, e.Port = "ncacn_np", name()
	case floorLRPC, floorLocal:
		e.Protocol = "ncalrpc"
		if text := name(); f.left[0] == floorLRPC || len(f.right) > 2 {
			e.Port = text
		}
	case floorNetBIOS, floorNetBEUI:
		e.Address = name()
	case floorSPX:
		e.Protocol, e.Port = "ncacn_spx", number()
	case floorVSock:
		e.Protocol, e.Port = "ncacn_vsock", number()
	case floorIP:
		if a, ok := netip.AddrFromSlice(f.right); ok && a.Is4() && !a.IsUnspecified() {
			e.Address = a.String()
		}
	}
}

// Pages asks for page after page until there are no more, or until nobody wants
// any. Ask sends Lookup for a page, as the call of that number, and returns the
// body of the answer. An error ends it; what came before that on the same page
// stands beside it.
func Pages(ask func(call uint32, at Handle) ([]byte, error)) iter.Seq2[Page, error] {
	return func(yield func(Page, error) bool) {
		var at Handle
		for call := FirstLookup; ; call++ {
			body, err := ask(call, at)
			if err != nil {
				yield(Page{}, err)
				return
			}
			page, err := ParsePage(body)
			if !yield(page, err) || err != nil || page.Last() {
				return
			}
			at = page.Next
		}
	}
}

// FirstLookup is the number of the call that asks for the first page: the one
// before it is the bind.
const FirstLookup uint32 = 2

// Last reports whether no page follows.
func (p Page) Last() bool { return p.Next.Zero() || p.Status == StatusEnd || len(p.Endpoints) == 0 }
