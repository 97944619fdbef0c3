package lab

// StartDocker starts Docker's engine on all addresses of IPv4, at port 2375, for
// everybody. It makes no bridge and no rules, and runs no container.
func (h *Host) StartDocker(t T) *Server {
	t.Helper()
	h.unpacked(t, "docker.io", "containerd", "runc")
	const dir = "/var/lib/docker-lab"
	h.WriteFile(t, dir+"/.keep", "")
	s := h.start(t, "dockerd", []wanted{{"tcp", 2375, 1}}, "dockerd", "-H", "tcp://0.0.0.0:2375", "--tls=false", "--iptables=false", "--ip6tables=false",
		"--bridge=none", "--storage-driver=vfs", "--data-root", dir+"/data", "--exec-root", dir+"/exec", "-p", dir+"/pid")
	s.awaitText(t, "API listen")
	return s
}
