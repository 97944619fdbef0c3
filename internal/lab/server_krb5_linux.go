package lab

// StartKrb5 starts the key server of MIT Kerberos for the realm HOME.EXAMPLE,
// which knows nobody, and its server for passwords.
func (h *Host) StartKrb5(t T) *Server {
	t.Helper()
	h.WriteFile(t, "/etc/krb5.conf", "[libdefaults]\ndefault_realm = HOME.EXAMPLE\ndns_lookup_kdc = false\n[realms]\nHOME.EXAMPLE = {\nkdc = 127.0.0.1\nadmin_server = 127.0.0.1\n}\n")
	h.WriteFile(t, "/etc/krb5kdc/kdc.conf", `[kdcdefaults]
kdc_ports = 88
kdc_tcp_ports = 88
[realms]
HOME.EXAMPLE = {
database_name = /var/lib/krb5kdc/principal
key_stash_file = /etc/krb5kdc/stash
acl_file = /etc/krb5kdc/kadm5.acl
kadmind_port = 749
kpasswd_port = 464
}
`)
	h.WriteFile(t, "/etc/krb5kdc/kadm5.acl", "")
	h.WriteFile(t, "/var/lib/krb5kdc/.keep", "")
	h.Run(t, "kdb5_util", "create", "-r", "HOME.EXAMPLE", "-s", "-P", "Lab-2026-nobody")
	h.start(t, "kadmind", []wanted{{"udp", 464, 2}}, "kadmind", "-nofork")
	return h.start(t, "krb5kdc", []wanted{{"udp", 88, 2}, {"tcp", 88, 2}}, "krb5kdc", "-n")
}
