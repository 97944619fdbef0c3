//go:build linux

package lab

import (
	"fmt"
	"runtime"
	"testing"
)

// recorder records the failure of what is run with it, and does not fail.
type recorder struct {
	*testing.T
	said string
}

func (r *recorder) Fatalf(format string, args ...any) {
	r.said = fmt.Sprintf(format, args...)
	runtime.Goexit()
}

// Refusal runs fn to its end, or to the failure that it returns.
func Refusal(t *testing.T, fn func(T)) string {
	r := &recorder{T: t}
	done := make(chan struct{})
	go func() {
		defer close(done)
		fn(r)
	}()
	<-done
	return r.said
}
