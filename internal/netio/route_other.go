//go:build !linux

package netio

import (
	"errors"
	"fmt"
	"net/netip"
	"runtime"
)

// Routes asks the kernel about ways and neighbours; not on this system.
type Routes struct{}

var errRoutes = fmt.Errorf("raw packets on %s: %w", runtime.GOOS, errors.ErrUnsupported)

// OpenRoutes returns an error that names the system.
func OpenRoutes() (*Routes, error) { return nil, errRoutes }

// Close does nothing.
func (*Routes) Close() {}

// To returns an error that names the system.
func (*Routes) To(netip.Addr) (Route, error) { return Route{}, errRoutes }

// Answer returns an error that names the system.
func (*Routes) Answer(Flow) (int, error) { return 0, errRoutes }

// Strays reports that nothing is known.
func (*Routes) Strays(Flow, int) bool { return false }

// Neighbours returns an error that names the system.
func (*Routes) Neighbours(int) (map[netip.Addr]Neighbour, error) { return nil, errRoutes }

// OutputRule returns an error that names the system.
func OutputRule() (string, error) { return "", errRoutes }

// ReservePorts returns an error that names the system.
func ReservePorts(int) (*Reservation, error) { return nil, errRoutes }
