package echoport

import (
	"bytes"
	"testing"
)

func question() Question {
	return Question{Token: Token{1, 2, 3}, Nonce: [nonceSize]byte{4, 5, 6}}
}

func TestQuestionIsReadAsItIsWritten(t *testing.T) {
	b := question().Append(nil)
	if q, ok := Parse(b); !ok || q != question() || len(b) != QuestionSize {
		t.Errorf("%q, %v of %d bytes", b, ok, len(b))
	}
	var token Token
	text := question().Token.String()
	if err := token.UnmarshalText([]byte(text)); err != nil || token != question().Token {
		t.Errorf("%s, %v", text, err)
	}
	for _, word := range []string{"", "01", "zz0203000000000000000000", text + "00"} {
		if token.UnmarshalText([]byte(word)) == nil {
			t.Errorf("%q is a token", word)
		}
	}
}

// TestAnswersAreShorterAndTellPortsApart: nobody's forged question makes a longer
// answer, and the answer of one port is none of another's.
func TestAnswersAreShorterAndTellPortsApart(t *testing.T) {
	q, seen := question(), map[string]bool{}
	for _, port := range []uint16{25, 443} {
		for _, datagram := range []bool{false, true} {
			b := q.Answer(datagram, port)
			if len(b) != AnswerSize || AnswerSize >= QuestionSize || seen[string(b)] || bytes.Contains(b, q.Append(nil)) {
				t.Errorf("%d %v: %q", port, datagram, b)
			}
			seen[string(b)] = true
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(question().Append(nil))
	f.Add(question().Append(nil)[1:])
	f.Add([]byte("sekisho-echo/1 \n"))
	f.Add([]byte("GET / HTTP/1.1\r\n\r\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if q, ok := Parse(b); ok && !bytes.EqualFold(q.Append(nil), b) {
			t.Errorf("%q is read as %q", b, q.Append(nil))
		}
	})
}

func FuzzToken(f *testing.F) {
	f.Add([]byte(question().Token.String()))
	f.Add([]byte("0102"))
	f.Add([]byte("zz0203000000000000000000"))
	f.Fuzz(func(t *testing.T, b []byte) {
		var token Token
		if token.UnmarshalText(b) == nil && !bytes.EqualFold([]byte(token.String()), b) {
			t.Errorf("%q is read as %s", b, token)
		}
	})
}
