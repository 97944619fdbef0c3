package probe

import (
	"context"
	"slices"
	"strings"

	"sekisho/internal/exposure"
	"sekisho/internal/untrusted"
	"sekisho/internal/wire/sunrpc"
)

var sunrpcTests = []Test{{Name: "nfs", Port: 111, Run: testSunrpc}}

// testSunrpc asks the port mapper for the programs, the mount daemon for its
// exports and NFS for its versions. Nothing is mounted.
func testSunrpc(ctx context.Context, s *Session, t *Trial) (exposure.Service, error) {
	svc, programs, err := s.sunrpcPrograms(ctx)
	var names []string
	for _, p := range programs {
		names = append(names, strings.Fields(p.String())[0])
	}
	names = slices.Compact(names)
	list := storesStep("nfs-programs", "DUMP", untrusted.New(strings.Join(names, ", "), maxFact), err)
	if lists, known := svc.Facts.Bool("lists_programs"); known && !lists {
		list.Result = exposure.StepRefused
	}
	t.Step(list)
	if err != nil {
		return svc, err
	}
	if p, ok := sunrpcFind(programs, sunrpc.Mount); ok {
		exports, failed := s.sunrpcExports(ctx, uint16(p.Port), p.Version)
		step := storesStep("nfs-exports", "EXPORT", untrusted.Text{}, failed)
		if failed == nil {
			sunrpcShow(&svc, exports)
			step.Facts = exposure.Facts{"exports": svc.Facts["exports"]}
		}
		t.Step(step)
		err = failed
	} else {
		t.Step(exposure.Step{ID: "nfs-exports", Result: exposure.StepSkipped, Why: "no-program"})
	}
	p, ok := sunrpcFind(programs, sunrpc.NFS)
	if !ok {
		t.Step(exposure.Step{ID: "nfs-versions", Result: exposure.StepSkipped, Why: "no-program"})
		return svc, err
	}
	raw, failed := s.dialPort(ctx, exposure.TCP, uint16(p.Port))
	if failed == nil {
		failed = s.sunrpcVersions(newConn(raw), &svc)
	}
	step := storesStep("nfs-versions", "NULL", untrusted.Text{}, failed)
	if failed == nil {
		step.Facts = exposure.Facts{"versions": svc.Facts["versions"]}
	}
	t.Step(step)
	if err == nil && failed != nil {
		err = s.fail("ask for versions", failed)
	}
	return svc, err
}

// sunrpcFind returns where a program is over TCP, the newest version first, at
// a port where it may be.
func sunrpcFind(programs []sunrpc.Mapping, program uint32) (sunrpc.Mapping, bool) {
	i := slices.IndexFunc(programs, func(p sunrpc.Mapping) bool {
		return p.Program == program && p.Protocol == sunrpc.TCP && p.Port > 1023 && p.Port < 1<<16 && p.Version != 2
	})
	if i < 0 {
		return sunrpc.Mapping{}, false
	}
	return programs[i], true
}
