package lab

// StartInNamespace starts a small web server on a port in a network namespace that
// a test made inside of the host with ip netns: a container's, as far as the
// network goes.
func (h *Host) StartInNamespace(t T, namespace, port string) *Server {
	t.Helper()
	s := h.start(t, "http.server", nil, "ip", "netns", "exec", namespace, "python3", "-u", "-m", "http.server", "--directory", "/srv", port)
	s.awaitText(t, "Serving HTTP")
	return s
}
