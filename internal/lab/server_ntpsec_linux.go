package lab

// NTPsec says how NTPsec is to serve the time.
type NTPsec struct {
	Config string // further lines of ntp.conf, such as restrictions
}

// StartNTPsec starts NTPsec's ntpd, which takes the time of the machine for
// that of a clock at stratum 5 and sets nothing. It listens at every address,
// at port 123, and answers everybody whatever they ask.
func (h *Host) StartNTPsec(t T, o NTPsec) *Server {
	t.Helper()
	h.unpacked(t, "ntpsec")
	h.WriteFile(t, "/etc/ntpsec/lab.conf", "disable ntp\nrefclock local stratum 5 minpoll 3 maxpoll 3\n"+o.Config+"\n")
	return h.start(t, "ntpd", []wanted{{"udp", 123, 2}}, "ntpd", "-n", "-N", "-c", "/etc/ntpsec/lab.conf")
}
