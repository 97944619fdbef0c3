package lab

// StartCUPS starts the print server on all addresses, for everybody, with the
// queue laser, whose paper is nowhere.
func (h *Host) StartCUPS(t T) *Server {
	t.Helper()
	return h.startCUPS(t, `<DefaultPrinter laser>
Info Laser on the second floor
Location Room 201
DeviceURI file:///dev/null
State Idle
Accepting Yes
Shared Yes
</DefaultPrinter>
`)
}

// StartCUPSWithoutQueues starts it without any.
func (h *Host) StartCUPSWithoutQueues(t T) *Server {
	t.Helper()
	return h.startCUPS(t, "")
}

func (h *Host) startCUPS(t T, printers string) *Server {
	t.Helper()
	const dir = "/var/lib/cups-lab"
	for _, name := range []string{"spool/tmp", "cache", "run", "log", "etc/ppd"} {
		h.WriteFile(t, dir+"/"+name+"/.keep", "")
	}
	h.Run(t, "chmod", "-R", "777", dir)
	h.WriteFile(t, dir+"/etc/cupsd.conf", `LogLevel warn
Listen *:631
ServerAlias *
Browsing No
DefaultShared Yes
DefaultEncryption Never
<Location />
Order allow,deny
Allow all
</Location>
<Policy default>
<Limit All>
Order deny,allow
</Limit>
</Policy>
`)
	h.WriteFile(t, dir+"/etc/printers.conf", printers)
	h.WriteFile(t, dir+"/etc/cups-files.conf", `ServerRoot `+dir+`/etc
RequestRoot `+dir+`/spool
CacheDir `+dir+`/cache
StateDir `+dir+`/run
AccessLog `+dir+`/log/access
ErrorLog `+dir+`/log/error
PageLog `+dir+`/log/page
SystemGroup root
`)
	s := h.start(t, "cupsd", []wanted{{"tcp", 631, 2}}, "cupsd", "-f", "-c", dir+"/etc/cupsd.conf", "-s", dir+"/etc/cups-files.conf")
	s.file = dir + "/log/error"
	return s
}

// StartCUPSLPD starts what serves the queues of StartCUPS to clients of LPD.
func (h *Host) StartCUPSLPD(t T) *Server {
	t.Helper()
	h.unpacked(t, "cups")
	return h.StartInetd(t, "515 stream tcp6 nowait nobody /usr/lib/cups/daemon/cups-lpd cups-lpd -n\n", 515)
}
