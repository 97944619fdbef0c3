package tlshello

import (
	"bytes"
	"encoding/binary"
)

// SSL20 is the version that a Hello2 asks for (The SSL Protocol, Hickman, 1995).
const SSL20 uint16 = 0x0002

// Kinds of SSL 2.0, in three bytes each.
var ssl2Kinds = []struct {
	id   [3]byte
	name string
}{
	{[3]byte{1, 0, 0x80}, "SSL_CK_RC4_128_WITH_MD5"},
	{[3]byte{2, 0, 0x80}, "SSL_CK_RC4_128_EXPORT40_WITH_MD5"},
	{[3]byte{3, 0, 0x80}, "SSL_CK_RC2_128_CBC_WITH_MD5"},
	{[3]byte{4, 0, 0x80}, "SSL_CK_RC2_128_CBC_EXPORT40_WITH_MD5"},
	{[3]byte{5, 0, 0x80}, "SSL_CK_IDEA_128_CBC_WITH_MD5"},
	{[3]byte{6, 0, 0x40}, "SSL_CK_DES_64_CBC_WITH_MD5"},
	{[3]byte{7, 0, 0xc0}, "SSL_CK_DES_192_EDE3_CBC_WITH_MD5"},
}

const (
	ssl2ClientHello = 1
	ssl2ServerHello = 4
	ssl2Head        = 11 // of a SERVER-HELLO, before what differs in length
	ssl2X509        = 1
)

// Hello2 is the CLIENT-HELLO of SSL 2.0 in its record, with all of its ciphers.
func Hello2(challenge [16]byte) []byte {
	body := []byte{ssl2ClientHello}
	body = binary.BigEndian.AppendUint16(body, SSL20)
	body = binary.BigEndian.AppendUint16(body, uint16(3*len(ssl2Kinds)))
	body = binary.BigEndian.AppendUint16(body, 0) // no session to go on with
	body = binary.BigEndian.AppendUint16(body, uint16(len(challenge)))
	for _, kind := range ssl2Kinds {
		body = append(body, kind.id[:]...)
	}
	body = append(body, challenge[:]...)
	return append(binary.BigEndian.AppendUint16(nil, 0x8000|uint16(len(body))), body...)
}

// Answer2 is what a server said to a Hello2. SSL 2.0 is spoken by whoever says
// hello: a server that names no cipher was once made to use any all the same
// (CVE-2015-3197).
type Answer2 struct {
	Ciphers     []string
	Certificate []byte // DER; empty where the server goes on with a session
}

// Parse2 reads the beginning of a server's stream. ErrShort says that more has to
// come, ErrBad that the server does not speak SSL 2.0.
func Parse2(stream []byte) (Answer2, error) {
	if len(stream) < 3 {
		if len(stream) > 0 && stream[0]&0x80 == 0 {
			return Answer2{}, ErrBad
		}
		return Answer2{}, ErrShort
	}
	length := int(binary.BigEndian.Uint16(stream) & 0x7fff)
	if stream[0]&0x80 == 0 || length < ssl2Head || stream[2] != ssl2ServerHello {
		return Answer2{}, ErrBad
	}
	if len(stream) < 2+length {
		return Answer2{}, ErrShort
	}
	b := stream[2 : 2+length]
	sizes := [3]int{}
	sum := ssl2Head
	for i := range sizes {
		sizes[i] = int(binary.BigEndian.Uint16(b[5+2*i:]))
		sum += sizes[i]
	}
	if b[1] > 1 || b[2] > ssl2X509 || binary.BigEndian.Uint16(b[3:]) != SSL20 || sum != length || sizes[1]%3 != 0 {
		return Answer2{}, ErrBad
	}
	a := Answer2{Certificate: bytes.Clone(b[ssl2Head:][:sizes[0]])}
	for kinds := b[ssl2Head+sizes[0]:][:sizes[1]]; len(kinds) > 0; kinds = kinds[3:] {
		for _, kind := range ssl2Kinds {
			if bytes.Equal(kinds[:3], kind.id[:]) {
				a.Ciphers = append(a.Ciphers, kind.name)
			}
		}
	}
	return a, nil
}
