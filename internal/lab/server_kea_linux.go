package lab

import "fmt"

// StartKea starts a DHCPv6 server on an interface of the host that answers
// Information-requests with these options: the value of option-data in the
// configuration of kea-dhcp6, in JSON.
func (h *Host) StartKea(t T, device, options string) *Server {
	t.Helper()
	conf := fmt.Sprintf(`{"Dhcp6": {
		"interfaces-config": {"interfaces": [%q]},
		"lease-database": {"type": "memfile", "persist": false},
		"control-socket": {"socket-type": "unix", "socket-name": "/tmp/kea.sock"},
		"loggers": [{"name": "kea-dhcp6", "output_options": [{"output": "stdout"}], "severity": "INFO"}],
		"option-data": [%s]
	}}`, device, options)
	h.WriteFile(t, "/etc/lab/kea.json", conf)
	h.WriteFile(t, "/var/lib/kea/README", "The server keeps its identifier here.\n")
	return h.start(t, "kea-dhcp6", []wanted{{"udp", 547, 1}}, "env", "KEA_PIDFILE_DIR=/tmp", "KEA_LOCKFILE_DIR=/tmp", "kea-dhcp6", "-c", "/etc/lab/kea.json")
}
