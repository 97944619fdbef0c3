//go:build linux && lab

package probe_test

import (
	"net/netip"
	"testing"

	"sekisho/internal/lab"
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
	h.StartCUPS(t)
	recordAgain(t, l.LAN, at(631), "ipp/happy-cups", "CUPS", "cups-daemon")
	h.StartCUPSLPD(t)
	recordAgain(t, l.LAN, at(515), "lpd/happy-cups-lpd", "cups-lpd", "cups")
}
