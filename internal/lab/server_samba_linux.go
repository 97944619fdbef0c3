package lab

import (
	"fmt"
	"strings"
)

// SambaController says how a domain controller is to run.
type SambaController struct {
	Config string // further lines of the part [global] of smb.conf, which win
}

// sambaAt is where the controller of a host has its files.
const sambaAt = "/srv/ad"

// StartSambaController provisions a domain controller of the domain
// home.example, HOMEDOM for short, and starts it: NetBIOS, SMB, the endpoint
// mapper, LDAP, CLDAP, Kerberos and DNS at their own ports. Its password is
// nobody's, and it asks no other server for names. It has its NetBIOS names some
// seconds later: AwaitNetBIOS waits for them.
func (h *Host) StartSambaController(t T, o SambaController) *Server {
	t.Helper()
	h.Run(t, "rm", "-f", "/etc/samba/smb.conf")
	h.Run(t, "samba-tool", "domain", "provision", "--targetdir="+sambaAt, "--realm=HOME.EXAMPLE", "--domain=HOMEDOM",
		"--adminpass=Lab-2026-nobody", "--server-role=dc", "--dns-backend=SAMBA_INTERNAL",
		"--host-name="+h.Name, "--host-ip="+h.V4.String(), "--host-ip6="+h.V6.String())
	// It writes the resolver of the machine into its configuration.
	edit := fmt.Sprintf(`s/^\s*dns forwarder.*//; s#^\[global\]#[global]\n%s#`, strings.ReplaceAll(sambaQuick+o.Config, "\n", `\n`))
	h.Run(t, "sed", "-i", edit, sambaAt+"/etc/smb.conf")
	h.WriteFile(t, "/run/samba/.keep", "")
	return h.start(t, "samba", []wanted{
		{"tcp", 135, 2},
		{"tcp", 139, 2},
		{"tcp", 445, 2},
		{"tcp", 389, 2},
		{"tcp", 636, 2},
		{"tcp", 3268, 2},
		{"tcp", 88, 2},
		{"tcp", 53, 2},
		{"tcp", 49152, 2},
		{"udp", 137, 2},
		{"udp", 389, 2},
		{"udp", 88, 2},
		{"udp", 53, 2},
	}, "samba", "--foreground", "--no-process-group", "--debug-stdout", "--configfile="+sambaAt+"/etc/smb.conf")
}

// sambaQuick leaves out what a lab does not need: replication, name updates,
// winbind, and its many processes.
const sambaQuick = "prefork children = 1\nserver services = s3fs, rpc, nbt, ldap, cldap, kdc, dns\nload printers = no\n"

// AwaitNetBIOS returns when the host's server has its names, which is when
// nobody in the LAN has claimed them for a while.
func (h *Host) AwaitNetBIOS(t T) {
	t.Helper()
	h.Run(t, "sh", "-c", `until names=$(nmblookup -A "$1") && echo "$names" | grep -q "<1c>" && echo "$names" | grep -q "<20>"; do :; done`, "sh", h.V4.String())
}
