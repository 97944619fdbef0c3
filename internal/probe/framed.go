package probe

import "io"

// exactly reads n bytes. What it allocates grows with what has come and not
// with what a length promises.
func (c *Conn) exactly(n int) ([]byte, error) {
	b := make([]byte, 0, min(n, maxLine))
	for len(b) < n {
		if len(b) == cap(b) {
			b = append(b, 0)[:len(b)]
		}
		got, err := io.ReadFull(c, b[len(b):min(cap(b), n)])
		b = b[:len(b)+got]
		if err != nil {
			return b, err
		}
	}
	return b, nil
}

// maxMessage is the longest message of a protocol that says lengths before its
// messages: longer than any first answer.
const maxMessage = 64 << 10
