package lab

import (
	"fmt"
	"time"
)

// MariaDB says how a database server is to run.
type MariaDB struct {
	Port   uint16 // 3306 when zero
	TLS    bool   // with a certificate that nobody has signed
	Closed bool   // no account is for other machines
}

// StartMariaDB starts MariaDB on all addresses. Unless it is closed, the user
// app may log in from everywhere with the password secret.
func (h *Host) StartMariaDB(t T, o MariaDB) *Server {
	t.Helper()
	port := portOr(o.Port, 3306)
	dir := fmt.Sprintf("/var/lib/mysql-lab-%d", port)
	init := "SELECT 1;\n"
	if !o.Closed {
		init = "CREATE USER 'app'@'%' IDENTIFIED BY 'secret';\n"
	}
	h.WriteFile(t, dir+"/init.sql", init)
	h.Run(t, "mariadb-install-db", "--no-defaults", "--user=mysql", "--datadir="+dir+"/data", "--skip-test-db")
	command := []string{
		"mariadbd", "--no-defaults", "--user=mysql", "--datadir=" + dir + "/data", "--socket=" + dir + "/socket", "--pid-file=" + dir + "/pid",
		fmt.Sprintf("--port=%d", port), "--bind-address=*", "--skip-name-resolve", "--innodb-buffer-pool-size=8M", "--init-file=" + dir + "/init.sql",
	}
	if o.TLS {
		h.writeCertificate(t, dir, time.Time{})
		command = append(command, "--ssl-cert="+dir+"/cert.pem", "--ssl-key="+dir+"/key.pem")
	}
	h.Run(t, "chown", "-R", "mysql:mysql", dir)
	s := h.start(t, "mariadbd", []wanted{{"tcp", port, 1}}, command...)
	s.awaitText(t, "ready for connections")
	return s
}
