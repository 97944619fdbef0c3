package snmp

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/des"
	"crypto/hmac"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/subtle"
	"encoding/binary"
	"hash"
	"slices"
)

// Auth is a protocol that signs messages: those of RFC 3414 and RFC 7860.
type Auth struct {
	Name string
	new  func() hash.Hash
	size int // of the digest in the message
}

// Auths are the protocols that sign.
var Auths = []Auth{
	{"MD5", md5.New, 12},
	{"SHA", sha1.New, 12},
	{"SHA-224", sha256.New224, 16},
	{"SHA-256", sha256.New, 24},
	{"SHA-384", sha512.New384, 32},
	{"SHA-512", sha512.New, 48},
}

// Priv is a protocol that encrypts units: those of RFC 3414 and RFC 3826, and AES
// with longer keys, which no RFC has and two drafts make in two ways.
type Priv struct {
	Name   string
	key    int    // how much of the localised key it takes
	longer longer // how a digest that is too short for it is made long enough; nil: none is
}

// longer makes a localised key longer.
type longer func(a Auth, key, engine []byte) []byte

// Privs are the protocols that encrypt. Net-SNMP calls them by the same names; the
// ones in C are those of Cisco's agents and of many others.
var Privs = []Priv{
	{"DES", 16, nil},
	{"AES", 16, nil},
	{"AES-192", 24, blumenthal},
	{"AES-256", 32, blumenthal},
	{"AES-192-C", 24, reeder},
	{"AES-256-C", 32, reeder},
}

// blumenthal adds digests of the key so far (draft-blumenthal-aes-usm-04 section
// 3.1.2.1).
func blumenthal(a Auth, key, _ []byte) []byte {
	h := a.new()
	h.Write(key)
	return h.Sum(nil)
}

// reeder takes the key so far for a password of its own (draft-reeder-snmpv3-usm-
// 3desede-00 section 2.1).
func reeder(a Auth, key, engine []byte) []byte {
	return a.localised(a.stretch(string(key)), engine)
}

// MinPassword is the shortest password that may make a key (RFC 3414 section
// 11.2).
const MinPassword = 8

// User is who signs and encrypts. The zero Auth and Priv do neither.
type User struct {
	Name       string
	Auth       Auth
	Priv       Priv
	auth, priv []byte // made of the passwords, before an engine is known
}

// NewUser makes the keys of a user from the passwords, which must not be empty
// where their protocol is set. It takes some milliseconds (RFC 3414 section
// A.2 hashes a million bytes).
func NewUser(name string, auth Auth, authPassword string, priv Priv, privPassword string) User {
	u := User{Name: name, Auth: auth, Priv: priv}
	if auth.new != nil {
		u.auth = auth.stretch(authPassword)
		if priv.key > 0 {
			u.priv = auth.stretch(privPassword)
		}
	}
	return u
}

// stretch makes a key of a password.
func (a Auth) stretch(password string) []byte {
	const whole = 1 << 20
	h := a.new()
	if password != "" {
		block := make([]byte, 0, whole/64+len(password))
		for len(block) < whole/64 {
			block = append(block, password...)
		}
		for left := whole; left > 0; left -= len(block) {
			h.Write(block[:min(left, len(block))])
		}
	}
	return h.Sum(nil)
}

// localised is a key for one engine (RFC 3414 section 2.6).
func (a Auth) localised(key, engine []byte) []byte {
	h := a.new()
	h.Write(key)
	h.Write(engine)
	h.Write(key)
	return h.Sum(nil)
}

// privKey is the key of a user's cipher for one engine.
func (u User) privKey(engine []byte) []byte {
	key := u.Auth.localised(u.priv, engine)
	for part := key; len(key) < u.Priv.key && u.Priv.longer != nil; key = append(key, part...) {
		part = u.Priv.longer(u.Auth, key, engine)
	}
	return key[:u.Priv.key]
}

// Seal writes a message of the user, signed and encrypted as its protocols are.
// The salt must be another one for each message (RFC 3414 section 8.1.1.1).
func (u User) Seal(m Message, salt uint64) ([]byte, error) {
	m.Version, m.Security.User = V3, u.Name
	m.Security.Signed, m.Security.Hidden = u.Auth.new != nil, u.Auth.new != nil && u.Priv.key > 0
	if !m.Security.Signed {
		return m.Marshal(), nil
	}
	data, salted := m.scoped(), []byte(nil)
	if m.Security.Hidden {
		var err error
		if data, salted, err = u.hide(m.Security, data, salt); err != nil {
			return nil, err
		}
	}
	b, at := m.encode(make([]byte, u.Auth.size), salted, data)
	copy(b[at:], u.sign(m.Security.Engine, b))
	return b, nil
}

// sign is the digest of a message whose digest is zero.
func (u User) sign(engine, b []byte) []byte {
	mac := hmac.New(u.Auth.new, u.Auth.localised(u.auth, engine))
	mac.Write(b)
	return mac.Sum(nil)[:u.Auth.size]
}

// Open reads a message of the user: the digest must be right where the user
// signs, and what is encrypted is decrypted. A report without a digest is
// taken, since it tells why there is none (RFC 3414 section 3.2).
func (u User) Open(b []byte) (Message, error) {
	m, e, err := parse(b)
	if err != nil || m.Version != V3 || u.Auth.new == nil {
		return m, err
	}
	if !m.Security.Signed {
		if m.PDU.Op == Report {
			return m, nil
		}
		return m, ErrNoDigest
	}
	if len(e.digest) != u.Auth.size {
		return m, ErrDigest
	}
	bare := slices.Clone(b)
	clear(bare[offset(b, e.digest):][:len(e.digest)])
	if subtle.ConstantTimeCompare(u.sign(m.Security.Engine, bare), e.digest) != 1 {
		return m, ErrDigest
	}
	if !m.Sealed {
		return m, nil
	}
	if u.Priv.key == 0 {
		return m, ErrCipher
	}
	plain, err := u.show(m.Security, e)
	if err != nil {
		return m, err
	}
	// What is behind the unit fills the last block.
	if err := m.parseScoped(&reader{rest: plain}); err != nil {
		return m, ErrCipher
	}
	m.Sealed = false
	return m, nil
}

// offset is where a part of b begins in it.
func offset(b, part []byte) int { return cap(b) - cap(part) }

// hide encrypts a unit.
func (u User) hide(s Security, data []byte, salt uint64) (hidden, salted []byte, err error) {
	key := u.privKey(s.Engine)
	salted = binary.BigEndian.AppendUint64(nil, salt)
	if u.Priv.Name != "DES" {
		block, err := aes.NewCipher(key)
		if err != nil {
			return nil, nil, err
		}
		return tlv(tagOctets, feedback(block, aesStart(s, salted), data, false)), salted, nil
	}
	binary.BigEndian.PutUint32(salted, s.Boots)
	block, err := des.NewCipher(key[:8])
	if err != nil {
		return nil, nil, err
	}
	padded := append(slices.Clone(data), make([]byte, -len(data)&7)...)
	cipher.NewCBCEncrypter(block, desStart(key, salted)).CryptBlocks(padded, padded)
	return tlv(tagOctets, padded), salted, nil
}

// show decrypts a unit.
func (u User) show(s Security, e envelope) ([]byte, error) {
	if len(e.salt) != 8 {
		return nil, ErrCipher
	}
	key := u.privKey(s.Engine)
	if u.Priv.Name != "DES" {
		block, err := aes.NewCipher(key)
		if err != nil {
			return nil, err
		}
		return feedback(block, aesStart(s, e.salt), e.hidden, true), nil
	}
	if len(e.hidden)%8 != 0 {
		return nil, ErrCipher
	}
	block, err := des.NewCipher(key[:8])
	if err != nil {
		return nil, err
	}
	plain := make([]byte, len(e.hidden))
	cipher.NewCBCDecrypter(block, desStart(key, e.salt)).CryptBlocks(plain, e.hidden)
	return plain, nil
}

// aesStart is the first block that goes into the cipher (RFC 3826 section
// 3.1.2.1).
func aesStart(s Security, salt []byte) []byte {
	b := binary.BigEndian.AppendUint32(nil, s.Boots)
	b = binary.BigEndian.AppendUint32(b, s.Time)
	return append(b, salt...)
}

// desStart is the second half of the key, changed by the salt (RFC 3414
// section 8.1.1.1).
func desStart(key, salt []byte) []byte {
	start := slices.Clone(key[8:16])
	for i := range start {
		start[i] ^= salt[i]
	}
	return start
}

// feedback is the cipher feedback mode over whole blocks (RFC 3826 section
// 3.1.3), which the standard library has given up.
func feedback(block cipher.Block, start, in []byte, decrypt bool) []byte {
	out := make([]byte, len(in))
	mask := make([]byte, block.BlockSize())
	for i := 0; i < len(in); i += len(mask) {
		block.Encrypt(mask, start)
		n := subtle.XORBytes(out[i:], in[i:], mask)
		start = out[i : i+n]
		if decrypt {
			start = in[i : i+n]
		}
		if n < len(mask) {
			break
		}
	}
	return out
}
