// Package gather walks the stages of a diagnosis and collects what each shows:
// the facts that diagnose judges. One file a stage.
package gather

import (
	"context"
	"errors"
	"net"
	"time"

	"sekisho/internal/exposure"
	"sekisho/internal/untrusted"
)

// nameTimeout is how long the answer to a name may take.
const nameTimeout = 5 * time.Second

// maxReason bounds the text of an error of a resolver.
const maxReason = 200

// Names asks what addresses a name has: the resolver of this machine.
func Names(ctx context.Context, name string) exposure.Resolution {
	ctx, cancel := context.WithTimeout(ctx, nameTimeout)
	defer cancel()
	r := exposure.Resolution{Name: name}
	addresses, err := net.DefaultResolver.LookupNetIP(ctx, "ip", name)
	var failed *net.DNSError
	switch {
	case errors.As(err, &failed) && failed.IsNotFound:
		r.Missing = true
	case err != nil:
		r.Error = untrusted.New(reason(err), maxReason)
	}
	for _, address := range addresses {
		r.Addresses = append(r.Addresses, address.Unmap())
	}
	return r
}

// reason is why a resolver gave no answer, without the name in it.
func reason(err error) string {
	if failed := (*net.DNSError)(nil); errors.As(err, &failed) {
		return failed.Err
	}
	return err.Error()
}
