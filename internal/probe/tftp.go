package probe

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"regexp"
	"time"

	"sekisho/internal/exposure"
	"sekisho/internal/untrusted"
	"sekisho/internal/wire/tftp"
)

func init() {
	register(Probe{
		Name: "tftp", Transport: exposure.UDP, Ports: []uint16{69}, Weak: true, OtherPort: true,
		Hello: tftpHello, Match: tftpReplies, Run: runTFTP,
		Tests: []Test{{Name: "tftp", Port: 69, Options: []Option{{Name: "file"}}, Run: testTFTP}},
	})
}

// tftpHello asks to read a file that nobody has. The server answers with an
// error, which repeats nothing, from a port that it picks for the transfer (RFC
// 1350 section 4).
func tftpHello(nonce uint64) []byte { return tftp.ReadRequest(fmt.Sprintf("sekisho-%016x", nonce)) }

// tftpReplies wants an error whose text ends in zero. Should there be such a
// file after all, its first block is an answer as well.
func tftpReplies(_, b []byte) bool {
	p, err := tftp.Parse(b)
	switch {
	case err != nil || len(b) < 5:
		return false
	case p.Kind == tftp.Data:
		return p.Block == 1
	}
	return len(p.Message) == len(b)-5
}

// tftpProducts are told by how they word that there is no such file.
var tftpProducts = []pattern{
	{"dnsmasq", regexp.MustCompile(`^file \S+ not found( for \S+)?$`)},
	{"Windows Deployment Services", regexp.MustCompile(`^The system cannot find the file specified\.`)},
}

// runTFTP asks for the file that nobody has.
func runTFTP(ctx context.Context, s *Session) (exposure.Service, error) {
	svc, _, err := s.tftpAsk(ctx)
	return svc, err
}

func (s *Session) tftpAsk(ctx context.Context) (exposure.Service, net.Conn, error) {
	c, err := s.anyPort(ctx)
	if err != nil {
		return exposure.Service{}, nil, err
	}
	defer c.Close()
	request := tftpHello(s.peer.nonce())
	p, err := tftpExchange(c, request, func(b []byte) bool { return tftpReplies(request, b) })
	if err != nil {
		return exposure.Service{}, nil, s.fail("ask for a file", err)
	}
	svc := exposure.Service{Protocol: "tftp", Confidence: exposure.Likely, Facts: exposure.Facts{"login": false}}
	if p.Kind == tftp.Error {
		svc.Facts["error_code"] = int(p.Code)
		svc.Banner = untrusted.New(p.Message, maxBanner)
		svc.Product, svc.Version = match(tftpProducts, string(p.Message))
		if p.Code == tftp.NotFound || p.Code == tftp.AccessDenied {
			// A port that we asked nothing of does not speak of files.
			svc.Confidence = exposure.Confirmed
		}
	}
	return svc, c, nil
}

// How often a packet is sent until an answer comes, and how long after one
// another.
const (
	tftpTries = 3
	tftpWait  = time.Second
)

// tftpExchange sends a packet until one comes that is wanted.
func tftpExchange(c net.Conn, request []byte, want func([]byte) bool) (tftp.Packet, error) {
	buf := make([]byte, 4+tftp.BlockSize+1)
	for try := 1; ; try++ {
		if _, err := c.Write(request); err != nil {
			return tftp.Packet{}, err
		}
		wait := time.Now().Add(tftpWait)
		if try == tftpTries {
			wait = time.Time{}
		}
		if err := c.SetReadDeadline(wait); err != nil {
			return tftp.Packet{}, err
		}
		p, err := tftpReceive(c, buf, want)
		if err == nil || try == tftpTries || !errors.Is(err, os.ErrDeadlineExceeded) {
			return p, err
		}
	}
}

func tftpReceive(c net.Conn, buf []byte, want func([]byte) bool) (tftp.Packet, error) {
	for {
		n, err := c.Read(buf)
		if err != nil {
			return tftp.Packet{}, err
		}
		if want(buf[:n]) {
			return tftp.Parse(buf[:n])
		}
	}
}

// maxTFTPFile bounds what the test reads of a file: 64 KiB in 128 blocks.
const maxTFTPFile = 64 << 10

// testTFTP asks for the file that nobody has and then, if the user named one,
// reads it: who can, anybody can.
func testTFTP(ctx context.Context, s *Session, t *Trial) (exposure.Service, error) {
	step := exposure.Step{ID: "tftp-answer", Result: exposure.StepOK, Asked: "RRQ", Remote: s.peer.at}
	svc, c, err := s.tftpAsk(ctx)
	if err != nil {
		step.Result, step.Detail = exposure.StepFailed, err.Error()
		t.Step(step)
		return svc, err
	}
	step.Said, step.Local, step.Remote = svc.Banner, endOf(c.LocalAddr()), endOf(c.RemoteAddr())
	t.Step(step)
	s.Learn(svc)
	file := t.Text("file")
	if file == "" {
		t.Step(exposure.Step{ID: "tftp-read", Result: exposure.StepSkipped, Why: "no-file"})
		return svc, nil
	}
	return svc, s.tftpRead(ctx, t, &svc, file)
}

// tftpRead reads a file, block by block.
func (s *Session) tftpRead(ctx context.Context, t *Trial, svc *exposure.Service, file string) error {
	step := exposure.Step{ID: "tftp-read", Result: exposure.StepFailed, Asked: "RRQ " + untrusted.New(file, maxFact).Terminal()}
	c, err := s.anyPort(ctx)
	if err != nil {
		return err
	}
	defer c.Close()
	size, blocks := 0, uint16(0)
	request := tftp.ReadRequest(file)
	for {
		p, err := tftpExchange(c, request, func(b []byte) bool {
			p, err := tftp.Parse(b)
			return err == nil && (p.Kind == tftp.Error || p.Block == blocks+1)
		})
		step.Local, step.Remote = endOf(c.LocalAddr()), endOf(c.RemoteAddr())
		if err != nil {
			step.Detail = s.fail("read file", err).Error()
			break
		}
		if p.Kind == tftp.Error {
			step.Result, step.Said = exposure.StepRefused, untrusted.New(p.Message, maxFact)
			break
		}
		blocks++
		size += len(p.Data)
		request = tftp.Ack(blocks)
		if last := len(p.Data) < tftp.BlockSize; last || size >= maxTFTPFile {
			step.Result = exposure.StepOK
			step.Facts = exposure.Facts{"bytes": size, "blocks": int(blocks), "whole": last}
			svc.Facts["file_read"], svc.Facts["file_bytes"] = untrusted.New(file, maxFact), size
			if !last {
				request = tftp.Abort("enough")
			}
			if _, err := c.Write(request); err != nil {
				step.Detail = s.fail("acknowledge", err).Error()
			}
			t.Flow(exposure.Flow{Row: exposure.FlowRequest, From: step.Local, To: s.peer.at, What: "RRQ"})
			t.Flow(exposure.Flow{Row: exposure.FlowTransfer, From: step.Remote, To: step.Local, What: "DATA"})
			break
		}
	}
	t.Step(step)
	return nil
}
