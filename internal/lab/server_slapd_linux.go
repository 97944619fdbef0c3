package lab

import (
	"fmt"
	"net/netip"
	"time"
)

// Slapd says how a directory is to run.
type Slapd struct {
	Addr   netip.Addr // all addresses when zero
	Port   uint16     // 389 when zero
	Config string     // further lines of slapd.conf before the database
	Rules  string     // further lines of the database
}

// StartSlapd starts OpenLDAP with StartTLS and a directory DC=home,DC=example of
// one person, which everybody may read, as OpenLDAP has it.
func (h *Host) StartSlapd(t T, o Slapd) *Server {
	t.Helper()
	port := portOr(o.Port, 389)
	dir := fmt.Sprintf("/srv/slapd-%d", port)
	h.writeCertificate(t, dir, time.Time{})
	h.WriteFile(t, dir+"/data/.keep", "")
	h.WriteFile(t, dir+"/slapd.conf", fmt.Sprintf(`include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
modulepath /usr/lib/ldap
moduleload back_mdb
pidfile %[1]s/pid
TLSCertificateFile %[1]s/cert.pem
TLSCertificateKeyFile %[1]s/key.pem
%[2]s
database mdb
suffix "dc=home,dc=example"
directory %[1]s/data
maxsize 1048576
%[3]s
`, dir, o.Config, o.Rules))
	h.WriteFile(t, dir+"/entries", `dn: dc=home,dc=example
objectClass: domain
dc: home

dn: cn=Taro,dc=home,dc=example
objectClass: inetOrgPerson
cn: Taro
sn: Yamada
`)
	h.Run(t, "slapadd", "-f", dir+"/slapd.conf", "-l", dir+"/entries")
	listen := fmt.Sprintf("ldap://0.0.0.0:%[1]d/ ldap://[::]:%[1]d/", port)
	if o.Addr.IsValid() {
		listen = fmt.Sprintf("ldap://%s/", netip.AddrPortFrom(o.Addr, port))
	}
	return h.start(t, "slapd", []wanted{{"tcp", port, len(addressesOr(o.Addr))}}, "slapd", "-d", "0", "-f", dir+"/slapd.conf", "-h", listen)
}
