package scan

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"sekisho/internal/cookie"
	"sekisho/internal/exposure"
)

// Shard is one of several parts of a work that machines do side by side, none
// knowing of the others: what belongs to it follows from the addresses and
// ports that are asked for and from nothing else, so that runs of the same
// request meet each port once, whatever routes and rights their machines have.
// The zero Shard is the whole.
type Shard struct {
	Number, Of int // 2 and 8 of 2/8
	// Skip is how many ports other requests of the same work have before this
	// one: with it the parts of several requests are even together.
	Skip int
}

// errShard is why a word names no shard.
var errShard = errors.New("no shard")

// ParseShard reads 2/8.
func ParseShard(word string) (Shard, error) {
	number, of, ok := strings.Cut(word, "/")
	s := Shard{}
	var err, err2 error
	s.Number, err = strconv.Atoi(number)
	s.Of, err2 = strconv.Atoi(of)
	// Atoi would take a sign too.
	if !ok || err != nil || err2 != nil || s.Number < 1 || s.Number > s.Of || strings.ContainsAny(word, "+-") {
		return Shard{}, fmt.Errorf("%w: %q", errShard, word)
	}
	return s, nil
}

// String returns 2/8, or nothing for the whole.
func (s Shard) String() string {
	if !s.parted() {
		return ""
	}
	return fmt.Sprintf("%d/%d", s.Number, s.Of)
}

func (s Shard) parted() bool { return s.Of > 1 }

// Share is how many of the numbers from skip to skip+size belong to the shard:
// those that leave its place as rest.
func (s Shard) Share(size int) int {
	if !s.parted() {
		return size
	}
	below := func(n int) int { return (n + s.Of - s.Number) / s.Of }
	return below(s.Skip+size) - below(s.Skip)
}

// each is how many ports the request asks of one target.
func (r *Request) each() int {
	each := len(r.TCP) + len(r.UDP)
	if r.Echo {
		each++
	}
	return each
}

// hosts is how many targets the request asks anything of.
func (r *Request) hosts() int {
	each := r.each()
	if !r.Shard.parted() || each >= r.Shard.Of {
		return len(r.Targets)
	}
	hosts := 0
	for i := range r.Targets {
		before := Shard{r.Shard.Number, r.Shard.Of, r.Shard.Skip + i*each}
		if before.Share(each) > 0 {
			hosts++
		}
	}
	return hosts
}

// item is where the ports of a transport begin among those of a target.
func (r *Request) item(t exposure.Transport) int {
	switch t {
	case exposure.UDP:
		return len(r.TCP)
	case exposure.ICMP:
		return len(r.TCP) + len(r.UDP)
	}
	return 0
}

// deal deals the ports of a request to shards. All ports are numbered, target
// by target in an order of their own, the ports of each in an order of theirs,
// and dealt like cards: the shards differ by one port at most, each target's
// ports are spread over all of them, and those of one shard are found without
// looking at the others.
type deal struct {
	shard   Shard
	each    int
	key     uint64
	targets cookie.Permutation
}

func newDeal(r *Request) *deal {
	// Every machine must come to the same parts: the key is no secret.
	const key = 0x73656b6973686f31
	return &deal{
		shard: r.Shard, each: r.each(), key: key,
		targets: cookie.NewPermutation(uint64(len(r.Targets)), key),
	}
}

// of calls ask with each port of a target that belongs to the shard: its place
// among the ports of the target, which is at the given rank of all targets.
func (s *deal) of(rank int, ask func(item int)) {
	order := cookie.NewPermutation(uint64(s.each), s.key+uint64(rank))
	before := s.shard.Skip + int(s.targets.At(uint64(rank)))*s.each
	first := s.shard.Number - 1 - before%s.shard.Of
	if first < 0 {
		first += s.shard.Of
	}
	for place := first; place < s.each; place += s.shard.Of {
		ask(int(order.At(uint64(place))))
	}
}

// canonical puts the targets into the order that does not depend on how they
// were written or resolved.
func canonical(targets []exposure.Target) {
	slices.SortFunc(targets, func(a, b exposure.Target) int { return a.Address.Compare(b.Address) })
}

// rank is the place of an address among targets in canonical order.
func rank(targets []exposure.Target, address netip.Addr) (int, bool) {
	return slices.BinarySearchFunc(targets, address, func(t exposure.Target, a netip.Addr) int { return t.Address.Compare(a) })
}

// fingerprint tells requests apart by what they ask: targets, ports and shard,
// but not names, method or pace, which may change while a scan goes on.
func fingerprint(requests []Request) [sha256.Size]byte {
	h := sha256.New()
	var b []byte
	for i := range requests {
		r := &requests[i]
		b = binary.AppendUvarint(b[:0], uint64(len(r.Targets)))
		for _, n := range []int{r.Shard.Number, r.Shard.Of, r.Shard.Skip, len(r.TCP), len(r.UDP), r.each()} {
			b = binary.AppendUvarint(b, uint64(n))
		}
		for _, port := range slices.Concat(r.TCP, r.UDP) {
			b = binary.BigEndian.AppendUint16(b, port)
		}
		h.Write(b)
		for _, t := range r.Targets {
			address := t.Address.As16()
			b = append(b[:0], address[:]...)
			b = append(b, t.Address.Zone()...)
			h.Write(append(b, 0))
		}
	}
	return [sha256.Size]byte(h.Sum(nil))
}
