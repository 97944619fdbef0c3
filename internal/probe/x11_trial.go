package probe

import (
	"context"

	"sekisho/internal/exposure"
)

var x11Tests = []Test{{Name: "x11", Port: 6000, Run: testX11}}

// testX11 connects as any program does that has no cookie. It draws nothing and
// looks at nothing.
func testX11(ctx context.Context, s *Session, t *Trial) (exposure.Service, error) {
	svc, err := runX11(ctx, s)
	step := storesStep("x11-setup", "X 11.0", svc.Banner, err)
	if required, known := svc.Facts.Bool("password_required"); known && !required {
		// A server ought to turn away who has no cookie.
		step.Result, step.Why = exposure.StepFailed, "x11-let-in"
	}
	t.Step(step)
	return svc, err
}
