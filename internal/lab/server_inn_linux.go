package lab

import (
	"fmt"
	"net/netip"
	"time"
)

// Nnrpd says how INN's server for readers is to run.
type Nnrpd struct {
	Addr    netip.Addr // all addresses when zero
	Port    uint16     // 119 when zero
	Readers string     // readers.conf; without it everybody may read and nobody post
}

// StartNnrpd starts the part of INN that readers speak to, by itself: no news
// come in and none go out. There is the group lab.test, and nothing in it.
func (h *Host) StartNnrpd(t T, o Nnrpd) *Server {
	t.Helper()
	h.unpacked(t, "inn2", "inn2-inews")
	port := portOr(o.Port, 119)
	readers := o.Readers
	if readers == "" {
		readers = "auth \"all\" {\n\thosts: \"*\"\n\tdefault: \"<anybody>\"\n}\naccess \"all\" {\n\tusers: \"*\"\n\tnewsgroups: \"*\"\n\taccess: R\n}\n"
	}
	h.writeCertificate(t, "/etc/news", time.Time{})
	h.WriteFile(t, "/etc/news/inn.conf", fmt.Sprintf(`
pathnews: /usr/lib/news
pathdb: /var/lib/news
pathetc: /etc/news
pathrun: /run/news
pathlog: /var/log/news
pathspool: /var/spool/news
organization: Lab
pathhost: %[1]s.example
domain: example
fromhost: %[1]s.example
mta: "/bin/true %%s"
nnrpdloadlimit: 0
hismethod: hisv6
ovmethod: tradindexed
enableoverview: true
tlscertfile: /etc/news/cert.pem
tlskeyfile: /etc/news/key.pem
`, h.Name))
	h.WriteFile(t, "/etc/news/readers.conf", readers)
	h.WriteFile(t, "/etc/news/storage.conf", "method tradspool {\n\tnewsgroups: *\n\tclass: 0\n}\n")
	h.WriteFile(t, "/var/lib/news/active", "lab.test 0000000000 0000000001 y\n")
	h.WriteFile(t, "/var/lib/news/newsgroups", "lab.test\tTests of the lab\n")
	h.WriteFile(t, "/var/lib/news/active.times", "lab.test 0 lab\n")
	h.WriteFile(t, "/var/log/news/.keep", "")
	h.WriteFile(t, "/var/spool/news/overview/.keep", "")
	h.WriteFile(t, "/run/news/.keep", "")
	h.Run(t, "chown", "-R", "news:news", "/var/lib/news", "/var/log/news", "/var/spool/news", "/run/news", "/etc/news")
	h.Run(t, "chmod", "600", "/etc/news/key.pem")
	// Of the empty spool it makes the index that the server wants to read.
	h.WriteFile(t, "/var/spool/news/articles/.keep", "")
	h.Run(t, "setpriv", "--reuid=news", "--regid=news", "--clear-groups", "/usr/lib/news/bin/makehistory", "-O", "-x")
	command := []string{"/usr/lib/news/bin/nnrpd", "-D", "-f", "-p", fmt.Sprint(port)}
	if o.Addr.Is4() {
		command = append(command, "-4", o.Addr.String())
	} else if o.Addr.IsValid() {
		command = append(command, "-6", o.Addr.String())
	}
	return h.start(t, "nnrpd", []wanted{{"tcp", port, len(addressesOr(o.Addr))}}, command...)
}
