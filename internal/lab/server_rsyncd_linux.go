package lab

import "fmt"

// Rsyncd says how a daemon is to run.
type Rsyncd struct {
	Port   uint16 // 873 when zero
	Config string // the modules; one that everybody reads, one with a password and one for another host when empty
}

// StartRsyncd starts the daemon of rsync on all addresses. Of its module
// private the user app has the password secret.
func (h *Host) StartRsyncd(t T, o Rsyncd) *Server {
	t.Helper()
	port := portOr(o.Port, 873)
	dir := fmt.Sprintf("/etc/rsyncd-lab-%d", port)
	h.WriteFile(t, dir+"/secrets", "app:secret\n")
	h.Run(t, "chmod", "600", dir+"/secrets")
	h.WriteFile(t, "/srv/lab/welcome.txt", "Welcome to the lab.\n")
	if o.Config == "" {
		o.Config = "[public]\npath=/srv/lab\n[private]\npath=/srv/lab\nauth users=app\nsecrets file=" + dir + "/secrets\n[office]\npath=/srv/lab\nhosts allow=192.0.2.99\n"
	}
	h.WriteFile(t, dir+"/rsyncd.conf", "use chroot=no\n"+o.Config)
	return h.start(t, "rsync", []wanted{{"tcp", port, 2}}, "rsync", "--daemon", "--no-detach", fmt.Sprintf("--port=%d", port), "--config="+dir+"/rsyncd.conf")
}
