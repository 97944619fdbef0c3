package probe

import (
	"bytes"
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	"sekisho/internal/exposure"
	"sekisho/internal/untrusted"
	"sekisho/internal/wire/sunrpc"
)

// sunrpcServices are the programs that have a port of their own.
var sunrpcServices = []struct {
	name             string
	port             uint16
	program, version uint32
	blind            int
	run              func(context.Context, *Session) (exposure.Service, error)
}{
	{"rpcbind", 111, sunrpc.Portmapper, 2, 7, runSunrpcBind},
	{"nfs", 2049, sunrpc.NFS, 3, 0, runSunrpcNFS},
	{"mountd", 20048, sunrpc.Mount, 3, 0, runSunrpcMount},
}

func init() {
	for _, p := range sunrpcServices {
		var tests []Test
		if p.program == sunrpc.Portmapper {
			tests = sunrpcTests
		}
		register(Probe{
			Name: p.name, Transport: exposure.UDP, Ports: []uint16{p.port}, Match: sunrpcReplies,
			Hello: func(nonce uint64) []byte { return sunrpcNull(uint32(nonce)+p.program, p.program, p.version) },
		})
		register(Probe{
			Name: p.name, Transport: exposure.TCP, Ports: []uint16{p.port}, ClientFirst: true, Blind: p.blind,
			Greets: greetsSunrpc, Run: p.run, Tests: tests,
		})
	}
}

// sunrpcNull calls procedure 0, which does nothing in every program (RFC 5531
// section 12.1), without credentials.
func sunrpcNull(id, program, version uint32) []byte {
	return sunrpc.Call(id, program, version, 0, nil)
}

// sunrpcReplies wants a reply to the same call (RFC 5531 section 9): a result,
// a refusal, or that the program has other versions. A server that says that it
// has no such program is another one.
func sunrpcReplies(hello, b []byte) bool {
	if len(hello) < 4 || len(b) < 20 || len(b)%4 != 0 || !bytes.Equal(b[:4], hello[:4]) || binary.BigEndian.Uint32(b[4:]) != 1 {
		return false
	}
	switch binary.BigEndian.Uint32(b[8:]) {
	case 0: // accepted: the verifier and its length, then how the call went
		skip := uint64(binary.BigEndian.Uint32(b[16:]))
		if skip > 400 || uint64(len(b)) < 24+skip {
			return false
		}
		status := binary.BigEndian.Uint32(b[20+skip:])
		return status != 1 && status <= 5
	case 1: // denied: another RPC version, or no credentials
		return binary.BigEndian.Uint32(b[12:]) <= 1
	}
	return false
}

// greetsSunrpc takes a reply to a call as it stands on a stream: what a program
// answers that was asked for another one.
func greetsSunrpc(first []byte) Fit {
	if len(first) >= 28 && first[0] == 0x80 && binary.BigEndian.Uint32(first[8:]) == 1 && binary.BigEndian.Uint32(first[12:]) <= 1 {
		return Sure
	}
	return No
}

// maxSunrpcReply bounds one reply: the list of a busy server has five thousand
// bytes.
const maxSunrpcReply = 32 << 10

// sunrpcStream calls a procedure over a connection: the call in one record
// (RFC 5531 section 11), the reply in one or several.
func (s *Session) sunrpcStream(c *Conn, program, version, procedure uint32, arguments []byte) ([]byte, error) {
	id := uint32(s.peer.nonce()) + procedure
	if _, err := c.Write(sunrpc.Record(sunrpc.Call(id, program, version, procedure, arguments))); err != nil {
		return nil, err
	}
	reply, err := sunrpc.ReadRecord(c, maxSunrpcReply)
	if err != nil {
		if errors.Is(err, sunrpc.ErrFormat) {
			return nil, ErrProtocol
		}
		return nil, err
	}
	return sunrpc.Result(reply, id)
}

// sunrpcOpen connects and says that the protocol is spoken: a procedure that
// does nothing is answered in it. Versions is what the program has, as far as
// it says.
func (s *Session) sunrpcOpen(ctx context.Context, program, version uint32) (*Conn, []uint32, error) {
	c, err := s.Connect(ctx)
	if err != nil {
		return nil, nil, err
	}
	_, err = s.sunrpcStream(c, program, version, 0, nil)
	var other *sunrpc.Mismatch
	switch {
	case errors.As(err, &other):
		return c, sunrpcRange(other), nil
	case errors.Is(err, sunrpc.ErrDenied):
		return c, []uint32{version}, nil
	case errors.Is(err, sunrpc.ErrNoProgram), errors.Is(err, sunrpc.ErrFormat):
		err = ErrProtocol
	}
	if err != nil {
		return nil, nil, s.fail("call", errors.Join(err, c.Close()))
	}
	return c, []uint32{version}, nil
}

// sunrpcRange are the versions of a program; a server that claims many has
// its ends only.
func sunrpcRange(m *sunrpc.Mismatch) []uint32 {
	if m.High < m.Low || m.High-m.Low > 8 {
		return []uint32{m.Low, m.High}
	}
	var list []uint32
	for v := m.Low; v <= m.High; v++ {
		list = append(list, v)
	}
	return list
}

// runSunrpcBind asks for the list of programs and their ports (RFC 1833 section
// 3), and the one that mounts file systems, if there is one, for its exports.
func runSunrpcBind(ctx context.Context, s *Session) (exposure.Service, error) {
	svc, programs, err := s.sunrpcPrograms(ctx)
	if err != nil {
		return svc, err
	}
	if p, ok := sunrpcFind(programs, sunrpc.Mount); ok {
		exports, err := s.sunrpcExports(ctx, uint16(p.Port), p.Version)
		if err != nil {
			return svc, err
		}
		sunrpcShow(&svc, exports)
	}
	return svc, nil
}

// sunrpcPrograms asks the port mapper what there is.
func (s *Session) sunrpcPrograms(ctx context.Context) (exposure.Service, []sunrpc.Mapping, error) {
	c, _, err := s.sunrpcOpen(ctx, sunrpc.Portmapper, 2)
	if err != nil {
		return exposure.Service{}, nil, err
	}
	defer c.Close()
	svc := exposure.Service{Protocol: "rpcbind", Confidence: exposure.Confirmed, Facts: exposure.Facts{}}
	s.Learn(svc)
	const dump = 4
	body, err := s.sunrpcStream(c, sunrpc.Portmapper, 2, dump, nil)
	if errors.Is(err, sunrpc.ErrDenied) {
		svc.Facts["lists_programs"] = false
		return svc, nil, nil
	}
	if err != nil {
		return svc, nil, s.fail("list programs", err)
	}
	programs, err := sunrpc.Mappings(body)
	if err != nil {
		return svc, nil, s.fail("list programs", ErrProtocol)
	}
	slices.SortFunc(programs, func(a, b sunrpc.Mapping) int {
		return cmp.Or(cmp.Compare(a.Program, b.Program), cmp.Compare(b.Version, a.Version), cmp.Compare(a.Protocol, b.Protocol))
	})
	var lines []string
	for _, p := range programs {
		lines = append(lines, p.String())
	}
	svc.Facts["lists_programs"] = true
	svc.Facts["programs"] = texts(lines, 64)
	return svc, programs, nil
}

// sunrpcExports asks the mount daemon which file systems it exports to whom
// (RFC 1813 section 5.2.5). Nothing is mounted.
func (s *Session) sunrpcExports(ctx context.Context, port uint16, version uint32) ([]sunrpc.Exported, error) {
	raw, err := s.dialPort(ctx, exposure.TCP, port)
	if err != nil {
		return nil, s.fail("connect to the mount daemon", err)
	}
	defer raw.Close()
	return s.sunrpcExportsOver(newConn(raw), version)
}

func (s *Session) sunrpcExportsOver(c *Conn, version uint32) ([]sunrpc.Exported, error) {
	const export = 5
	body, err := s.sunrpcStream(c, sunrpc.Mount, version, export, nil)
	if err != nil {
		return nil, s.fail("list exports", err)
	}
	exports, err := sunrpc.Exports(body)
	if err != nil {
		return nil, s.fail("list exports", ErrProtocol)
	}
	return exports, nil
}

// sunrpcShow keeps the exports, and whether one of them is for everybody.
func sunrpcShow(svc *exposure.Service, exports []sunrpc.Exported) {
	lines := []string{}
	everybody := false
	for _, e := range exports {
		lines = append(lines, e.String())
		everybody = everybody || e.Everybody()
	}
	svc.Facts["exports"] = texts(lines, 64)
	svc.Facts["exported_to_everybody"] = everybody
}

// runSunrpcMount asks for the exports.
func runSunrpcMount(ctx context.Context, s *Session) (exposure.Service, error) {
	c, versions, err := s.sunrpcOpen(ctx, sunrpc.Mount, 3)
	if err != nil {
		return exposure.Service{}, err
	}
	defer c.Close()
	svc := exposure.Service{Protocol: "mountd", Confidence: exposure.Confirmed, Facts: exposure.Facts{}}
	s.Learn(svc)
	exports, err := s.sunrpcExportsOver(c, versions[len(versions)-1])
	if err != nil {
		return svc, err
	}
	sunrpcShow(&svc, exports)
	return svc, nil
}

// runSunrpcNFS asks which versions of NFS there are: of the versions 2 to 4 a
// server answers a call that does nothing in those that it has (RFC 1813
// section 3.3.0, RFC 7530 section 15.1).
func runSunrpcNFS(ctx context.Context, s *Session) (exposure.Service, error) {
	c, _, err := s.sunrpcOpen(ctx, sunrpc.NFS, 4)
	if err != nil {
		return exposure.Service{}, err
	}
	defer c.Close()
	svc := exposure.Service{Protocol: "nfs", Confidence: exposure.Confirmed, Facts: exposure.Facts{}}
	s.Learn(svc)
	return svc, s.sunrpcVersions(c, &svc)
}

// sunrpcVersions keeps the versions of NFS that a server has.
func (s *Session) sunrpcVersions(c *Conn, svc *exposure.Service) error {
	var has []untrusted.Text
	for version := uint32(2); version <= 4; version++ {
		_, err := s.sunrpcStream(c, sunrpc.NFS, version, 0, nil)
		var other *sunrpc.Mismatch
		switch {
		case err == nil, errors.Is(err, sunrpc.ErrDenied):
			has = append(has, untrusted.New(fmt.Sprint(version), 0))
		case !errors.As(err, &other):
			return s.fail("ask for versions", err)
		}
	}
	svc.Facts["versions"] = has
	return nil
}
