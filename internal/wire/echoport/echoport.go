// Package echoport is the small conversation by which somebody finds out whether
// their network lets them out to a port of a vantage: a question of 65 bytes and
// an answer of 48, the same over TCP and UDP. The answer proves that whoever gave
// it is the vantage, and at the port that was asked: what stands on the way and
// answers in its place, such as the mail or web proxy of a provider, knows the
// question only.
package echoport

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
)

// Sizes in bytes. An answer is shorter than its question, so that a forged
// source makes no more traffic for anybody than whoever forges it sends.
const (
	QuestionSize = len(word) + 2*tokenSize + 1 + 2*nonceSize + 1
	AnswerSize   = len(word) + 2*proofSize + 1
)

const (
	word      = "sekisho-echo/1 "
	tokenSize = 12
	nonceSize = 12
	proofSize = 16
)

// Token is what the vantage gives to those who ask it over HTTP: datagrams
// without it are not answered.
type Token [tokenSize]byte

// String writes hexadecimal digits.
func (t Token) String() string { return hex.EncodeToString(t[:]) }

// UnmarshalText reads hexadecimal digits.
func (t *Token) UnmarshalText(b []byte) error {
	if hex.DecodedLen(len(b)) != len(t) {
		return errToken
	}
	_, err := hex.Decode(t[:], b)
	return err
}

var errToken = errors.New("a token has 24 hexadecimal digits")

// Question is what is asked at one port.
type Question struct {
	Token Token
	Nonce [nonceSize]byte // different in each question
}

// Append writes the question behind b.
func (q Question) Append(b []byte) []byte {
	b = append(b, word...)
	b = append(hex.AppendEncode(b, q.Token[:]), ' ')
	return append(hex.AppendEncode(b, q.Nonce[:]), '\n')
}

// Parse reads a question of exactly its size.
func Parse(b []byte) (q Question, ok bool) {
	if len(b) != QuestionSize || !bytes.HasPrefix(b, []byte(word)) || b[len(b)-1] != '\n' {
		return q, false
	}
	token, nonce, found := bytes.Cut(b[len(word):len(b)-1], []byte{' '})
	if !found || len(token) != 2*tokenSize || len(nonce) != 2*nonceSize {
		return q, false
	}
	_, err := hex.Decode(q.Token[:], token)
	if err == nil {
		_, err = hex.Decode(q.Nonce[:], nonce)
	}
	return q, err == nil
}

// Answer is the one right answer to the question at a port, over datagrams or
// not.
func (q Question) Answer(datagram bool, port uint16) []byte {
	over := byte(6) // the protocol numbers of IP
	if datagram {
		over = 17
	}
	sum := hmac.New(sha256.New, q.Token[:])
	sum.Write(binary.BigEndian.AppendUint16([]byte{over}, port))
	sum.Write(q.Nonce[:])
	b := hex.AppendEncode([]byte(word), sum.Sum(nil)[:proofSize])
	return append(b, '\n')
}
