package web

import (
	"context"
	"errors"
	"net/netip"
	"time"

	"sekisho/internal/exposure"
)

// Dues is where the limits are kept, so that nobody has more by the end of the
// service. Its errors wrap exposure.ErrStoreFull or exposure.ErrStoreAway.
type Dues interface {
	Dues(ctx context.Context) (map[netip.Prefix]time.Time, error)
	SaveDues(ctx context.Context, dues map[netip.Prefix]time.Time) error
}

// everybody stands for the limit of all callers together.
var everybody = netip.PrefixFrom(netip.IPv6Unspecified(), 0)

// Restore reads the limits as they were kept.
func (s *Service) Restore(ctx context.Context) error {
	if s.config.Dues == nil {
		return nil
	}
	dues, err := s.config.Dues.Dues(ctx)
	if err != nil {
		return err
	}
	s.limits.restore(dues, time.Now())
	return nil
}

// counted keeps what a caller has used up. What cannot be kept is not granted.
func (s *Service) counted(ctx context.Context, a netip.Addr) error {
	if s.config.Dues == nil {
		return nil
	}
	return s.config.Dues.SaveDues(ctx, s.limits.used(a))
}

// restore takes over what is not over yet.
func (l *limits) restore(dues map[netip.Prefix]time.Time, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for p, at := range dues {
		switch {
		case !at.After(now):
		case p == everybody:
			l.whole = at
		default:
			l.due[p] = at
		}
	}
}

// used is what a caller, its network and everybody have used up.
func (l *limits) used(a netip.Addr) map[netip.Prefix]time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	caller, network := netip.PrefixFrom(a, a.BitLen()), networkOf(a)
	return map[netip.Prefix]time.Time{caller: l.due[caller], network: l.due[network], everybody: l.whole}
}

// kept turns an error of the store into one that a caller is told.
func kept(err error) error {
	for _, known := range []struct {
		is   error
		kind exposure.JobErrorKind
	}{
		{exposure.ErrLookGone, exposure.JobGone}, {exposure.ErrStoreFull, exposure.JobFault}, {exposure.ErrStoreAway, exposure.JobFault},
	} {
		if errors.Is(err, known.is) {
			return &exposure.JobError{Kind: known.kind, Why: known.is.Error()}
		}
	}
	return err
}
