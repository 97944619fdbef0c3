package probe

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"sekisho/internal/exposure"
	"sekisho/internal/untrusted"
)

func init() {
	register(Probe{
		Name: "vnc", Transport: exposure.TCP, Ports: []uint16{5900, 5901, 5902, 5903}, Greets: greetsVNC, Run: runVNC,
		Tests: []Test{{Name: "vnc", Port: 5900, Run: testVNC}},
	})
}

// vncGreeting is the first line of a server (RFC 6143 section 7.1.1).
var vncGreeting = regexp.MustCompile(`^RFB (\d{3})\.(\d{3})\n`)

const vncLine = 12

func greetsVNC(first []byte) Fit {
	if vncGreeting.Match(first) {
		return Sure
	}
	return No
}

// vncTypes are the ways in which a user may prove who he is (RFC 6143 section
// 7.1.2, and IANA's list of RFB security types).
var vncTypes = map[uint32]string{
	1: "none", 2: "vnc", 5: "ra2", 6: "ra2ne", 7: "sspi", 8: "sspine", 13: "ra2-256", 16: "tight", 17: "ultra", 18: "tls", 19: "vencrypt",
	20: "sasl", 21: "md5", 22: "xvp", 30: "apple-dh", 31: "apple-31", 32: "apple-32", 33: "apple-rsa", 35: "apple-kerberos", 36: "apple-srp",
	113: "mslogon2", 129: "ra2ne-unix", 130: "ra2-256-ne",
	256: "plain", 257: "tls-none", 258: "tls-vnc", 259: "tls-plain", 260: "x509-none", 261: "x509-vnc", 262: "x509-plain", 263: "tls-sasl", 264: "x509-sasl",
}

const (
	vncNone     = 1
	vncVeNCrypt = 19
	vncTLSNone  = 257
	vncX509None = 260
)

// vncOpen are the ways that ask for no password.
var vncOpen = []uint32{vncNone, vncTLSNone, vncX509None}

// vncClear are the ways after which the screen and the keys cross the network
// readable.
var vncClear = []uint32{vncNone, 2, 16, 17, 22, 113, 6, 129, 256}

func vncName(kind uint32) string {
	if name := vncTypes[kind]; name != "" {
		return name
	}
	return fmt.Sprint(kind)
}

// runVNC asks which ways of proving oneself a server offers, and goes none of
// them (RFC 6143 section 7.1.2).
func runVNC(ctx context.Context, s *Session) (exposure.Service, error) {
	svc, kinds, err := s.vncKinds(ctx)
	if svc.Protocol == "" {
		return exposure.Service{}, err
	}
	if len(kinds) > 0 {
		vncFacts(&svc, kinds)
	}
	return svc, err
}

// vncFacts keeps what the ways mean.
func vncFacts(svc *exposure.Service, kinds []uint32) {
	var names []string
	none, clear := false, false
	for _, k := range kinds {
		if name := vncName(k); !slices.Contains(names, name) {
			names = append(names, name)
		}
		none = none || slices.Contains(vncOpen, k)
		clear = clear || slices.Contains(vncClear, k)
	}
	svc.Facts["security_types"] = texts(names, maxVNCTypes)
	svc.Facts["no_password"], svc.Facts["cleartext"] = none, clear
	switch {
	case slices.Contains(kinds, 30) || strings.HasSuffix(svc.Banner.Raw(), ".889"):
		svc.Product = untrusted.New("Apple Remote Desktop", maxProduct)
	case slices.ContainsFunc(kinds, func(k uint32) bool { return k == 5 || k == 13 || k == 130 }) && !slices.Contains(kinds, vncVeNCrypt):
		svc.Product = untrusted.New("RealVNC", maxProduct)
	case slices.Contains(kinds, 113):
		svc.Product = untrusted.New("UltraVNC", maxProduct)
	}
}

// maxVNCTypes bounds the ways of one server; their number is a byte.
const maxVNCTypes = 255

// vncKinds talks up to the list of the ways, and into the list inside the one
// that has a list of its own.
func (s *Session) vncKinds(ctx context.Context) (exposure.Service, []uint32, error) {
	c, err := s.Connect(ctx)
	if err != nil {
		return exposure.Service{}, nil, err
	}
	defer c.Close()
	line, err := c.exactly(vncLine)
	if err != nil {
		return exposure.Service{}, nil, s.fail("read version", err)
	}
	version := vncGreeting.FindSubmatch(line)
	if version == nil {
		return exposure.Service{}, nil, s.fail("read version", ErrProtocol)
	}
	svc := exposure.Service{Protocol: "vnc", Confidence: exposure.Confirmed, Facts: exposure.Facts{}}
	svc.Banner = untrusted.New(strings.TrimSuffix(string(line), "\n"), maxBanner)
	told := strings.TrimLeft(string(version[1]), "0") + "." + strings.TrimLeft(string(version[2]), "0")
	svc.Facts["protocol_version"] = untrusted.New(told, maxFact)
	s.Learn(svc)
	// 3.3 and 3.7 are as old as they sound; to anything else one answers 3.8.
	ours := "RFB 003.008\n"
	old := bytes.Equal(version[1], []byte("003")) && bytes.Compare(version[2], []byte("007")) < 0
	if old {
		ours = "RFB 003.003\n"
	}
	if _, err := c.Write([]byte(ours)); err != nil {
		return svc, nil, s.fail("send version", err)
	}
	kinds, err := vncList(c, old)
	if err != nil {
		return svc, kinds, s.fail("read security types", err)
	}
	if slices.Contains(kinds, vncVeNCrypt) && !old {
		inner, err := vncInner(c)
		if err != nil {
			return svc, kinds, s.fail("read security types", err)
		}
		kinds = append(slices.DeleteFunc(kinds, func(k uint32) bool { return k == vncVeNCrypt }), inner...)
		svc.Facts["vencrypt"] = true
	}
	return svc, kinds, nil
}

// errVNCRefused is why a server lets nobody in, as it says it.
type errVNCRefused string

// Error quotes the server.
func (e errVNCRefused) Error() string { return "refused: " + string(e) }

// vncList reads the ways. An old server decides on one.
func vncList(c *Conn, old bool) ([]uint32, error) {
	if old {
		b, err := c.exactly(4)
		if err != nil {
			return nil, err
		}
		kind := binary.BigEndian.Uint32(b)
		if kind == 0 {
			return nil, vncReason(c)
		}
		return []uint32{kind}, nil
	}
	count, err := c.exactly(1)
	if err != nil {
		return nil, err
	}
	if count[0] == 0 {
		return nil, vncReason(c)
	}
	list, err := c.exactly(int(count[0]))
	kinds := make([]uint32, 0, len(list))
	for _, k := range list {
		kinds = append(kinds, uint32(k))
	}
	return kinds, err
}

// vncReason reads why there is no way.
func vncReason(c *Conn) error {
	size, err := c.exactly(4)
	if err != nil {
		return err
	}
	text, err := c.exactly(int(min(binary.BigEndian.Uint32(size), maxBanner)))
	if err != nil {
		return err
	}
	return errVNCRefused(text)
}

// vncInner chooses VeNCrypt, in its version 0.2, for the sake of the list that
// follows; none of that is chosen.
func vncInner(c *Conn) ([]uint32, error) {
	if _, err := c.Write([]byte{vncVeNCrypt}); err != nil {
		return nil, err
	}
	if _, err := c.exactly(2); err != nil {
		return nil, err
	}
	if _, err := c.Write([]byte{0, 2}); err != nil {
		return nil, err
	}
	head, err := c.exactly(2)
	if err != nil {
		return nil, err
	}
	if head[0] != 0 {
		return nil, ErrProtocol
	}
	list, err := c.exactly(4 * int(head[1]))
	kinds := make([]uint32, 0, len(list)/4)
	for ; len(list) >= 4; list = list[4:] {
		kinds = append(kinds, binary.BigEndian.Uint32(list))
	}
	return kinds, err
}

// testVNC is the probe with its list as a step.
func testVNC(ctx context.Context, s *Session, t *Trial) (exposure.Service, error) {
	svc, err := runVNC(ctx, s)
	step := exposure.Step{ID: "vnc-types", Result: exposure.StepOK, Facts: svc.Facts}
	if err != nil {
		step.Result, step.Detail = exposure.StepFailed, err.Error()
	}
	t.Step(step)
	return svc, err
}
