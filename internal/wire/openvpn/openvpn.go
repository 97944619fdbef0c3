// Package openvpn makes the first packet of an OpenVPN client under a static
// key, which a server with tls-auth or tls-crypt demands, and proves by the
// answer that the server holds the key too. The formats are those of OpenVPN's
// ssl_pkt.c and tls_crypt.c. No TLS handshake is begun.
package openvpn

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"time"
)

// The opcodes of control packets, which stand in the upper 5 bits.
const (
	clientReset2 = 7 // P_CONTROL_HARD_RESET_CLIENT_V2
	serverReset2 = 8
	ackOnly      = 5
	clientReset3 = 10 // of tls-crypt-v2
)

const (
	idSize     = 8
	headSize   = 1 + idSize // opcode and session id
	replaySize = 8          // packet number and time
	tagSize    = sha256.Size
)

// Wrap is one way to protect the control channel.
type Wrap struct {
	Name string // tls-auth, tls-crypt or tls-crypt-v2

	digest    Digest // tls-auth
	direction Direction
	out, in   key
	wrapped   []byte // tls-crypt-v2: the client's key, sealed for the server
}

// Detail says what of a static key the Wrap uses, in the words of a configuration.
func (w Wrap) Detail() string {
	if w.Name != TLSAuth {
		return ""
	}
	detail := "auth " + w.digest.Name
	if w.direction != Both {
		detail += ", key-direction " + string(rune('0'+w.direction))
	}
	return detail
}

// The names of the wraps, as a configuration has them.
const (
	TLSAuth    = "tls-auth"
	TLSCrypt   = "tls-crypt"
	TLSCryptV2 = "tls-crypt-v2"
)

// Reset is the first packet of a client. The session is a number of ours that
// nobody must guess. A server takes each number of a packet once within a
// session, and no packet whose time lies before one that it has seen.
func (w Wrap) Reset(session uint64, now time.Time) []byte {
	opcode := byte(clientReset2)
	if w.Name == TLSCryptV2 {
		opcode = clientReset3
	}
	head := binary.BigEndian.AppendUint64([]byte{opcode << 3}, session)
	replay := binary.BigEndian.AppendUint32([]byte{0, 0, 0, 1}, uint32(now.Unix()))
	body := []byte{0, 0, 0, 0, 0} // nothing to acknowledge, packet 0
	if w.Name == TLSAuth {
		proof := w.sign(w.out, replay, head, body)
		return bytes.Join([][]byte{head, proof, replay, body}, nil)
	}
	head = append(head, replay...)
	tag := w.tag(w.out, head, body)
	return bytes.Join([][]byte{head, tag, w.out.counter(tag, body), w.wrapped}, nil)
}

// ErrAnswer is a packet that does not answer, or that was not made with the key.
var ErrAnswer = errors.New("not an answer that was made with this key")

// Check proves an answer to Reset: made with the key, and for our session.
func (w Wrap) Check(session uint64, b []byte) error {
	if len(b) < headSize || b[0] != serverReset2<<3 && b[0] != ackOnly<<3 {
		return ErrAnswer
	}
	var body []byte
	if w.Name == TLSAuth {
		size := w.digest.size()
		if len(b) < headSize+size+replaySize {
			return ErrAnswer
		}
		replay := b[headSize+size:][:replaySize]
		body = b[headSize+size+replaySize:]
		if !hmac.Equal(w.sign(w.in, replay, b[:headSize], body), b[headSize:headSize+size]) {
			return ErrAnswer
		}
	} else {
		const head = headSize + replaySize
		if len(b) < head+tagSize {
			return ErrAnswer
		}
		tag := b[head : head+tagSize]
		body = w.in.counter(tag, b[head+tagSize:])
		if !hmac.Equal(w.tag(w.in, b[:head], body), tag) {
			return ErrAnswer
		}
	}
	if len(body) == 0 || body[0] == 0 || body[0] > maxAcks {
		return ErrAnswer
	}
	at := 1 + 4*int(body[0])
	if len(body) < at+idSize || binary.BigEndian.Uint64(body[at:]) != session {
		return ErrAnswer
	}
	return nil
}

// maxAcks is the most packets that one acknowledges.
const maxAcks = 8

// sign is the proof of tls-auth. It covers the packet as if its number stood in
// front.
func (w Wrap) sign(k key, replay, head, body []byte) []byte {
	h := hmac.New(w.digest.new, k.hmac[:w.digest.size()])
	h.Write(replay)
	h.Write(head)
	h.Write(body)
	return h.Sum(nil)
}

// tag is the proof of tls-crypt, over what is not hidden yet.
func (Wrap) tag(k key, head, body []byte) []byte {
	h := hmac.New(sha256.New, k.hmac[:sha256.Size])
	h.Write(head)
	h.Write(body)
	return h.Sum(nil)
}

// counter hides or shows with AES-256-CTR, begun by the tag.
func (k key) counter(tag, b []byte) []byte {
	block, err := aes.NewCipher(k.cipher[:32])
	if err != nil {
		panic(err) // 32 bytes are a key
	}
	out := make([]byte, len(b))
	cipher.NewCTR(block, tag[:aes.BlockSize]).XORKeyStream(out, b)
	return out
}
