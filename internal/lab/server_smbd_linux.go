package lab

import "fmt"

// Smbd says how a file server is to run.
type Smbd struct {
	Port   uint16 // 445 when zero
	Config string // further lines of the part [global] of smb.conf
}

// StartSmbd starts Samba as a file server of the workgroup OFFICE, without any
// share, over both families.
func (h *Host) StartSmbd(t T, o Smbd) *Server {
	t.Helper()
	port := portOr(o.Port, 445)
	dir := fmt.Sprintf("/srv/smbd-%d", port)
	h.WriteFile(t, dir+"/.keep", "")
	h.WriteFile(t, dir+"/smb.conf", fmt.Sprintf(`[global]
workgroup = OFFICE
smb ports = %[2]d
private dir = %[1]s
lock directory = %[1]s
state directory = %[1]s
cache directory = %[1]s
pid directory = %[1]s
ncalrpc dir = %[1]s/ncalrpc
log file = %[1]s/log
load printers = no
disable spoolss = yes
map to guest = Bad User
%[3]s
`, dir, port, o.Config))
	// It ends its whole process group with itself, and so must have its own.
	return h.start(t, "smbd", []wanted{{"tcp", port, 2}}, "smbd", "--foreground", "--debug-stdout", "--configfile="+dir+"/smb.conf")
}

// StartNmbd starts Samba's server of NetBIOS names in the workgroup OFFICE, over
// IPv4. It is nobody's controller and no master of a network.
func (h *Host) StartNmbd(t T) *Server {
	t.Helper()
	const dir = "/srv/nmbd"
	h.WriteFile(t, dir+"/.keep", "")
	h.WriteFile(t, dir+"/smb.conf", "[global]\nworkgroup = OFFICE\nlocal master = no\npreferred master = no\ninterfaces = eth0\nprivate dir = "+dir+
		"\nlock directory = "+dir+"\nstate directory = "+dir+"\ncache directory = "+dir+"\npid directory = "+dir+"\nlog file = "+dir+"/log\n")
	h.WriteFile(t, "/run/samba/.keep", "")
	s := h.start(t, "nmbd", []wanted{{"udp", 137, 2}}, "nmbd", "--foreground", "--debug-stdout", "--configfile="+dir+"/smb.conf")
	h.Run(t, "sh", "-c", `until nmblookup -A "$1" | grep -q "<20>"; do :; done`, "sh", h.V4.String())
	return s
}
