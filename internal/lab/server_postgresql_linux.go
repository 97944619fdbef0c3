package lab

import (
	"fmt"
	"path/filepath"
	"strings"
	"time"
)

// PostgreSQL says how a database server is to run.
type PostgreSQL struct {
	Port   uint16 // 5432 when zero
	HBA    string // lines of pg_hba.conf for connections over TCP; everybody with a password when empty
	TLS    bool   // with a certificate that nobody has signed
	Config string // further lines of postgresql.conf
}

// postgresqlBin are the programs of the one version that Debian has.
const postgresqlBin = "/usr/lib/postgresql/*/bin"

// StartPostgreSQL starts PostgreSQL on all addresses. Its only user, postgres,
// has the password secret.
func (h *Host) StartPostgreSQL(t T, o PostgreSQL) *Server {
	t.Helper()
	port := portOr(o.Port, 5432)
	dir := fmt.Sprintf("/var/lib/postgresql/lab-%d", port)
	bins, err := filepath.Glob(postgresqlBin)
	if err != nil || len(bins) == 0 {
		t.Fatalf("%s: no PostgreSQL in %s: %v", h.Name, postgresqlBin, err)
	}
	as := []string{"setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"}
	h.WriteFile(t, dir+"/password", "secret\n")
	h.Run(t, "chown", "-R", "postgres:postgres", dir)
	initdb := append(as, bins[0]+"/initdb", "-D", dir+"/data", "-A", "trust", "--pwfile="+dir+"/password", "--no-sync", "--locale=C")
	h.Run(t, initdb[0], initdb[1:]...)
	hba := o.HBA
	if hba == "" {
		hba = "host all all all scram-sha-256"
	}
	h.WriteFile(t, dir+"/data/pg_hba.conf", strings.TrimRight(hba, "\n")+"\n")
	config := fmt.Sprintf("listen_addresses='*'\nport=%d\nunix_socket_directories='%s'\nfsync=off\nlogging_collector=off\n%s\n", port, dir, o.Config)
	if o.TLS {
		h.writeCertificate(t, dir+"/data", time.Time{})
		h.Run(t, "chmod", "600", dir+"/data/key.pem")
		config += fmt.Sprintf("ssl=on\nssl_cert_file='%[1]s/data/cert.pem'\nssl_key_file='%[1]s/data/key.pem'\n", dir)
	}
	h.WriteFile(t, dir+"/data/postgresql.conf", config)
	h.Run(t, "chown", "-R", "postgres:postgres", dir)
	command := append(as, bins[0]+"/postgres", "-D", dir+"/data")
	s := h.start(t, "postgres", []wanted{{"tcp", port, 2}}, command...)
	s.awaitText(t, "database system is ready to accept connections")
	return s
}
