// Package radius writes the request of RADIUS that logs nobody in, Status-Server
// (RFC 5997), and checks what proves its answer.
package radius

import (
	"crypto/hmac"
	"crypto/md5"
	"crypto/subtle"
	"encoding/binary"
	"errors"
)

// The codes (RFC 2865 section 4, RFC 5997 section 3).
const (
	AccessAccept       = 2
	AccountingResponse = 5
	statusServer       = 12
)

const (
	headerSize = 20
	proofType  = 80 // Message-Authenticator, RFC 3579 section 3.2
	proofSize  = 2 + md5.Size
)

// StatusServer asks whether the server is there, signed under a secret. The 16
// bytes are what the answer is signed with too, and must not be guessed.
func StatusServer(id byte, authenticator [16]byte, secret string) []byte {
	b := append([]byte{statusServer, id, 0, headerSize + proofSize}, authenticator[:]...)
	b = append(b, proofType, proofSize)
	b = append(b, make([]byte, md5.Size)...)
	copy(b[headerSize+2:], proof(b, secret))
	return b
}

// proof signs a packet whose own proof is zero.
func proof(b []byte, secret string) []byte {
	h := hmac.New(md5.New, []byte(secret))
	h.Write(b)
	return h.Sum(nil)
}

// ErrAnswer is a packet that does not answer, or was not made with the secret.
var ErrAnswer = errors.New("not an answer that was made with this secret")

// Check returns the code of an answer to a request, once it is proved that its
// sender knows the secret (RFC 2865 section 3, Response Authenticator).
func Check(request, b []byte, secret string) (code byte, err error) {
	if len(request) < headerSize || len(b) < headerSize || b[1] != request[1] {
		return 0, ErrAnswer
	}
	size := int(binary.BigEndian.Uint16(b[2:]))
	if size < headerSize || size > len(b) {
		return 0, ErrAnswer
	}
	h := md5.New()
	h.Write(b[:4])
	h.Write(request[4:headerSize])
	h.Write(b[headerSize:size])
	h.Write([]byte(secret))
	if subtle.ConstantTimeCompare(h.Sum(nil), b[4:headerSize]) != 1 {
		return 0, ErrAnswer
	}
	return b[0], nil
}
