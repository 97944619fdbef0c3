package probe

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"strings"
	"time"

	"golang.org/x/net/idna"

	"sekisho/internal/exposure"
	"sekisho/internal/netio"
	"sekisho/internal/untrusted"
)

// Options say how to identify a port. The zero Options are usable.
type Options struct {
	Timeout  time.Duration                    // for one port, everything included; 0: DefaultTimeout
	Parallel int                              // the most conversations with one port at once; 0: 4
	View     func(a netip.Addr) exposure.View // the view that an address stands for
	Name     func(a netip.Addr) string        // a name for SNI and Host where the target has none
	Source   netip.Addr                       // the address to ask from; the zero Addr: any
	// Owned says that the address is the asker's own, or that its owner has
	// consented: what is as good as a password that everybody knows, the
	// community public of SNMP, is tried nowhere else.
	Owned bool
	Proxy *netio.Proxy // through which all goes; nil: none. Datagrams go through none
}

// DefaultTimeout is what one port gets: longer than the pause with which a
// busy server or one that looks up our name greets, short enough for a user
// who waits for fifty silent ports.
const DefaultTimeout = 5 * time.Second

const defaultParallel = 4

func (o Options) timeout() time.Duration {
	if o.Timeout > 0 {
		return o.Timeout
	}
	return DefaultTimeout
}

func (o Options) parallel() int {
	if o.Parallel > 0 {
		return o.Parallel
	}
	return defaultParallel
}

func (o Options) name(t exposure.Target) string {
	if t.Name == "" && o.Name != nil {
		return hostName(o.Name(t.Address))
	}
	return hostName(t.Name)
}

// hostName is a name as SNI and Host hold it: in ASCII (RFC 5890), without the
// dot of the root. What is no host name is left out: a name may come from a
// reverse lookup, which says whatever its owner likes. Underscores are not by
// the book and in use.
func hostName(name string) string {
	if a, err := netip.ParseAddr(name); err == nil {
		return a.WithZone("").String()
	}
	ascii, err := idna.New(idna.MapForLookup(), idna.StrictDomainName(false)).ToASCII(strings.TrimSuffix(name, "."))
	if err != nil || len(ascii) > maxHostName {
		return ""
	}
	for i := range len(ascii) {
		if strings.IndexByte(hostNameBytes, ascii[i]) < 0 {
			return ""
		}
	}
	return ascii
}

const (
	maxHostName   = 253 // RFC 1035 section 3.1, as text
	hostNameBytes = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._"
)

// Identify finds out what is behind one open port and tells what it knows when
// the time is over at the latest. It never fails: a port that tells nothing is
// a Service of confidence assigned whose Error says how it stayed silent. Any
// number of calls may run at once.
func Identify(ctx context.Context, target exposure.Target, transport exposure.Transport, port uint16, o Options) exposure.Service {
	deadline := time.Now().Add(o.timeout())
	ctx, cancel := context.WithDeadline(ctx, deadline)
	defer cancel()
	svc := identify(ctx, netPeer(target, port, o, deadline), transport, o.timeout())
	if o.View != nil {
		svc.View = o.View(target.Address)
	}
	return svc
}

func identify(ctx context.Context, p *peer, transport exposure.Transport, timeout time.Duration) exposure.Service {
	h := &hunt{peer: p, transport: transport}
	svc, err := h.run(ctx)
	svc.Address, svc.Transport, svc.Port = p.at.Addr(), transport, p.at.Port()
	switch {
	case err == nil:
	case svc.Confidence == exposure.NoConfidence:
		svc.Silence, svc.Error = silence(transport, p.at.Port(), err, timeout)
	default:
		svc.Error = err.Error()
	}
	if svc.Confidence == exposure.NoConfidence {
		svc.Confidence = exposure.Assigned
	}
	return svc
}

// reserved are the protocols of a UDP port that answer no stranger, so that
// their silence tells nothing.
func reserved(port uint16) []string {
	var names []string
	for _, p := range Hellos(port) {
		if p.Silent {
			names = append(names, p.Name)
		}
	}
	return names
}

// silence says how a port told nothing, in a word for machines where there is
// one and in a sentence. A fault of this machine is said as
// such: it is no behaviour of the peer.
func silence(transport exposure.Transport, port uint16, err error, timeout time.Duration) (exposure.Silence, string) {
	var network *netio.Error
	isNetwork := errors.As(err, &network)
	switch {
	case transport == exposure.TCP && isNetwork && network.Reason == exposure.Reset:
		// It may come before the dial is over; a connection that nobody takes
		// is refused and not reset.
		return exposure.Resets, "accepted the connection and reset it without a word"
	case netio.Local(err) || isNetwork && network.Op == "dial":
		return "", untrusted.New("connect: "+network.Err.Error(), maxErrorText).Terminal()
	case transport == exposure.UDP && errors.Is(err, os.ErrDeadlineExceeded):
		if shy := reserved(port); len(shy) > 0 {
			return "", fmt.Sprintf("answered no datagram in %v; %s answers no stranger, only who has its key or secret or is its own peer", timeout, strings.Join(shy, ", "))
		}
		return "", fmt.Sprintf("answered no datagram in %v", timeout)
	case transport == exposure.UDP:
		return "", err.Error()
	case errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, context.DeadlineExceeded), errors.Is(err, errRunaway):
		return exposure.Mute, fmt.Sprintf("accepted the connection and said nothing in %v", timeout)
	case errors.Is(err, errHangup):
		return exposure.HangsUp, "accepted the connection and closed it without a word"
	}
	return "", err.Error()
}
