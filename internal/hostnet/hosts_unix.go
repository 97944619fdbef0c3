//go:build !windows

package hostnet

func hostsPath() string { return "/etc/hosts" }
