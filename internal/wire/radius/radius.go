// Package radius writes the requests of RADIUS that log nobody in, Status-Server
// (RFC 5997) and the name of a user without a password (RFC 3579), and checks
// what proves the answer.
package radius

import (
	"crypto/hmac"
	"crypto/md5"
	"crypto/subtle"
	"encoding/binary"
	"errors"
	"strconv"
)

// The codes (RFC 2865 section 4, RFC 5997 section 3).
const (
	AccessAccept       = 2
	AccessReject       = 3
	AccountingResponse = 5
	AccessChallenge    = 11

	accessRequest = 1
	statusServer  = 12
)

const (
	headerSize = 20
	proofType  = 80 // Message-Authenticator, RFC 3579 section 3.2
	proofSize  = 2 + md5.Size

	userName      = 1
	nasIdentifier = 32
	eapMessage    = 79 // RFC 3579 section 3.1
	longest       = 253
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

// Identity names a user and asks how he would be logged in: EAP up to the answer
// that tells the method (RFC 3579 section 2.1). No password is sent. A name of
// more than 248 bytes is cut.
func Identity(id byte, authenticator [16]byte, user, secret string) []byte {
	const eapHead = 5
	user = user[:min(len(user), longest-eapHead)]
	b := append([]byte{accessRequest, id, 0, 0}, authenticator[:]...)
	b = attribute(b, userName, []byte(user))
	b = attribute(b, nasIdentifier, []byte("sekisho"))
	// EAP-Response, type 1 (RFC 3748 section 5.1).
	eap := append([]byte{2, 0, 0, byte(eapHead + len(user)), 1}, user...)
	b = attribute(b, eapMessage, eap)
	b = attribute(b, proofType, make([]byte, md5.Size))
	binary.BigEndian.PutUint16(b[2:], uint16(len(b)))
	copy(b[len(b)-md5.Size:], proof(b, secret))
	return b
}

// attribute adds one.
func attribute(b []byte, kind byte, value []byte) []byte {
	return append(append(b, kind, byte(2+len(value))), value...)
}

// Method is the method of EAP that an answer asks for, by its name where it is
// known (RFC 3748 section 5, and IANA's registry).
func Method(b []byte) (name string, ok bool) {
	if len(b) < headerSize {
		return "", false
	}
	for b = b[headerSize:]; len(b) >= 2 && int(b[1]) >= 2 && int(b[1]) <= len(b); b = b[b[1]:] {
		value := b[2:b[1]]
		if b[0] != eapMessage || len(value) < 5 || value[0] != 1 {
			continue
		}
		if name, ok := eapMethods[value[4]]; ok {
			return name, true
		}
		return "EAP type " + strconv.Itoa(int(value[4])), true
	}
	return "", false
}

var eapMethods = map[byte]string{
	4: "EAP-MD5", 5: "EAP-OTP", 6: "EAP-GTC", 13: "EAP-TLS", 17: "LEAP", 18: "EAP-SIM", 21: "EAP-TTLS", 23: "EAP-AKA", 25: "PEAP",
	26: "EAP-MSCHAPv2", 43: "EAP-FAST", 50: "EAP-AKA'", 52: "EAP-PWD", 55: "TEAP",
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
