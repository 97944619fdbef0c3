//go:build linux && lab

package probe_test

import (
	"net/netip"
	"testing"

	"sekisho/internal/lab"
)

// TestStoresRecordedAgain records databases and brokers again.
func TestStoresRecordedAgain(t *testing.T) {
	l := lab.New(t)
	h := l.Home
	at := func(port uint16) netip.AddrPort { return netip.AddrPortFrom(h.V4, port) }

	h.StartRedis(t, lab.Redis{Config: "requirepass secret"})
	recordAgain(t, l.LAN, at(6379), "redis/happy-redis-password", "Redis", "redis-server")
	h.StartMosquitto(t, lab.Mosquitto{})
	recordAgain(t, l.LAN, at(1883), "mqtt/happy-mosquitto", "Mosquitto", "mosquitto")
	h.StartMosquitto(t, lab.Mosquitto{Port: 1884, Config: "allow_anonymous false"})
	recordAgain(t, l.LAN, at(1884), "mqtt/happy-mosquitto-password", "Mosquitto", "mosquitto")
	h.StartMemcached(t, 11211)
	recordAgain(t, l.LAN, at(11211), "memcached/happy-tcp", "memcached", "memcached")
	h.StartPostgreSQL(t, lab.PostgreSQL{HBA: "host all all all scram-sha-256"})
	recordAgain(t, l.LAN, at(5432), "postgresql/happy-scram", "PostgreSQL", "postgresql-15")
	h.StartPostgreSQL(t, lab.PostgreSQL{Port: 5433, HBA: "host all all all trust"})
	recordAgain(t, l.LAN, at(5433), "postgresql/happy-trust", "PostgreSQL", "postgresql-15")
	h.StartMariaDB(t, lab.MariaDB{})
	recordAgain(t, l.LAN, at(3306), "mysql/happy-mariadb", "MariaDB", "mariadb-server-core")
	h.StartRsyncd(t, lab.Rsyncd{})
	recordAgain(t, l.LAN, at(873), "rsync/happy-rsyncd", "rsync", "rsync")
	h.StartUnbound(t, lab.Unbound{})
	recordAgain(t, l.LAN, at(53), "dns/happy-unbound", "Unbound", "unbound")
}
