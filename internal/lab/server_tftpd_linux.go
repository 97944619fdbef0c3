package lab

import "fmt"

// Tftpd says how a TFTP server is to run.
type Tftpd struct {
	Port uint16 // 69 when zero
}

// StartTftpd starts tftpd-hpa for the files of /srv/tftp, which anybody may
// read.
func (h *Host) StartTftpd(t T, o Tftpd) *Server {
	t.Helper()
	port := portOr(o.Port, 69)
	h.WriteFile(t, "/srv/tftp/.keep", "")
	return h.start(t, "in.tftpd", []wanted{{"udp", port, 2}}, "in.tftpd", "-L", "--address", fmt.Sprintf(":%d", port), "--secure", "/srv/tftp")
}
