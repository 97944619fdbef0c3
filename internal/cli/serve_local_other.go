//go:build !unix

package cli

import (
	"errors"
	"os/exec"
	"os/user"
)

// become cannot have a command run as another user here.
func become(*exec.Cmd, *user.User) error {
	return errors.New("no command can be run as somebody else on this system")
}
