package cli

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"sekisho/internal/exposure"
)

// looks gives one cause after the other, the last one for ever.
func looks(causes ...string) func(context.Context) (exposure.Diagnosis, error) {
	n := 0
	return func(context.Context) (exposure.Diagnosis, error) {
		id := causes[min(n, len(causes)-1)]
		n++
		if id == "error" {
			return exposure.Diagnosis{}, errors.New("the vantage is away")
		}
		d := exposure.Diagnosis{Schema: exposure.DiagnosisSchema, SeenAt: time.Now()}
		if id != "" {
			d.Ports = []exposure.DiagnosedPort{{Transport: exposure.TCP, Port: 80, Cause: exposure.Cause{ID: id}}}
		}
		return d, nil
	}
}

func TestWatch(t *testing.T) {
	for name, c := range map[string]struct {
		causes []string
		cut    time.Duration // when the person ends it; 0: never
		flips  []string      // the causes that were flipped to
		took   time.Duration
		looks  int
		failed int
	}{
		"nothing_changes":     {causes: []string{"host-firewall"}, took: 10 * time.Minute, looks: 121},
		"well_from_the_start": {causes: []string{"ok"}, took: 10 * time.Minute, looks: 121},
		"mended":              {causes: []string{"host-firewall", "host-firewall", "ok"}, flips: []string{"ok"}, took: 40 * time.Second, looks: 9},
		"two_steps":           {causes: []string{"router-no-forward", "host-firewall", "ok"}, flips: []string{"host-firewall", "ok"}, took: 40 * time.Second, looks: 9},
		"well_and_bad_again":  {causes: []string{"host-firewall", "ok", "ok", "host-firewall"}, flips: []string{"ok", "host-firewall"}, took: 10 * time.Minute, looks: 121},
		"broken":              {causes: []string{"ok", "host-firewall"}, flips: []string{"host-firewall"}, took: 10 * time.Minute, looks: 121},
		"interrupted":         {causes: []string{"ok", "host-firewall"}, cut: 12 * time.Second, flips: []string{"host-firewall"}, took: 12 * time.Second, looks: 3},
		"a_look_fails":        {causes: []string{"host-firewall", "error", "ok"}, flips: []string{"ok"}, took: 40 * time.Second, looks: 8, failed: 1},
		"no_failure_left":     {causes: []string{"host-firewall", ""}, flips: []string{"ok"}, took: 35 * time.Second, looks: 8},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				if c.cut > 0 {
					time.AfterFunc(c.cut, cancel)
				}
				begin, seen, failed := time.Now(), 0, 0
				last, err := watch(ctx, looks(c.causes...), watching{
					look: func(_ exposure.Diagnosis, first bool) error {
						if first != (seen == 0) {
							t.Errorf("look %d is called the first: %v", seen, first)
						}
						seen++
						return nil
					},
					failed: func(error) { failed++ },
				})
				if err != nil {
					t.Fatal(err)
				}
				var flips []string
				for _, f := range last.Flips {
					flips = append(flips, f.Is.Cause)
				}
				if len(flips) != len(c.flips) || len(flips) > 0 && flips[len(flips)-1] != c.flips[len(flips)-1] {
					t.Errorf("flips to %q, want %q", flips, c.flips)
				}
				if took := time.Since(begin); took != c.took || seen != c.looks || failed != c.failed {
					t.Errorf("%d looks in %s, %d failed", seen, took, failed)
				}
			})
		})
	}
}

// The first look's failure is the command's, and so is one that cannot be told.
func TestWatchFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		last, err := watch(t.Context(), looks("error"), watching{})
		if err == nil || last.Schema != "" {
			t.Errorf("%+v, %v", last, err)
		}
		full := errors.New("no space left")
		if _, err = watch(t.Context(), looks("ok"), watching{look: func(exposure.Diagnosis, bool) error { return full }}); !errors.Is(err, full) {
			t.Error(err)
		}
	})
}

// A host with two addresses has two lines of each port.
func TestFlipsOfSeveralAddresses(t *testing.T) {
	two := func(a, b string) exposure.Diagnosis {
		return exposure.Diagnosis{Ports: []exposure.DiagnosedPort{
			{Transport: exposure.TCP, Port: 80, Cause: exposure.Cause{ID: a}}, {Transport: exposure.TCP, Port: 80, Cause: exposure.Cause{ID: b}},
		}}
	}
	if f := flipped(two("ok", "host-down"), two("ok", "host-down")); len(f) > 0 {
		t.Errorf("%+v", f)
	}
	if f := flipped(two("ok", "host-down"), two("ok", "ok")); len(f) != 1 || f[0].Was.Cause != "host-down" || f[0].Is.Cause != "ok" {
		t.Errorf("%+v", f)
	}
}
