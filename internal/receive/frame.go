package receive

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strconv"
)

// errFrame is a length that is none.
var errFrame = errors.New("length before the message is no number, or too large")

// errShort is the end of a connection in the middle of a message.
var errShort = errors.New("the sender ended in the middle of a message")

// maxDigits is how long the length before a message may be.
const maxDigits = 7

// frame reads one message of a stream: with its length before it (octet
// counting, RFC 5425 section 4.3, RFC 6587 section 3.4.1) or with a line end or
// a zero byte behind it (RFC 6587 section 3.4.2). What is beyond maxMessage is
// dropped and the message is cut. One of which less came than its length says ends
// with errShort.
func frame(in *bufio.Reader) (message []byte, cut bool, err error) {
	begin, err := in.Peek(1)
	if err != nil {
		return nil, false, err
	}
	if begin[0] >= '1' && begin[0] <= '9' {
		return counted(in)
	}
	for {
		c, err := in.ReadByte()
		if err != nil || c == '\n' || c == 0 {
			return bytes.TrimRight(message, "\r"), cut, err
		}
		if len(message) == maxMessage {
			cut = true
			continue
		}
		message = append(message, c)
	}
}

func counted(in *bufio.Reader) ([]byte, bool, error) {
	var digits []byte
	for {
		c, err := in.ReadByte()
		if err != nil {
			return nil, false, err
		}
		if c == ' ' {
			break
		}
		if c < '0' || c > '9' || len(digits) == maxDigits {
			return nil, false, errFrame
		}
		digits = append(digits, c)
	}
	size, err := strconv.Atoi(string(digits))
	if err != nil {
		return nil, false, errFrame
	}
	// It grows with what comes, not with what was promised.
	message, err := io.ReadAll(io.LimitReader(in, int64(min(size, maxMessage))))
	if len(message) < min(size, maxMessage) {
		return message, false, errShort
	}
	if err == nil && size > maxMessage {
		_, err = io.CopyN(io.Discard, in, int64(size-maxMessage))
	}
	return message, size > maxMessage, err
}
