// Package gather walks the stages of a diagnosis and collects what each shows:
// the facts that diagnose judges. One file a stage.
package gather

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"sync"
	"time"

	"sekisho/internal/exposure"
	"sekisho/internal/untrusted"
)

// nameTimeout is how long everything about a name may take.
const nameTimeout = 8 * time.Second

// maxReason bounds the text of an error of a resolver.
const maxReason = 200

// Names asks what addresses a name has: the resolver of this machine, as its
// programs do, and everybody who says something of the name, each by itself.
func Names(ctx context.Context, name string) exposure.Resolution {
	ctx, cancel := context.WithTimeout(ctx, nameTimeout)
	defer cancel()
	r := exposure.Resolution{Name: name, Addresses: []netip.Addr{}}
	var both sync.WaitGroup
	both.Go(func() { r.Answers = witnesses(ctx, name) })
	addresses, err := net.DefaultResolver.LookupNetIP(ctx, "ip", name)
	both.Wait()
	var failed *net.DNSError
	switch {
	case errors.As(err, &failed) && failed.IsNotFound:
		r.Missing = true
	case failed != nil: // without the name in it
		r.Error = untrusted.New(failed.Err, maxReason)
	case err != nil:
		r.Error = untrusted.New(err.Error(), maxReason)
	}
	for _, address := range addresses {
		r.Addresses = append(r.Addresses, address.Unmap())
	}
	return r
}
