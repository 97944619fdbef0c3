package lab

import "fmt"

// StartRpcbind starts the port mapper on all addresses.
func (h *Host) StartRpcbind(t T) *Server {
	t.Helper()
	h.WriteFile(t, "/run/rpcbind/.keep", "")
	return h.start(t, "rpcbind", []wanted{{"tcp", 111, 1}, {"udp", 111, 1}}, "rpcbind", "-f", "-w")
}

// StartGanesha starts an NFS server in user space, which registers with the
// port mapper that must run by then: not every kernel has one. Everybody may
// mount and read /srv/nfs/lab; clients, where they are given, may mount
// /srv/nfs/few.
func (h *Host) StartGanesha(t T, clients string) *Server {
	t.Helper()
	// The files of a host lie over those of the machine, where a server cannot
	// find them by number.
	h.WriteFile(t, "/srv/nfs/.keep", "")
	h.Run(t, "mount", "-t", "tmpfs", "tmpfs", "/srv/nfs")
	h.WriteFile(t, "/srv/nfs/lab/welcome.txt", "Welcome to the lab.\n")
	h.WriteFile(t, "/srv/nfs/few/welcome.txt", "Welcome, few.\n")
	h.WriteFile(t, "/var/lib/nfs/ganesha/.keep", "")
	h.WriteFile(t, "/run/ganesha/.keep", "")
	export := func(id int, path, access string) string {
		return fmt.Sprintf("EXPORT { Export_Id = %d; Path = %s; Pseudo = %s; Protocols = 3,4; SecType = sys; FSAL { Name = VFS; } %s }\n", id, path, path, access)
	}
	conf := `NFS_CORE_PARAM { Protocols = 3,4; MNT_Port = 20048; Enable_NLM = false; Enable_RQUOTA = false; }
NFSV4 { Grace_Period = 1; }
` + export(1, "/srv/nfs/lab", "Access_Type = RO;")
	if clients != "" {
		conf += export(2, "/srv/nfs/few", "CLIENT { Clients = "+clients+"; Access_Type = RO; }")
	}
	h.WriteFile(t, "/etc/ganesha/lab.conf", conf)
	h.WriteFile(t, "/var/log/ganesha-lab.log", "")
	s := h.start(t, "ganesha.nfsd", []wanted{{"tcp", 2049, 1}}, "ganesha.nfsd", "-F", "-f", "/etc/ganesha/lab.conf", "-L", "/var/log/ganesha-lab.log", "-p", "/run/ganesha/lab.pid")
	s.file = "/var/log/ganesha-lab.log"
	s.awaitText(t, "NFS SERVER INITIALIZED")
	return s
}
