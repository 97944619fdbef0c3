//go:build linux && lab

package probe_test

import (
	"net/netip"
	"testing"

	"sekisho/internal/lab"
	"sekisho/internal/probe"
)

// TestBrokersRecordedAgain records brokers of messages again.
func TestBrokersRecordedAgain(t *testing.T) {
	l := lab.New(t)
	h := l.Home
	at := func(port uint16) netip.AddrPort { return netip.AddrPortFrom(h.V4, port) }
	h.StartRabbitMQ(t)
	recordAgain(t, l.LAN, at(5672), "amqp/happy-rabbitmq", "RabbitMQ", "rabbitmq-server")
	h.StartNATS(t, 4222)
	recordAgain(t, l.LAN, at(4222), "nats/happy-nats", "nats-server", "nats-server")
}

// TestOtherStoresRecordedAgain records databases again that meet strangers in
// another way than those of TestStoresRecordedAgain.
func TestOtherStoresRecordedAgain(t *testing.T) {
	l := lab.New(t)
	h := l.Home
	at := func(port uint16) netip.AddrPort { return netip.AddrPortFrom(h.V4, port) }
	h.StartRedis(t, lab.Redis{})
	recordAgain(t, l.LAN, at(6379), "redis/happy-redis", "Redis", "redis-server")
	h.WriteFile(t, "/etc/memcached-lab.users", "app:secret\n")
	h.StartMemcached(t, 11212, "-Y", "/etc/memcached-lab.users")
	recordAgain(t, l.LAN, at(11212), "memcached/happy-tcp-password", "memcached", "memcached")
	h.StartMariaDB(t, lab.MariaDB{Closed: true})
	recordAgain(t, l.LAN, at(3306), "mysql/happy-mariadb-not-for-us", "MariaDB", "mariadb-server-core")
	h.StartPostgreSQL(t, lab.PostgreSQL{HBA: "host all all 192.0.2.99/32 md5"})
	recordAgain(t, l.LAN, at(5432), "postgresql/happy-not-for-us", "PostgreSQL", "postgresql-15")
	h.StartPostgreSQL(t, lab.PostgreSQL{Port: 5433, TLS: true, HBA: "hostssl all all all scram-sha-256"})
	recordAgain(t, l.LAN, at(5433), "postgresql/happy-tls", "PostgreSQL", "postgresql-15")
	h.StartEtcd(t)
	recordAgain(t, l.LAN, at(2379), "http/happy-etcd", "etcd", "etcd-server")
	h.LockEtcd(t)
	recordAgain(t, l.LAN, at(2379), "http/happy-etcd-password", "etcd", "etcd-server")
}

// TestStreamSharesRecordedAgain records what serves printers and files again.
func TestStreamSharesRecordedAgain(t *testing.T) {
	l := lab.New(t)
	h := l.Home
	at := func(port uint16) netip.AddrPort { return netip.AddrPortFrom(h.V4, port) }
	h.StartRpcbind(t)
	h.StartGanesha(t, "")
	recordAgain(t, l.LAN, at(111), "rpcbind/happy-rpcbind-nfs", "rpcbind", "rpcbind")
	recordAgain(t, l.LAN, at(2049), "nfs/happy-ganesha", "NFS-Ganesha", "nfs-ganesha")
	recordAgain(t, l.LAN, at(20048), "mountd/happy-ganesha", "NFS-Ganesha", "nfs-ganesha")
	empty := h.StartCUPSWithoutQueues(t)
	recordAgain(t, l.LAN, at(631), "ipp/happy-cups-empty", "CUPS", "cups-daemon")
	empty.Stop()
	h.StartCUPS(t)
	recordAgain(t, l.LAN, at(631), "ipp/happy-cups", "CUPS", "cups-daemon")
	h.StartCUPSLPD(t)
	recordAgain(t, l.LAN, at(515), "lpd/happy-cups-lpd", "cups-lpd", "cups")
}

// TestTLSRecordedAgain records what servers say inside TLS again.
func TestTLSRecordedAgain(t *testing.T) {
	l := lab.New(t)
	h := l.Home
	at := func(port uint16) netip.AddrPort { return netip.AddrPortFrom(h.V4, port) }
	web := h.StartNginx(t, lab.Nginx{})
	recordAgainInTLS(t, l.LAN, at(443), "tls/happy-nginx", "nginx", "nginx")
	web.Stop()
	h.StartUnbound(t, lab.Unbound{TLS: true})
	recordAgainInTLS(t, l.LAN, at(853), "tls/happy-unbound-dot", "Unbound", "unbound")
	recordAgainInTLS(t, l.LAN, at(443), "dns/happy-doh-unbound", "Unbound", "unbound")
	h.StartPostfix(t, lab.Postfix{Config: "smtpd_tls_auth_only = yes"})
	recordAgain(t, l.LAN, at(25), "smtp/happy-postfix-starttls", "Postfix", "postfix")
	h.StartDovecot(t, lab.Dovecot{})
	recordAgainInTLS(t, l.LAN, at(993), "tls/happy-dovecot-imaps", "Dovecot", "dovecot-imapd")
	h.StartMosquitto(t, lab.Mosquitto{TLS: true})
	recordAgainInTLS(t, l.LAN, at(8883), "tls/happy-mosquitto-mqtts", "Mosquitto", "mosquitto")
}

// TestSmallServersRecordedAgain records a proxy, a relay of IRC and a database of
// figures again.
func TestSmallServersRecordedAgain(t *testing.T) {
	l := lab.New(t)
	h := l.Home
	at := func(port uint16) netip.AddrPort { return netip.AddrPortFrom(h.V4, port) }
	h.Run(t, "ip", "address", "add", "192.0.2.7/32", "dev", "lo") // what a proxy is asked for
	h.StartTinyproxy(t, 3128, l.LAN.V4.String())
	recordAgain(t, l.LAN, at(3128), "http-proxy/happy-tinyproxy-serves", "tinyproxy", "tinyproxy-bin")
	h.StartTinyproxy(t, 3129)
	recordAgain(t, l.LAN, at(3129), "http-proxy/happy-tinyproxy-refuses", "tinyproxy", "tinyproxy-bin")
	h.StartZNC(t, 6667)
	recordAgain(t, l.LAN, at(6667), "irc/happy-znc", "ZNC", "znc")
	open := h.StartInfluxDB(t, false)
	recordAgain(t, l.LAN, at(8086), "http/happy-influxdb", "InfluxDB", "influxdb")
	open.Stop()
	h.StartInfluxDB(t, true)
	recordAgain(t, l.LAN, at(8086), "http/happy-influxdb-password", "InfluxDB", "influxdb")
}

// TestDockerRecordedAgain records Docker's engine again.
func TestDockerRecordedAgain(t *testing.T) {
	l := lab.New(t)
	l.Home.StartDocker(t)
	recordAgain(t, l.LAN, netip.AddrPortFrom(l.Home.V4, 2375), "http/happy-docker", "Docker", "docker.io")
	holdStoreSteps(t, l.LAN, l.Home.V4, "docker", probe.TestOptions{}, "api-root ok", "docker-containers ok")
}
