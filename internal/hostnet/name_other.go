//go:build !linux

package hostnet

import (
	"context"

	"github.com/shirou/gopsutil/v4/process"
)

// ProcessName is the name of a process, and whether there is one.
func ProcessName(ctx context.Context, pid int) (name string, ok bool) {
	p, err := process.NewProcessWithContext(ctx, int32(pid))
	if err != nil {
		return "", false
	}
	name, err = p.NameWithContext(ctx)
	if err != nil {
		return "", true // there is one, of which nothing is told
	}
	return clean(name, maxName), true
}
