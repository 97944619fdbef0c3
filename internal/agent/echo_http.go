package agent

import (
	"bufio"
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"net"
	"net/netip"
	"strings"

	"sekisho/internal/exposure"
)

// mostHead bounds what is read of a browser's request.
const mostHead = 8 << 10

// tlsHandshake is the first byte of a record that begins one (RFC 8446 section 5.1).
const tlsHandshake = 22

// begun is a connection of which something was read already.
type begun struct {
	net.Conn
	read *bufio.Reader
}

// Read reads that first.
func (b begun) Read(p []byte) (int, error) { return b.read.Read(p) }

// mostNonce bounds a nonce.
const mostNonce = 64

// Word is what an echo port says to a browser that names a nonce: who answers in
// its place does not know it.
func (e *Echo) Word(nonce string, port uint16) string {
	sum := hmac.New(sha256.New, e.key[:])
	sum.Write(binary.BigEndian.AppendUint16([]byte("out "), port))
	sum.Write([]byte(nonce))
	return hex.EncodeToString(sum.Sum(nil)[:16])
}

// httpPath is what the first line of a request of HTTP/1 asks for (RFC 9112
// section 3).
func httpPath(line []byte) (path string, ok bool) {
	words := bytes.Split(bytes.TrimRight(line, "\r\n"), []byte(" "))
	if len(words) != 3 || !bytes.HasPrefix(words[2], []byte("HTTP/1.")) || len(words[0]) == 0 {
		return "", false
	}
	if string(words[0]) != "GET" {
		return "", true
	}
	return string(words[1]), true
}

// page is the answer to a browser: the word for a nonce and the address that the
// request came from, which any page may read; a sentence for people otherwise. It
// repeats nothing that was asked.
func (e *Echo) page(path string, from netip.Addr, port uint16) []byte {
	body, open := greeting, ""
	nonce, asked := strings.CutPrefix(path, exposure.EchoPath)
	if asked && len(nonce) > 0 && len(nonce) <= mostNonce {
		body, open = fmt.Sprintf("%s %s\n", e.Word(nonce, port), from), "Access-Control-Allow-Origin: *\r\n"
	}
	return fmt.Appendf(nil, "HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: %d\r\n%sCache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n%s", len(body), open, body)
}

// headEnd reads the rest of the head of a request: a connection that is closed
// with something unread is reset, and its answer lost.
func headEnd(r *bufio.Reader) {
	for left := mostHead; left > 0; {
		line, err := r.ReadSlice('\n')
		if err != nil || len(bytes.TrimRight(line, "\r\n")) == 0 {
			return
		}
		left -= len(line)
	}
}
