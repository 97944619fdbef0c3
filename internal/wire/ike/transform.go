package ike

import (
	"encoding/binary"
	"fmt"
	"strings"
)

// Transform is one choice of algorithms, by their names; what was not chosen is
// empty.
type Transform struct {
	Encryption, Hash, Proof, Group string
}

// String is the choice in one line.
func (t Transform) String() string {
	var words []string
	for _, w := range []string{t.Encryption, t.Hash, t.Group, t.Proof} {
		if w != "" {
			words = append(words, w)
		}
	}
	return strings.Join(words, " ")
}

// Weak reports whether one of the algorithms must not be used any more (RFC
// 8247 sections 2.1 to 2.4).
func (t Transform) Weak() bool {
	return strings.HasPrefix(t.Encryption, "DES") || strings.HasPrefix(t.Encryption, "3DES") || t.Hash == "MD5" ||
		t.Group == groups[1] || t.Group == groups[2] || t.Group == groups[22]
}

// GroupName is the name of a group for the exchange of keys.
func GroupName(id uint16) string { return named(groups, id, "group") }

// named is the name of a number, or the number.
func named(names map[uint16]string, id uint16, what string) string {
	if n, ok := names[id]; ok {
		return n
	}
	return fmt.Sprintf("%s-%d", what, id)
}

// The names of the numbers that IANA assigned.
var (
	groups = map[uint16]string{
		1: "MODP-768", 2: "MODP-1024", 5: "MODP-1536", 14: "MODP-2048", 15: "MODP-3072", 16: "MODP-4096",
		19: "ECP-256", 20: "ECP-384", 21: "ECP-521", 22: "MODP-1024-160", 31: "CURVE25519",
	}
	encryptions2 = map[uint16]string{
		2: "DES", 3: "3DES", 12: "AES-CBC", 13: "AES-CTR", 18: "AES-GCM-8", 19: "AES-GCM-12", 20: "AES-GCM", 28: "CHACHA20-POLY1305",
	}
	functions2   = map[uint16]string{1: "MD5", 2: "SHA1", 4: "AES-XCBC", 5: "SHA2-256", 6: "SHA2-384", 7: "SHA2-512"}
	encryptions1 = map[uint16]string{1: "DES", 5: "3DES", 7: "AES-CBC"}
	hashes1      = map[uint16]string{1: "MD5", 2: "SHA1", 4: "SHA2-256", 5: "SHA2-384", 6: "SHA2-512"}
	proofs1      = map[uint16]string{1: "shared-key", 3: "certificate", 65001: "shared-key-xauth", 65005: "certificate-xauth"}
)

// keyLength is the attribute with the bits of a key, the same in both versions.
const keyLength = 14

// attributes calls back with each attribute of fixed length (RFC 7296 section
// 3.3.5) and passes over the others.
func attributes(b []byte, each func(kind, value uint16)) {
	for len(b) >= 4 {
		kind, value := binary.BigEndian.Uint16(b), binary.BigEndian.Uint16(b[2:])
		b = b[4:]
		if kind&0x8000 == 0 {
			b = b[min(int(value), len(b)):]
			continue
		}
		each(kind&0x7fff, value)
	}
}

// transform2 reads a transform of version 2, of which each holds one algorithm.
func transform2(b []byte, t *Transform) {
	id := binary.BigEndian.Uint16(b[2:])
	switch b[0] {
	case 1:
		t.Encryption = named(encryptions2, id, "cipher")
		attributes(b[4:], func(kind, value uint16) {
			if kind == keyLength {
				t.Encryption += fmt.Sprintf("-%d", value)
			}
		})
	case 2:
		t.Hash = named(functions2, id, "prf")
	case 4:
		t.Group = GroupName(id)
	}
}

// transform1 reads a transform of version 1, which holds all algorithms as
// attributes (RFC 2409 appendix A).
func transform1(b []byte, t *Transform) {
	bits := uint16(0)
	attributes(b[4:], func(kind, value uint16) {
		switch kind {
		case 1:
			t.Encryption = named(encryptions1, value, "cipher")
		case 2:
			t.Hash = named(hashes1, value, "hash")
		case 3:
			t.Proof = named(proofs1, value, "proof")
		case 4:
			t.Group = GroupName(value)
		case keyLength:
			bits = value
		}
	})
	if bits > 0 {
		t.Encryption += fmt.Sprintf("-%d", bits)
	}
}
