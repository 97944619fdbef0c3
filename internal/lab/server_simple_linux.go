package lab

import "strings"

// StartSimpleServices starts inetd with the small services of 1983 that it has
// itself, over TCP and UDP and IPv4: echo, discard, daytime, chargen and time.
// Qotd, which none in Debian is, is a file that it sends over TCP.
func (h *Host) StartSimpleServices(t T) *Server {
	t.Helper()
	h.WriteFile(t, "/etc/qotd", "Better three hours too soon than a minute too late.\n")
	var config strings.Builder
	config.WriteString("qotd stream tcp nowait nobody /bin/cat cat /etc/qotd\n")
	sockets := []wanted{{"tcp", 17, 1}}
	for name, port := range map[string]uint16{"echo": 7, "discard": 9, "daytime": 13, "chargen": 19, "time": 37} {
		config.WriteString(name + " stream tcp nowait root internal\n" + name + " dgram udp wait root internal\n")
		sockets = append(sockets, wanted{"tcp", port, 1}, wanted{"udp", port, 1})
	}
	h.WriteFile(t, "/etc/inetd-simple.conf", config.String())
	return h.start(t, "inetutils-inetd", sockets, "inetutils-inetd", "--debug", "--pidfile", "--rate=100000", "/etc/inetd-simple.conf")
}
