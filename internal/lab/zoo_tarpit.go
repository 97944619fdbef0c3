package lab

import (
	"context"
	"encoding/binary"
	"io"
	"math/rand/v2"
	"net"
)

// Babble greets everybody as another service, drawn by chance, and says nothing
// after that: behind a rule that redirects all ports to it, every port looks
// alive.
func Babble() Peer {
	greetings := []string{
		"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n", "220 mail.example.org ESMTP Postfix\r\n", "220 (vsFTPd 3.0.3)\r\n",
		"+OK ready\r\n", "* OK IMAP4rev1 ready\r\n", "HTTP/1.1 400 Bad Request\r\n\r\n", "RFB 003.008\n", "-ERR unknown\r\n",
	}
	return func(_ context.Context, c net.Conn) {
		if _, err := io.WriteString(c, greetings[rand.IntN(len(greetings))]); err == nil {
			io.Copy(io.Discard, c)
		}
	}
}

// Tarpit is a stack without a kernel: it is given packets and returns what it
// answers, nil for nothing. It accepts every TCP connection to every port with
// the window, and takes data as far as takes says so, after which the window is
// zero for ever.
func Tarpit(window uint16, takes bool) func(packet []byte) []byte {
	return func(packet []byte) []byte {
		addresses, header := 12, 20 // of IPv4, and the length of it
		if len(packet) > 0 && packet[0]>>4 == 6 {
			addresses, header = 8, 40
		}
		if len(packet) < header+20 || packet[0] != 0x45 && header == 20 {
			return nil
		}
		if protocol := packet[9]; header == 20 && protocol != 6 || header == 40 && packet[6] != 6 {
			return nil
		}
		segment := packet[header:]
		const fin, syn, rst, ack = 1, 2, 4, 16
		flags, offset := segment[13], int(segment[12]>>4)*4
		said := len(segment) - offset
		next := binary.BigEndian.Uint32(segment[4:]) + 1
		answer, window := byte(syn|ack), window
		switch {
		case flags&rst != 0, said < 0:
			return nil
		case flags&syn != 0:
		case takes && said > 0:
			answer, window, next = ack, 0, next-1+uint32(said)
		default:
			return nil
		}
		return reply(packet[:header], segment, addresses, next, window, answer)
	}
}

// reply turns a packet round: a TCP header without options and data.
func reply(header, segment []byte, addresses int, next uint32, window uint16, flags byte) []byte {
	size := (len(header) - addresses) / 2
	if len(header) == 20 {
		size = 4
	}
	b := append([]byte(nil), header...)
	copy(b[addresses:], header[addresses+size:addresses+2*size])
	copy(b[addresses+size:], header[addresses:addresses+size])
	tcp := make([]byte, 20)
	copy(tcp, segment[2:4])
	copy(tcp[2:], segment[:2])
	if flags&2 == 0 {
		copy(tcp[4:], segment[8:12]) // where they expect us
	}
	binary.BigEndian.PutUint32(tcp[8:], next)
	tcp[12], tcp[13] = 5<<4, flags
	binary.BigEndian.PutUint16(tcp[14:], window)
	binary.BigEndian.PutUint16(tcp[16:], ^sum16(6+uint32(len(tcp)), b[addresses:addresses+2*size], tcp))
	if len(header) == 40 {
		binary.BigEndian.PutUint16(b[4:], uint16(len(tcp)))
		return append(b, tcp...)
	}
	binary.BigEndian.PutUint16(b[2:], uint16(len(b)+len(tcp)))
	b[10], b[11] = 0, 0
	binary.BigEndian.PutUint16(b[10:], ^sum16(0, b))
	return append(b, tcp...)
}

// sum16 is the ones' complement sum of RFC 1071.
func sum16(sum uint32, parts ...[]byte) uint16 {
	for _, b := range parts {
		for i := 0; i+1 < len(b); i += 2 {
			sum += uint32(binary.BigEndian.Uint16(b[i:]))
		}
	}
	for sum > 0xffff {
		sum = sum>>16 + sum&0xffff
	}
	return uint16(sum)
}
