//go:build !linux

package cli

// releaseImage does nothing: what of its file a program has mapped in is the
// system's affair there.
func releaseImage() {}
