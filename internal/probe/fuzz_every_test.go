package probe

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"sekisho/internal/exposure"
)

// addRecordedOf seeds with what the servers of a probe's recordings said, and
// with the number by which a target finds the probe.
func addRecordedOf(f *testing.F, folder string, number uint16) {
	f.Helper()
	paths, err := filepath.Glob(filepath.Join("testdata", folder, "*.txt"))
	if err != nil {
		f.Fatal(err)
	}
	for _, path := range paths {
		b, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(number, saidIn(string(b)))
	}
	f.Add(number, []byte{})
}

// FuzzEveryProbe runs any registered probe against a peer that says anything.
// A probe needs nothing to be among them.
func FuzzEveryProbe(f *testing.F) {
	all := slices.DeleteFunc(All(), func(p Probe) bool { return p.Run == nil })
	for i, p := range all {
		addRecordedOf(f, p.Name, uint16(i))
	}
	f.Fuzz(func(t *testing.T, number uint16, said []byte) {
		p := all[int(number)%len(all)]
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		h := &hunt{peer: fixedPeer(said), transport: p.Transport}
		s := h.session(p, nil)
		s.greeted, s.unasked = said, true
		svc, err := p.run(ctx, s)
		s.close()
		judgeFuzzed(t, p.Name, svc, err)
	})
}

// FuzzEveryTest does so with the in-depth tests, as a user who logs in.
func FuzzEveryTest(f *testing.F) {
	all := Tests()
	if len(all) == 0 {
		f.Fatal("there are no tests")
	}
	for i, test := range all {
		_, p, _ := testNamed(test.Name)
		addRecordedOf(f, p.Name, uint16(i))
	}
	f.Fuzz(func(t *testing.T, number uint16, said []byte) {
		test := all[int(number)%len(all)]
		_, p, _ := testNamed(test.Name)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		o := TestOptions{User: "user", Password: func() (string, error) { return "secret", nil }}
		outcome := runTest(ctx, fixedPeer(said), p, test, o)
		inert(t, outcome.Service.Error)
		for _, part := range []any{outcome.Service, outcome.Steps, outcome.Flow} {
			document, err := json.Marshal(part)
			if err != nil {
				t.Fatalf("%s: %v", test.Name, err)
			}
			inert(t, string(document))
		}
	})
}

// judgeFuzzed holds what a probe tells of anything.
func judgeFuzzed(t *testing.T, name string, svc exposure.Service, err error) {
	t.Helper()
	if svc.Protocol != "" && svc.Confidence == exposure.NoConfidence {
		t.Errorf("%s: protocol %q without a confidence", name, svc.Protocol)
	}
	if svc.Confidence == exposure.NoConfidence && err == nil {
		t.Errorf("%s: nothing found and no error", name)
	}
	var typed *Error
	if err != nil && !errors.As(err, &typed) {
		t.Errorf("%s: error of type %T: %v", name, err, err)
	}
	inert(t, message(err))
	document, err := json.Marshal(svc)
	if err != nil {
		t.Fatal(err)
	}
	inert(t, string(document))
}
