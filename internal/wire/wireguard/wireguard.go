// Package wireguard makes the first message of a WireGuard peer and reads what
// answers it: Noise_IKpsk2_25519_ChaChaPoly_BLAKE2s (WireGuard: Next Generation
// Kernel Network Tunnel, section 5.4). It begins no session: the keys that data
// would travel under are never made.
package wireguard

import (
	"bytes"
	"crypto/cipher"
	"crypto/ecdh"
	"crypto/hmac"
	"encoding/binary"
	"errors"
	"hash"
	"time"

	"golang.org/x/crypto/blake2s"
	"golang.org/x/crypto/chacha20poly1305"
)

// The sizes of the messages, in bytes.
const (
	InitiationSize = 148
	ResponseSize   = 92
	CookieSize     = 64
)

const (
	typeInitiation = 1
	typeResponse   = 2
	typeCookie     = 3

	construction = "Noise_IKpsk2_25519_ChaChaPoly_BLAKE2s"
	identifier   = "WireGuard v1 zx2c4 Jason@zx2c4.com"
	labelMAC1    = "mac1----"
	labelCookie  = "cookie--"

	macSize = 16
)

// The causes of a message that answers nothing.
var (
	// ErrAnswer is a message that does not answer this handshake, or that was not
	// made by who holds the server's key.
	ErrAnswer = errors.New("no answer to this handshake")
	// ErrPreshared is an answer to this handshake that was made under another
	// pre-shared key than ours.
	ErrPreshared = errors.New("made with another pre-shared key")
	// ErrKey is a key with which no secret can be agreed.
	ErrKey = errors.New("not a key that a handshake can be made with")
)

// Random is what a handshake needs and nobody must guess.
type Random struct {
	Ephemeral Key    // a private key for this handshake alone
	Index     uint32 // by which the server names this handshake
}

// Handshake is one that we have begun.
type Handshake struct {
	own, ephemeral            *ecdh.PrivateKey
	public, server, preshared Key
	index                     uint32
	chain, hash               [blake2s.Size]byte
	message                   []byte
}

// Begin makes the first message from a peer to its server. The time proves that
// it is no old message sent again: a server drops one whose time is not later
// than that of its last handshake with the key. The zero preshared Key stands
// for none (section 5.2). ErrKey says that one of the keys cannot be used.
func Begin(private, server, preshared Key, random Random, now time.Time) (*Handshake, error) {
	h := &Handshake{server: server, preshared: preshared, index: random.Index}
	var err error
	if h.own, err = ecdh.X25519().NewPrivateKey(private[:]); err != nil {
		return nil, ErrKey
	}
	if h.ephemeral, err = ecdh.X25519().NewPrivateKey(random.Ephemeral[:]); err != nil {
		return nil, ErrKey
	}
	h.public = Key(h.own.PublicKey().Bytes())
	h.chain = blake2s.Sum256([]byte(construction))
	h.hash = h.chain
	h.mix([]byte(identifier))
	h.mix(server[:])

	ephemeral := h.ephemeral.PublicKey().Bytes()
	h.message = binary.LittleEndian.AppendUint32([]byte{typeInitiation, 0, 0, 0}, random.Index)
	h.message = append(h.message, ephemeral...)
	h.mix(ephemeral)
	h.derive(ephemeral, 1)
	for _, part := range []struct {
		with  *ecdh.PrivateKey
		plain []byte
	}{{h.ephemeral, h.public[:]}, {h.own, tai64n(now)}} {
		shared, err := agree(part.with, server[:])
		if err != nil {
			return nil, err
		}
		sealed := sealer(h.derive(shared, 2)[1]).Seal(nil, noNonce, part.plain, h.hash[:])
		h.message = append(h.message, sealed...)
		h.mix(sealed)
	}
	h.message = append(h.message, mac(keyOf(labelMAC1, server), h.message)...)
	h.message = append(h.message, make([]byte, macSize)...)
	return h, nil
}

// Message is the first message. A server that is busy answers it with a cookie.
func (h *Handshake) Message() []byte { return h.message }

// WithCookie is the first message with the proof that its sender receives what
// is sent to its address (section 5.4.4).
func (h *Handshake) WithCookie(cookie []byte) []byte {
	signed := bytes.Clone(h.message[:InitiationSize-macSize])
	return append(signed, mac(cookie, signed)...)
}

// Cookie reads the answer of a server that is busy. Only who knows its public
// key can have made it (section 5.4.7).
func (h *Handshake) Cookie(b []byte) ([]byte, error) {
	if len(b) != CookieSize || b[0] != typeCookie || binary.LittleEndian.Uint32(b[4:]) != h.index {
		return nil, ErrAnswer
	}
	box, err := chacha20poly1305.NewX(keyOf(labelCookie, h.server))
	if err != nil {
		return nil, ErrAnswer
	}
	proof := h.message[InitiationSize-2*macSize:][:macSize]
	cookie, err := box.Open(nil, b[8:8+chacha20poly1305.NonceSizeX], b[8+chacha20poly1305.NonceSizeX:], proof)
	if err != nil {
		return nil, ErrAnswer
	}
	return cookie, nil
}

// Check reads the server's response. Nil proves that it holds the private key of
// the public one that was given, and that both know the same pre-shared key.
func (h *Handshake) Check(b []byte) error {
	const end = ResponseSize - 2*macSize
	if len(b) != ResponseSize || b[0] != typeResponse || binary.LittleEndian.Uint32(b[8:]) != h.index ||
		!hmac.Equal(mac(keyOf(labelMAC1, h.public), b[:end]), b[end:end+macSize]) {
		return ErrAnswer
	}
	after := *h
	theirs := b[12:44]
	after.mix(theirs)
	after.derive(theirs, 1)
	for _, with := range []*ecdh.PrivateKey{h.ephemeral, h.own} {
		shared, err := agree(with, theirs)
		if err != nil {
			return ErrAnswer
		}
		after.derive(shared, 1)
	}
	keys := after.derive(h.preshared[:], 3)
	after.mix(keys[1])
	if _, err := sealer(keys[2]).Open(nil, noNonce, b[44:end], after.hash[:]); err != nil {
		return ErrPreshared
	}
	return nil
}

// noNonce is the first nonce: each key seals one thing.
var noNonce = make([]byte, chacha20poly1305.NonceSize)

// mix takes what was said into the hash of the conversation.
func (h *Handshake) mix(b []byte) { h.hash = blake2s.Sum256(append(h.hash[:], b...)) }

// derive is KDF: n keys, of which the first is the new chaining key.
func (h *Handshake) derive(input []byte, n int) [][]byte {
	secret := blakeHMAC(h.chain[:], input)
	keys := [][]byte{blakeHMAC(secret, []byte{1})}
	for i := 2; i <= n; i++ {
		keys = append(keys, blakeHMAC(secret, append(bytes.Clone(keys[i-2]), byte(i))))
	}
	copy(h.chain[:], keys[0])
	return keys
}

// blakeHMAC is HMAC-BLAKE2s.
func blakeHMAC(key, message []byte) []byte {
	m := hmac.New(func() hash.Hash {
		h, _ := blake2s.New256(nil) // fails for keys of a wrong length only
		return h
	}, key)
	m.Write(message)
	return m.Sum(nil)
}

// mac is keyed BLAKE2s of 16 bytes.
func mac(key, message []byte) []byte {
	h, err := blake2s.New128(key)
	if err != nil {
		return make([]byte, macSize) // a key of ours has always 16 or 32 bytes
	}
	h.Write(message)
	return h.Sum(nil)
}

// keyOf is the key that a label makes of a public key.
func keyOf(label string, public Key) []byte {
	sum := blake2s.Sum256(append([]byte(label), public[:]...))
	return sum[:]
}

// agree is the Diffie-Hellman step. A point of low order agrees on nothing.
func agree(private *ecdh.PrivateKey, public []byte) ([]byte, error) {
	theirs, err := ecdh.X25519().NewPublicKey(public)
	if err != nil {
		return nil, ErrKey
	}
	shared, err := private.ECDH(theirs)
	if err != nil {
		return nil, ErrKey
	}
	return shared, nil
}

// sealer is ChaCha20-Poly1305 with a key of 32 bytes.
func sealer(key []byte) cipher.AEAD {
	box, err := chacha20poly1305.New(key)
	if err != nil {
		panic(err) // derive makes keys of that length only
	}
	return box
}

// tai64n is the time in the format of D. J. Bernstein's libtai, in which
// WireGuard proves that a message is new.
func tai64n(t time.Time) []byte {
	b := binary.BigEndian.AppendUint64(nil, uint64(t.Unix())+0x4000_0000_0000_000a)
	return binary.BigEndian.AppendUint32(b, uint32(t.Nanosecond()))
}
