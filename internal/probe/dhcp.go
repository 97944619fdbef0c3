package probe

import (
	"context"
	"errors"
	"net/netip"
	"os"
	"time"

	"sekisho/internal/exposure"
	"sekisho/internal/untrusted"
	"sekisho/internal/wire/dhcp"
)

func init() {
	// A server answers to port 68, wherever the question came from (RFC 2131
	// section 4.1), so that only the test, which sends from there, is answered.
	register(oneWayProbe("dhcp", []uint16{67}, Test{Name: "dhcp", Port: 67, Run: testDHCP}))
}

// Where a client listens, and how long one question of the test may take.
const (
	dhcpClient = 68
	dhcpTime   = time.Second
	dhcpTries  = 3
)

// testDHCP asks for the settings of the network, and for no address: nothing is
// leased and nothing changes on the server.
func testDHCP(ctx context.Context, s *Session, t *Trial) (exposure.Service, error) {
	step := exposure.Step{ID: "dhcp-inform", Result: exposure.StepFailed, Asked: "DHCPINFORM", Remote: s.peer.at}
	reply, local, err := s.dhcpInform(ctx)
	step.Local = local
	if err != nil {
		if errors.Is(err, os.ErrPermission) {
			step.Result, step.Why = exposure.StepSkipped, "no-port-68"
		}
		err = s.fail("ask from port 68", err)
		step.Detail = err.Error()
		t.Step(step)
		return exposure.Service{}, err
	}
	settings, err := dhcp.Parse(reply)
	svc := exposure.Service{Protocol: "dhcp", Confidence: exposure.Confirmed, Facts: exposure.Facts{}}
	if settings.Server.IsValid() {
		svc.Facts["server"] = untrusted.New(settings.Server.String(), maxFact)
	}
	for fact, list := range map[string][]netip.Addr{"routers": settings.Routers, "name_servers": settings.Names, "time_servers": settings.Times} {
		var words []string
		for _, a := range list {
			words = append(words, a.String())
		}
		if len(words) > 0 {
			svc.Facts[fact] = texts(words, len(words))
		}
	}
	for fact, text := range map[string][]byte{"domain": settings.Domain, "boot_file": settings.BootFile} {
		if len(text) > 0 {
			svc.Facts[fact] = untrusted.New(text, maxFact)
		}
	}
	step.Result, step.Said = exposure.StepOK, untrusted.New("DHCPACK", 0)
	t.Step(step)
	if err != nil {
		return svc, s.fail("read answer", err)
	}
	return svc, nil
}

// dhcpInform asks until an answer comes.
func (s *Session) dhcpInform(ctx context.Context) (reply []byte, local netip.AddrPort, err error) {
	c, err := s.dialFrom(ctx, dhcpClient)
	if err != nil {
		return nil, local, err
	}
	defer c.Close()
	local = endOf(c.LocalAddr())
	hardware := [6]byte(noise(s.peer.nonce(), 6))
	hardware[0] = hardware[0]&0xfc | 2 // nobody's (IEEE 802, local)
	asked := dhcp.Inform(uint32(s.peer.nonce()), local.Addr(), hardware, "sekisho")
	buf := make([]byte, maxHelloReply)
	for try := 1; ; try++ {
		if _, err := c.Write(asked); err != nil {
			return nil, local, err
		}
		for until := time.Now().Add(dhcpTime); ; {
			if err := c.SetReadDeadline(until); err != nil {
				return nil, local, err
			}
			n, err := c.Read(buf)
			if err == nil && dhcp.Answers(asked, buf[:n]) {
				return buf[:n], local, nil
			}
			if err != nil && (try == dhcpTries || !errors.Is(err, os.ErrDeadlineExceeded)) {
				return nil, local, err
			}
			if err != nil {
				break
			}
		}
	}
}
