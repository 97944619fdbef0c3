package lab

import "fmt"

// TigerVNC says how a VNC server is to run.
type TigerVNC struct {
	Port  uint16 // 5900 when zero
	Types string // its option SecurityTypes; None when empty
}

// StartTigerVNC starts an X server of TigerVNC without a screen, over both
// families.
func (h *Host) StartTigerVNC(t T, o TigerVNC) *Server {
	t.Helper()
	port := portOr(o.Port, 5900)
	types := o.Types
	if types == "" {
		types = "None"
	}
	h.WriteFile(t, "/tmp/.X11-unix/.keep", "")
	return h.start(t, "Xtigervnc", []wanted{{"tcp", port, 2}}, "Xtigervnc", fmt.Sprintf(":%d", port), "-geometry", "64x64", "-depth", "16",
		"-rfbport", fmt.Sprint(port), "-SecurityTypes", types, "-PasswordFile", "/dev/null", "-nolisten", "tcp", "-nolisten", "unix")
}
