//go:build linux && !lab

package lab

// tagged says that this binary was not built to raise labs: it stays in the
// network that it was started in.
const tagged = false
