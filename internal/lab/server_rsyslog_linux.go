package lab

import (
	"fmt"
	"time"
)

// Rsyslog says how a syslog server is to run.
type Rsyslog struct {
	Port, TLSPort uint16 // 514 and 6514 when zero
	Rules         string // what goes where; empty: everything to /var/log/lab.log
}

// StartRsyslog starts rsyslog, which takes messages over UDP and TCP, and over
// TLS with a certificate that nobody else has signed.
func (h *Host) StartRsyslog(t T, o Rsyslog) *Server {
	t.Helper()
	port, secure := portOr(o.Port, 514), portOr(o.TLSPort, 6514)
	if o.Rules == "" {
		o.Rules = "*.* /var/log/lab.log\n"
	}
	dir := fmt.Sprintf("/etc/rsyslog-lab-%d", port)
	h.writeCertificate(t, dir, time.Time{})
	h.WriteFile(t, "/var/spool/rsyslog/.keep", "")
	h.WriteFile(t, dir+"/rsyslog.conf", fmt.Sprintf(`
global(workDirectory="/var/spool/rsyslog" net.enableDNS="off"
	defaultNetstreamDriverCAFile="%[1]s/cert.pem" defaultNetstreamDriverCertFile="%[1]s/cert.pem" defaultNetstreamDriverKeyFile="%[1]s/key.pem")
module(load="imudp") input(type="imudp" port="%[2]d")
module(load="imtcp") input(type="imtcp" port="%[2]d")
input(type="imtcp" port="%[3]d" StreamDriver.Name="ossl" StreamDriver.Mode="1" StreamDriver.AuthMode="anon")
%[4]s`, dir, port, secure, o.Rules))
	return h.start(t, "rsyslogd", []wanted{{"udp", port, 2}, {"tcp", port, 2}, {"tcp", secure, 2}},
		"rsyslogd", "-n", "-f", dir+"/rsyslog.conf", "-i", fmt.Sprintf("/run/rsyslogd-%d.pid", port))
}
