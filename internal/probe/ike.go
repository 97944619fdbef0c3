package probe

import (
	"bytes"
	"context"
	"encoding/hex"
	"slices"
	"strings"
	"time"

	"sekisho/internal/exposure"
	"sekisho/internal/untrusted"
	"sekisho/internal/wire/ike"
)

func init() {
	for _, v := range []ikeVersion{ikeOne, ikeTwo} {
		p := Probe{Name: v.name, Transport: exposure.UDP, Ports: []uint16{500}, Hello: v.hello, Match: v.match, Run: v.run}
		if v.name == ikeTwo.name {
			p.Tests = []Test{{Name: "ike", Port: 500, Run: testIKE}}
		}
		register(p)
		v := v.behind(ike.Marker)
		register(Probe{Name: v.name + "-nat-t", Transport: exposure.UDP, Ports: []uint16{4500}, Hello: v.hello, Match: v.match, Run: v.run})
	}
}

// ikeVersion is one version of the protocol, plain or behind a marker.
type ikeVersion struct {
	name   string
	marker []byte
	first  func(nonce uint64) []byte
	answer func(hello, reply []byte) bool
}

var (
	ikeOne = ikeVersion{name: "ikev1", first: ikev1Hello, answer: ike.Answers1}
	ikeTwo = ikeVersion{name: "ikev2", first: ikev2Hello, answer: ike.Answers2}
)

// behind is the version with a marker before each message.
func (v ikeVersion) behind(marker []byte) ikeVersion {
	v.marker = marker
	return v
}

func (v ikeVersion) hello(nonce uint64) []byte {
	return append(bytes.Clone(v.marker), v.first(nonce)...)
}

func (v ikeVersion) match(hello, reply []byte) bool {
	asked, ok := bytes.CutPrefix(hello, v.marker)
	said, replied := bytes.CutPrefix(reply, v.marker)
	return ok && replied && v.answer(asked, said)
}

// ike2Transforms are what most servers can agree to: AES-CBC with keys of 256
// and 128 bits, 3DES, SHA-2 and SHA-1, and the groups 31, 19, 14 and 2.
var ike2Transforms = [][]byte{
	{1, 0, 0, 12, 0x80, 14, 1, 0},
	{1, 0, 0, 12, 0x80, 14, 0, 128},
	{1, 0, 0, 3},
	{2, 0, 0, 5},
	{2, 0, 0, 2},
	{3, 0, 0, 12},
	{3, 0, 0, 2},
	{4, 0, 0, 31},
	{4, 0, 0, 19},
	{4, 0, 0, 14},
	{4, 0, 0, 2},
}

// ikev2Hello begins an exchange. A server answers with its choice, or that it
// wants another group or none of this (RFC 7296 section 2.21.1). It goes no
// further: nobody is named and no key comes about.
func ikev2Hello(nonce uint64) []byte {
	return ike.Init2(nonce, ike2Transforms, 31, noise(nonce, 32), noise(nonce+1, 32))
}

// ikev1Transforms are the offers of version 1, each cipher, hash, way to prove
// and group (RFC 2409 appendix A): AES-256 and AES-128 with SHA-1 in group 14,
// AES-128 and 3DES with SHA-1 in group 2, by shared key and by certificate.
var ikev1Transforms = func() (list [][]byte) {
	for _, t := range [][]byte{{7, 2, 14, 1}, {7, 2, 14, 0}, {7, 2, 2, 0}, {5, 2, 2, 0}} {
		for _, proof := range []byte{1, 3} {
			b := append(ikev1Transform(t[0], t[1], proof, t[2]), 0x80, 11, 0, 1, 0x80, 12, 0x70, 0x80)
			if t[0] == 7 {
				b = append(b, 0x80, 14, t[3], byte(128*(1-int(t[3]))))
			}
			list = append(list, b)
		}
	}
	return list
}()

// ikev1Transform is one choice, without the length of its key and its lifetime.
func ikev1Transform(cipher, hash, proof, group byte) []byte {
	return []byte{0x80, 1, 0, cipher, 0x80, 2, 0, hash, 0x80, 3, 0, proof, 0x80, 4, 0, group}
}

// ikev1Hello is the first message of main mode.
func ikev1Hello(nonce uint64) []byte { return ike.Main1(nonce, ikev1Transforms) }

// ikeOther is what the question in the other version may take.
const ikeOther = 1500 * time.Millisecond

// run asks in one version, and then whether the other is spoken too.
func (v ikeVersion) run(ctx context.Context, s *Session) (exposure.Service, error) {
	name := v.name
	if v.marker != nil {
		name += "-nat-t"
	}
	svc := exposure.Service{Facts: exposure.Facts{}}
	if err := s.ikeAsk(ctx, v, &svc); err != nil {
		if _, answered := svc.Facts[v.name]; !answered {
			return exposure.Service{}, err
		}
		svc.Protocol, svc.Confidence = name, exposure.Confirmed
		return svc, err
	}
	svc.Protocol, svc.Confidence = name, exposure.Confirmed
	s.Learn(svc)
	other := ikeTwo
	if v.name == ikeTwo.name {
		other = ikeOne
	}
	ctx, cancel := context.WithTimeout(ctx, ikeOther)
	defer cancel()
	_ = s.ikeAsk(ctx, other.behind(v.marker), &svc) // silence in the other version is no error
	return svc, nil
}

// The words for what a server makes of a version.
const (
	ikeAccepts = "accepts"
	ikeRefuses = "refuses"
)

// ikeAsk proposes in one version and keeps what the answer tells.
func (s *Session) ikeAsk(ctx context.Context, v ikeVersion, svc *exposure.Service) error {
	m, err := s.ikePropose(ctx, v, v.first(s.peer.nonce()))
	if m == nil {
		return err
	}
	svc.Facts[v.name] = ikeRefuses
	if v.agrees(m) {
		svc.Facts[v.name] = ikeAccepts
	}
	s.ikeKeep(svc, m)
	return err
}

// agrees reports whether an answer takes the proposal: with its choice, or, in
// version 2, with another group of it.
func (v ikeVersion) agrees(m *ike.Message) bool {
	return len(m.Transforms) > 0 || v.name == ikeTwo.name && slices.Contains(m.Notices, ike.InvalidKE)
}

// ikePropose sends a first message. The answer stands beside the error when it
// is broken, and is nil when there was none.
func (s *Session) ikePropose(ctx context.Context, v ikeVersion, first []byte) (*ike.Message, error) {
	hello := append(bytes.Clone(v.marker), first...)
	reply, err := s.Exchange(ctx, hello, func(b []byte) bool { return v.match(hello, b) })
	if err != nil {
		return nil, s.fail("propose "+v.name, err)
	}
	m, err := ike.Parse(bytes.TrimPrefix(reply, v.marker))
	if err != nil {
		return &m, s.fail("read answer of "+v.name, err)
	}
	return &m, nil
}

// ikeVendors are the ids that name a maker or an extension, by their begin.
var ikeVendors = []struct{ id, name, product string }{
	{"4a131c81070358455c5728f20e95452f", "NAT traversal (RFC 3947)", ""},
	{"afcad71368a1f1c96b8696fc77570100", "dead peer detection (RFC 3706)", ""},
	{"09002689dfd6b712", "XAUTH", ""},
	{"4048b7d56ebce88525e7de7f00d6c2d3", "fragmentation", ""},
	{"12f5f28c457168a9702d9fe274cc", "Cisco Unity", ""},
	{"882fe56d6fd20dbc2251613b2ebe5beb", "strongSwan", "strongSwan"},
	{"1e2b516905991c7d7c96fcbfb587e461", "Microsoft", "Microsoft IKE"},
	{"8299031757a36082c6a621de", "FortiGate", "FortiGate"},
}

// maxIKEFacts bounds lists of choices and vendors.
const maxIKEFacts = 16

// ikeKeep keeps what an answer told.
func (s *Session) ikeKeep(svc *exposure.Service, m *ike.Message) {
	var chosen, vendors []string
	weak, _ := svc.Facts.Bool("weak")
	for _, t := range m.Transforms {
		chosen = append(chosen, t.String())
		weak = weak || t.Weak()
	}
	for _, id := range m.Vendors {
		word := hex.EncodeToString(id)
		for _, known := range ikeVendors {
			if strings.HasPrefix(word, known.id) {
				word = known.name
				if known.product != "" {
					svc.Product = untrusted.New(known.product, maxProduct)
				}
			}
		}
		vendors = append(vendors, word)
	}
	for _, known := range svc.Facts.Texts("transforms") {
		chosen = append(chosen, known.Raw())
	}
	for _, known := range svc.Facts.Texts("vendor_ids") {
		vendors = append(vendors, known.Raw())
	}
	chosen, vendors = slices.Compact(slices.Sorted(slices.Values(chosen))), slices.Compact(slices.Sorted(slices.Values(vendors)))
	if len(chosen) > 0 {
		svc.Facts["transforms"] = texts(chosen, maxIKEFacts)
		svc.Facts["weak"] = weak
	}
	if len(vendors) > 0 {
		svc.Facts["vendor_ids"] = texts(vendors, maxIKEFacts)
	}
}
