package probe

import (
	"context"

	"sekisho/internal/exposure"
)

const bannerName = "banner"

func init() {
	register(Probe{Name: bannerName, Transport: exposure.TCP, Greets: func(b []byte) Fit { return Any }, Run: runBanner})
}

func runBanner(_ context.Context, s *Session) (exposure.Service, error) {
	return exposure.Service{}, nil
}
