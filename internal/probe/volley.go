package probe

import (
	"bytes"
	"context"
	"math"
	"time"

	"sekisho/internal/exposure"
)

// volley is what came back to one datagram: what a service gives to whoever
// asks under another's address, since it sees no more of the asker than that.
type volley struct {
	sent, received int // bytes of payload, without the headers below
	packets        int
	replies        [][]byte // the first of them
	silent         error    // why nothing came
}

// Bounds of a volley: what comes after the last of them is neither waited for
// nor counted.
const (
	volleyWait    = time.Second            // for the first datagram
	volleyPause   = 250 * time.Millisecond // after which no more come
	volleyPackets = 128                    // monlist fills 100 (CVE-2013-5211)
	volleyKept    = 16
	volleyBuffer  = 4096
)

// volley sends a request once, since a repetition would be answered twice, and
// counts what comes until the peer pauses. No answer is no error.
func (s *Session) volley(ctx context.Context, request []byte) (volley, error) {
	all, err := s.volleys(ctx, func([]byte) int { return 0 }, request)
	return all[0], err
}

// volleys sends several requests from one socket. Of tells which of them a
// reply is of; what is of none is not counted.
func (s *Session) volleys(ctx context.Context, of func(reply []byte) int, requests ...[]byte) ([]volley, error) {
	all := make([]volley, len(requests))
	c, err := s.dialPort(ctx, exposure.UDP, s.peer.at.Port())
	if err != nil {
		return all, s.fail("connect", err)
	}
	defer c.Close()
	for i, b := range requests {
		if _, err := c.Write(b); err != nil {
			return all, s.fail("ask", err)
		}
		all[i].sent = len(b)
	}
	buf := make([]byte, volleyBuffer)
	wait := volleyWait
	for range volleyPackets {
		if err := c.SetReadDeadline(time.Now().Add(wait)); err != nil {
			break
		}
		n, err := c.Read(buf)
		if err != nil {
			for i := range all {
				if all[i].packets == 0 {
					all[i].silent = err
				}
			}
			break
		}
		if i := of(buf[:n]); i >= 0 && i < len(all) {
			all[i].add(buf[:n])
			wait = volleyPause
		}
	}
	return all, nil
}

// add counts a reply.
func (v *volley) add(reply []byte) {
	v.packets++
	v.received += len(reply)
	if len(v.replies) < volleyKept {
		v.replies = append(v.replies, bytes.Clone(reply))
	}
}

// factor is how many bytes come back for one, to a tenth: the bandwidth
// amplification factor of US-CERT's alert TA14-017A, over UDP's payload.
func (v volley) factor() float64 {
	if v.sent == 0 {
		return 0
	}
	return math.Round(10*float64(v.received)/float64(v.sent)) / 10
}

// keep puts the measurement among the facts, when it is the greatest so far and
// something came back. By is the word for what was asked.
func (v volley) keep(facts exposure.Facts, by string) {
	if most, _ := facts["amplification"].(float64); v.packets == 0 || v.factor() <= most {
		return
	}
	facts["amplification"] = v.factor()
	facts["amplification_by"] = by
	facts["amplification_sent"], facts["amplification_received"] = v.sent, v.received
	facts["amplification_packets"] = v.packets
}

// questionTime is what a question of a test may take where others follow: two
// repetitions fit.
const questionTime = 2500 * time.Millisecond

// question is Exchange for a step of a test, which goes on without an answer.
func (s *Session) question(ctx context.Context, request []byte, accept func([]byte) bool) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, questionTime)
	defer cancel()
	reply, err := s.Exchange(ctx, request, accept)
	if err != nil {
		return nil, cause(err)
	}
	return reply, nil
}
