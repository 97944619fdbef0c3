//go:build linux && lab

package lab

// tagged says that this binary was built to raise labs.
const tagged = true
