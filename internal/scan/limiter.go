package scan

import "time"

// limiter watches how a host, or the filter before it, sends the ICMP errors
// that prove ports closed. Most systems send no more of them than a token
// bucket lets pass: Linux six at once and then one a second to one address
// (net.ipv4.icmp_ratelimit, XRLIM_BURST_FACTOR in net/ipv4/inetpeer.c), for
// IPv6 ten a second or more, by the length of the route's prefix
// (icmpv6_xrlim_allow in net/ipv6/icmp.c), FreeBSD 200 a second in all.
//
// Two things tell such a bucket from a filter that drops and from a way that
// loses. A port that was refused before is silent when it is asked again: a
// rule would not change its mind. And while more is asked than is answered,
// what still comes keeps a steady distance, which is the rate.
type limiter struct {
	since  time.Time   // a port was asked first
	until  time.Time   // one that may be refused was asked last
	proofs []time.Time // every stride-th error, in order
	stride int
	spare  int        // errors since the last that was kept
	trips  roundTrips // of refused ports that were asked again
}

// mostProofs bounds what is remembered of the errors of one host.
const mostProofs = 128

// ask takes note of a question to a port that may be refused.
func (l *limiter) ask(at time.Time) {
	if l.since.IsZero() {
		l.since = at
	}
	l.until = at
}

// fullBurst is how many errors before a pause show that the bucket was full.
const fullBurst = 5

// proof takes note of an error that came.
func (l *limiter) proof(at time.Time) {
	if l.stride == 0 {
		l.stride = 1
	}
	if l.spare++; l.spare < l.stride && len(l.proofs) > 0 {
		return
	}
	l.spare = 0
	if len(l.proofs) == mostProofs {
		for i := range mostProofs / 2 {
			l.proofs[i] = l.proofs[2*i]
		}
		l.proofs = l.proofs[:mostProofs/2]
		l.stride *= 2
	}
	l.proofs = append(l.proofs, at)
}

// limited reports whether the errors are limited: refused ports answer more
// seldom than open ones or, where none is known to be open, more seldom than
// any usable way would let them.
func (l *limiter) limited(open roundTrips) bool {
	const unusable, leastLoss = 0.5, 0.05
	if open == (roundTrips{}) {
		return l.trips.floor() > unusable
	}
	return l.trips.floor() > max(open.bound(), leastLoss)
}

// tried reports whether refused ports were asked again often enough to tell.
func (l *limiter) tried() bool { return l.trips.answered+l.trips.lost >= fewestDoubts }

// rate is how many errors a second the limit lets pass, and whether it was
// measured. Where not, it is the most that what was seen leaves possible. 0
// means that nothing is known.
//
// The rate is the smallest mean of any stretch up to the last error, of half
// the time at least: the burst at the beginning makes every stretch look
// faster that holds some of it. Where the bucket was not full, a part of an
// error was left in it, and the first after the burst comes too early: then one
// distance alone is no measure.
func (l *limiter) rate() (perSecond float64, measured bool) {
	n := len(l.proofs)
	if n == 0 {
		return 0, false
	}
	last := l.proofs[n-1]
	half := l.until.Sub(l.proofs[0]) / 2
	silence := max(l.until.Sub(last), l.proofs[0].Sub(l.since))
	for i, at := range l.proofs[:n-1] {
		silence = max(silence, l.proofs[i+1].Sub(at))
		stretch := last.Sub(at)
		if stretch <= 0 || stretch < half {
			break
		}
		mean := float64((n-1-i)*l.stride) / stretch.Seconds()
		if perSecond == 0 || mean < perSecond {
			perSecond, measured = mean, n-1-i >= 2 || i >= fullBurst-1
		}
	}
	if !measured && silence > 0 {
		perSecond = 1 / silence.Seconds()
	}
	return perSecond, measured
}
