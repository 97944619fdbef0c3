package ike

import (
	"encoding/binary"
	"testing"
)

var offer2 = [][]byte{{1, 0, 0, 12, 0x80, 14, 1, 0}, {2, 0, 0, 5}, {3, 0, 0, 12}, {4, 0, 0, 31}}

var offer1 = [][]byte{{0x80, 1, 0, 5, 0x80, 2, 0, 2, 0x80, 3, 0, 1, 0x80, 4, 0, 2}}

// answer makes a response out of a first message: its own offer, chosen.
func answer(hello []byte, flags byte) []byte {
	b := append([]byte(nil), hello...)
	copy(b[spiSize:], "cookies!")
	b[19] = flags
	return b
}

func TestVersion2(t *testing.T) {
	hello := Init2(7, offer2, 31, make([]byte, 32), make([]byte, 32))
	said := answer(hello, 0x20)
	if !Answers2(hello, said) || Answers2(hello, hello) || Answers2(Init2(8, offer2, 31, nil, nil), said) || Answers1(hello, said) {
		t.Error("the answer is not told from others")
	}
	m, err := Parse(said)
	if err != nil || len(m.Transforms) != 1 || m.Transforms[0].String() != "AES-CBC-256 SHA2-256 CURVE25519" || m.Transforms[0].Weak() {
		t.Errorf("%+v, %v", m, err)
	}
	wants := message(7, notify2, version2, exchangeInit, 0x20, payload(0, []byte{0, 0, 0, InvalidKE, 0, 14}))
	if m, err := Parse(wants); err != nil || len(m.Notices) != 1 || GroupName(m.Group) != "MODP-2048" {
		t.Errorf("%+v, %v", m, err)
	}
}

func TestVersion1(t *testing.T) {
	for _, hello := range [][]byte{Main1(7, offer1), Aggressive1(7, offer1, make([]byte, 128), make([]byte, 16), "x")} {
		said := answer(hello, 0)
		if !Answers1(hello, said) || Answers1(hello, hello) || Answers2(hello, said) {
			t.Error("the answer is not told from others")
		}
		m, err := Parse(said)
		if err != nil || len(m.Transforms) != 1 || m.Transforms[0].String() != "3DES SHA1 MODP-1024 shared-key" || !m.Transforms[0].Weak() {
			t.Errorf("%+v, %v", m, err)
		}
	}
	refusal := message(7, notify1, version1, exchangeInfo, 0, payload(vendor1, []byte{0, 0, 0, 1, 1, 0, 0, NoProposalChosen}))
	refusal = append(refusal, payload(0, []byte("vendor"))...)
	binary.BigEndian.PutUint32(refusal[24:], uint32(len(refusal)))
	m, err := Parse(refusal)
	if err != nil || len(m.Notices) != 1 || m.Notices[0] != NoProposalChosen || len(m.Vendors) != 1 || !Answers1(Main1(7, offer1), refusal) {
		t.Errorf("%+v, %v", m, err)
	}
}

func TestLies(t *testing.T) {
	whole := Init2(7, offer2, 31, make([]byte, 32), make([]byte, 32))
	for n := range len(whole) {
		if m, err := Parse(whole[:n]); err == nil {
			t.Errorf("%d bytes are read as %+v", n, m)
		}
	}
	loop := message(7, vendor2, version2, exchangeInit, 0x20, nil)
	for range maxPayloads + 1 {
		loop = append(loop, payload(vendor2, nil)...)
	}
	if m, err := Parse(loop); err == nil || len(m.Vendors) > maxTransforms {
		t.Errorf("%d vendors, %v", len(m.Vendors), err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add(Init2(7, offer2, 31, make([]byte, 32), make([]byte, 32)))
	f.Add(Main1(7, offer1))
	f.Add(message(7, notify2, version2, exchangeInit, 0x20, payload(0, []byte{0, 0, 0, InvalidKE, 0, 14})))
	f.Fuzz(func(t *testing.T, b []byte) {
		Answers1(Main1(7, offer1), b)
		Answers2(Init2(7, offer2, 31, nil, nil), b)
		m, _ := Parse(b)
		for _, tr := range m.Transforms {
			_, _ = tr.String(), tr.Weak()
		}
		if len(m.Transforms) > maxTransforms || len(m.Notices) > maxTransforms {
			t.Errorf("%d transforms, %d notices", len(m.Transforms), len(m.Notices))
		}
	})
}
