package lab

// StartUFW switches ufw on in the host, as Debian installs it: what comes in is
// denied, what goes out is allowed. The commands are those of ufw's own line, such
// as "allow 80/tcp", and run before it is switched on.
func (h *Host) StartUFW(t T, commands ...string) {
	t.Helper()
	h.unpacked(t, "ufw")
	h.Run(t, "sh", "-ec", "cp -a "+unpackedAt+`/ufw/etc/. /etc/
		cp /usr/share/ufw/ufw.conf /usr/share/ufw/user.rules /usr/share/ufw/user6.rules /etc/ufw/
		cp /usr/share/ufw/iptables/*.rules /usr/share/ufw/*.init /etc/ufw/
		chmod 640 /etc/ufw/*.rules /etc/ufw/*.init`)
	for _, c := range commands {
		h.Run(t, "sh", "-ec", "ufw "+c)
	}
	h.Run(t, "ufw", "--force", "enable")
}
