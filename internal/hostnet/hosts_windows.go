package hostnet

import (
	"path/filepath"

	"golang.org/x/sys/windows"
)

func hostsPath() string {
	system, err := windows.GetSystemDirectory()
	if err != nil {
		return ""
	}
	return filepath.Join(system, "drivers", "etc", "hosts")
}
