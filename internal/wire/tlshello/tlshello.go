// Package tlshello holds the first two messages of TLS as bytes: a ClientHello
// of any version from SSL 3.0 to TLS 1.2 and of any suites, and what a server
// answers to it in the clear. It finds out what a server would still agree to;
// crypto/tls does not speak the worst of it and so cannot ask. No I/O.
package tlshello

import (
	"encoding/binary"
	"errors"
)

// The versions that a ClientHello can ask for (RFC 6101, 2246, 4346 and 5246).
// TLS 1.3 is chosen by an extension that is not sent here.
const (
	SSL30 uint16 = 0x0300
	TLS10 uint16 = 0x0301
	TLS11 uint16 = 0x0302
	TLS12 uint16 = 0x0303
)

// Hello is a ClientHello.
type Hello struct {
	Version uint16
	Suites  []uint16
	Name    string // of the server, as RFC 6066 section 3 has it; empty: none is sent
	Random  [32]byte
}

// Record and message types (RFC 5246 sections 6.2.1 and 7.4).
const (
	recordAlert     = 21
	recordHandshake = 22

	clientHello       = 1
	serverHello       = 2
	certificate       = 11
	serverKeyExchange = 12
	serverHelloDone   = 14
)

// renegotiationInfo says that we know RFC 5746; some servers refuse a client
// that does not.
const renegotiationInfo = 0x00ff

// Bytes is the message in its record. SSL 3.0 has no extensions.
func (h Hello) Bytes() []byte {
	body := binary.BigEndian.AppendUint16(nil, h.Version)
	body = append(body, h.Random[:]...)
	body = append(body, 0) // no session to go on with
	suites := append(append([]uint16{}, h.Suites...), renegotiationInfo)
	body = binary.BigEndian.AppendUint16(body, uint16(2*len(suites)))
	for _, s := range suites {
		body = binary.BigEndian.AppendUint16(body, s)
	}
	body = append(body, 1, 0) // no compression
	if h.Version > SSL30 {
		extensions := h.extensions()
		body = binary.BigEndian.AppendUint16(body, uint16(len(extensions)))
		body = append(body, extensions...)
	}
	message := append([]byte{clientHello, byte(len(body) >> 16), byte(len(body) >> 8), byte(len(body))}, body...)
	// The version of the record is the oldest for all but SSL 3.0 itself, as
	// libraries send it (RFC 5246 appendix E.1).
	record := []byte{recordHandshake, 3, byte(min(h.Version, TLS10))}
	record = binary.BigEndian.AppendUint16(record, uint16(len(message)))
	return append(record, message...)
}

// extensions are those without which servers refuse suites that they have:
// groups and point formats (RFC 8422 section 5.1), signature algorithms (RFC
// 5246 section 7.4.1.4.1).
func (h Hello) extensions() []byte {
	var all []byte
	add := func(kind uint16, content []byte) {
		all = binary.BigEndian.AppendUint16(all, kind)
		all = binary.BigEndian.AppendUint16(all, uint16(len(content)))
		all = append(all, content...)
	}
	if n := len(h.Name); n > 0 && n <= 255 {
		name := binary.BigEndian.AppendUint16(nil, uint16(n+3))
		name = append(name, 0)
		name = binary.BigEndian.AppendUint16(name, uint16(n))
		add(0, append(name, h.Name...))
	}
	add(10, []byte{0, 8, 0, 29, 0, 23, 0, 24, 0, 25}) // x25519, P-256, P-384, P-521
	add(11, []byte{1, 0})                             // uncompressed
	if h.Version >= TLS12 {
		add(13, []byte{
			0, 28,
			4, 3, 5, 3, 6, 3, 8, 7, 8, 4, 8, 5, 8, 6, 4, 1, 5, 1, 6, 1, // ECDSA, Ed25519, PSS, RSA
			2, 3, 2, 1, 4, 2, 2, 2, // SHA-1, and DSA
		})
	}
	return all
}

// Answer is what a server said to a Hello, as far as it came in the clear.
type Answer struct {
	Refused      bool  // by a fatal alert
	Alert        uint8 // its description (RFC 5246 section 7.2)
	Version      uint16
	Suite        uint16
	Certificates [][]byte // DER, the leaf first
	DHBits       int      // of the prime of an ephemeral Diffie-Hellman exchange; 0 where there is none
	Done         bool     // the server has said all that it says in the clear
}

// Bounds. A handshake message of several records is put together up to the size
// that crypto/tls takes; a chain of real life has two to five certificates.
const (
	maxMessages     = 1 << 16
	maxCertificates = 10
	maxRecord       = 1<<14 + 2048
)

// The errors of Parse. ErrShort says that more has to come.
var (
	ErrShort = errors.New("answer is not whole")
	ErrBad   = errors.New("answer is no TLS handshake")
)

// Parse reads the beginning of a server's stream. It returns what is known so
// far beside ErrShort, and beside ErrBad what came before the mistake.
func Parse(stream []byte) (Answer, error) {
	var (
		a        Answer
		messages []byte
	)
	for !a.Refused {
		if len(stream) < 5 {
			break
		}
		kind, length := stream[0], int(binary.BigEndian.Uint16(stream[3:]))
		if stream[1] != 3 || length == 0 || length > maxRecord || kind != recordAlert && kind != recordHandshake {
			_ = a.read(messages)
			return a, ErrBad
		}
		if len(stream) < 5+length {
			// What there is of a record may hold whole messages.
			if kind == recordHandshake {
				messages = append(messages, stream[5:]...)
			}
			break
		}
		content := stream[5 : 5+length]
		stream = stream[5+length:]
		if kind == recordHandshake {
			if messages = append(messages, content...); len(messages) > maxMessages {
				break
			}
			continue
		}
		const fatal, closeNotify = 2, 0
		if length >= 2 && (content[0] == fatal || content[1] == closeNotify) {
			a.Refused, a.Alert = true, content[1]
		}
	}
	if err := a.read(messages); err != nil {
		return a, err
	}
	if a.Refused || a.Done {
		return a, nil
	}
	if len(messages) > maxMessages {
		return a, ErrBad
	}
	return a, ErrShort
}

// read reads whole handshake messages; one that is not whole yet is left.
func (a *Answer) read(b []byte) error {
	for first := true; len(b) >= 4 && !a.Done; first = false {
		kind, length := b[0], int(b[1])<<16|int(b[2])<<8|int(b[3])
		if first && kind != serverHello || length > maxMessages {
			return ErrBad
		}
		if len(b) < 4+length {
			return nil
		}
		ok := true
		switch body := b[4 : 4+length]; kind {
		case serverHello:
			ok = a.hello(body)
		case certificate:
			a.chain(body)
		case serverKeyExchange:
			a.exchange(body)
		case serverHelloDone:
			a.Done = true
		}
		if !ok {
			return ErrBad
		}
		b = b[4+length:]
	}
	return nil
}

// hello reads a ServerHello: version, random, session, suite.
func (a *Answer) hello(b []byte) bool {
	const session = 2 + 32
	if len(b) < session+1 || len(b) < session+1+int(b[session])+3 {
		return false
	}
	a.Version = binary.BigEndian.Uint16(b)
	a.Suite = binary.BigEndian.Uint16(b[session+1+int(b[session]):])
	return true
}

func (a *Answer) chain(b []byte) {
	if len(b) < 3 {
		return
	}
	for b = b[3:]; len(b) >= 3 && len(a.Certificates) < maxCertificates; {
		n := int(b[0])<<16 | int(b[1])<<8 | int(b[2])
		if n > len(b)-3 {
			return
		}
		a.Certificates = append(a.Certificates, b[3:3+n])
		b = b[3+n:]
	}
}

// exchange reads the size of the prime that stands first in the parameters of
// an ephemeral exchange (RFC 5246 section 7.4.3).
func (a *Answer) exchange(b []byte) {
	s, known := ByID(a.Suite)
	if !known || !s.ephemeral() || len(b) < 2 {
		return
	}
	n := int(binary.BigEndian.Uint16(b))
	if n > len(b)-2 {
		return
	}
	for p := b[2 : 2+n]; len(p) > 0; p = p[1:] {
		if p[0] == 0 {
			continue
		}
		a.DHBits = 8 * (len(p) - 1)
		for high := p[0]; high != 0; high >>= 1 {
			a.DHBits++
		}
		return
	}
}
