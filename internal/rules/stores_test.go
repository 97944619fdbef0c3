package rules_test

import (
	"maps"

	"sekisho/internal/exposure"
	"sekisho/internal/untrusted"
)

var (
	unlockedFacts = exposure.Facts{"password_required": false}
	lockedFacts   = exposure.Facts{"password_required": true}
	fromLAN       = open("192.168.1.5", exposure.ViewLAN)
)

// api is a service over HTTP.
func api(name, product string, unlocked bool) exposure.Service {
	return seenFrom(exposure.ViewLAN, spoke("http", product, "", "HTTP/1.1 200 OK", exposure.Facts{"api": text(name), "password_required": !unlocked}))
}

func seenOnLAN(protocol, product, banner string, facts exposure.Facts) exposure.Service {
	return seenFrom(exposure.ViewLAN, spoke(protocol, product, "", banner, facts))
}

func init() {
	with := func(facts exposure.Facts, more ...any) exposure.Facts {
		all := maps.Clone(facts)
		for i := 0; i < len(more); i += 2 {
			all[more[i].(string)] = more[i+1]
		}
		return all
	}
	modules := func(names ...string) exposure.Facts { return exposure.Facts{"modules": texts(names...)} }
	exports := exposure.Facts{"exported_to_everybody": true, "exports": texts("/srv *", "/home 192.168.1.0/24")}
	table := []judged{
		{"redis_unlocked", port(6379, fromLAN, seenOnLAN("redis", "Redis", "+PONG", unlockedFacts)), afar, []string{"high service-without-password"}},
		{"redis_unlocked_on_loopback", port(6379, bound("127.0.0.1", "redis-server", "redis-server.service"), seenFrom(exposure.ViewLoopback, spoke("redis", "Redis", "", "+PONG", unlockedFacts))), here, []string{"info service-without-password"}},
		{"redis_trusts_itself", port(6379, bound("0.0.0.0", "redis-server", "redis-server.service"), seenFrom(exposure.ViewLoopback, spoke("redis", "Redis", "", "+PONG", unlockedFacts))), here, []string{"high exposed-local-service", "info service-without-password"}},
		{"redis_protects_itself", port(6379, bound("0.0.0.0", "redis-server", "redis-server.service"), seenFrom(exposure.ViewLoopback, spoke("redis", "Redis", "", "+PONG", unlockedFacts)), seenOnLAN("redis", "", "-DENIED Redis", exposure.Facts{"protected_mode": true})), here, []string{"low exposed-local-service"}},
		{"redis_locked", port(6379, fromLAN, seenOnLAN("redis", "", "-NOAUTH Authentication required.", lockedFacts)), afar, []string{"medium data-without-tls", "medium exposed-local-service"}},
		{"redis_in_tls", port(6379, fromLAN, secured(seenOnLAN("redis", "", "-NOAUTH Authentication required.", lockedFacts), func(*exposure.TLS, *exposure.Certificate) {})), afar, []string{"medium exposed-local-service"}},
		{"postgresql_trust", port(5432, fromLAN, seenOnLAN("postgresql", "PostgreSQL", "", with(unlockedFacts, "auth_method", text("trust"), "tls_offered", false, "login_without_tls", true))), afar, []string{"high service-without-password"}},
		{"postgresql_trusts_itself", port(5432, bound("0.0.0.0", "postgres", "postgresql@15-main.service"), spoke("postgresql", "PostgreSQL", "", "", unlockedFacts)), here, []string{"medium exposed-local-service", "info service-without-password"}},
		{"postgresql_scram_clear", port(5432, fromLAN, seenOnLAN("postgresql", "PostgreSQL", "", with(lockedFacts, "auth_method", text("scram-sha-256"), "tls_offered", false, "login_without_tls", true))), afar, []string{"medium exposed-local-service", "low data-without-tls"}},
		{"postgresql_password_in_clear", port(5432, fromLAN, seenOnLAN("postgresql", "PostgreSQL", "", with(lockedFacts, "auth_method", text("password"), "tls_offered", true, "login_without_tls", true))), afar, []string{"medium data-without-tls", "medium exposed-local-service"}},
		{"postgresql_demands_tls", port(5432, fromLAN, seenOnLAN("postgresql", "PostgreSQL", "", with(lockedFacts, "auth_method", text("scram-sha-256"), "tls_offered", true, "login_without_tls", false))), afar, []string{"medium exposed-local-service"}},
		{"mysql_clear", port(3306, fromLAN, seenOnLAN("mysql", "MariaDB", "x", exposure.Facts{"tls_offered": false})), afar, []string{"medium exposed-local-service", "low data-without-tls"}},
		{"mysql_offers_tls", port(3306, fromLAN, seenOnLAN("mysql", "MariaDB", "x", exposure.Facts{"tls_offered": true})), afar, []string{"medium exposed-local-service"}},
		{"mysql_for_others", port(3306, fromLAN, seenOnLAN("mysql", "MariaDB", "x", exposure.Facts{"host_allowed": false})), afar, []string{"medium exposed-local-service"}},
		{"mysql_elsewhere", port(13306, fromLAN, seenOnLAN("mysql", "MariaDB", "x", exposure.Facts{"tls_offered": true})), afar, []string{"medium exposed-local-service", "info service-on-unusual-port"}},
		{"memcached_unlocked", port(11211, fromLAN, seenOnLAN("memcached", "memcached", "VERSION", unlockedFacts)), afar, []string{"high service-without-password"}},
		{"memcached_on_loopback", port(11211, bound("127.0.0.1", "memcached", "memcached.service"), spoke("memcached", "memcached", "", "VERSION", unlockedFacts)), here, []string{"info service-without-password"}},
		{"mongodb_unlocked", port(27017, fromLAN, seenOnLAN("mongodb", "MongoDB", "", unlockedFacts)), afar, []string{"high service-without-password"}},
		{"nats_unknown", port(4222, fromLAN, seenOnLAN("nats", "NATS", "INFO", nil)), afar, nil},
		{"mongodb_locked", port(27017, fromLAN, seenOnLAN("mongodb", "MongoDB", "", lockedFacts)), afar, []string{"medium exposed-local-service", "low data-without-tls"}},
		{"mqtt_unlocked", port(1883, fromLAN, seenOnLAN("mqtt", "Mosquitto", "", unlockedFacts)), afar, []string{"medium service-without-password"}},
		{"mqtt_locked", port(1883, fromLAN, seenOnLAN("mqtt", "", "", lockedFacts)), afar, []string{"medium data-without-tls"}},
		{"nats_unlocked", port(4222, fromLAN, seenOnLAN("nats", "NATS", "INFO", unlockedFacts)), afar, []string{"high service-without-password"}},
		{"nats_locked", port(4222, fromLAN, seenOnLAN("nats", "NATS", "INFO", with(lockedFacts, "tls_offered", false))), afar, []string{"medium data-without-tls"}},
		{"nats_demands_tls", port(4222, fromLAN, seenOnLAN("nats", "NATS", "INFO", with(lockedFacts, "tls_offered", true, "tls_required", true))), afar, nil},
		{"amqp_anonymous", port(5672, fromLAN, seenOnLAN("amqp", "RabbitMQ", "RabbitMQ", unlockedFacts)), afar, []string{"high service-without-password"}},
		{"amqp_clear", port(5672, fromLAN, seenOnLAN("amqp", "RabbitMQ", "RabbitMQ", exposure.Facts{"auth": texts("PLAIN")})), afar, []string{"medium data-without-tls"}},
		{"x11_open", port(6000, fromLAN, seenOnLAN("x11", "X.Org", "The X.Org Foundation", unlockedFacts)), afar, []string{"high service-without-password"}},
		{"x11_cookie", port(6000, fromLAN, seenOnLAN("x11", "", "Authorization required", lockedFacts)), afar, []string{"medium exposed-local-service"}},
		{"couchdb_unlocked", port(5984, fromLAN, api("couchdb", "CouchDB", true)), afar, []string{"high service-without-password"}},
		{"podman_unlocked", port(2375, fromLAN, api("docker", "Podman", true)), afar, []string{"high service-without-password"}},
		{"docker_unlocked", port(2375, fromLAN, api("docker", "Docker", true)), afar, []string{"high service-without-password"}},
		{"elasticsearch_unlocked", port(9200, fromLAN, api("elasticsearch", "Elasticsearch", true)), afar, []string{"high service-without-password"}},
		{"elasticsearch_locked", port(9200, fromLAN, api("elasticsearch", "Elasticsearch", false)), afar, []string{"medium exposed-local-service"}},
		{"etcd_unlocked", port(2379, fromLAN, api("etcd", "etcd", true)), afar, []string{"high service-without-password"}},
		{"influxdb_unlocked", port(8086, fromLAN, api("influxdb", "InfluxDB", true)), afar, []string{"high service-without-password"}},
		{"kubelet_unlocked", port(10255, fromLAN, api("kubelet", "kubelet", true)), afar, []string{"high service-without-password"}},
		{"kubernetes_unlocked", port(6443, fromLAN, api("kubernetes", "Kubernetes", true)), afar, []string{"high service-without-password"}},
		{"ollama_unlocked", port(11434, fromLAN, api("ollama", "Ollama", true)), afar, []string{"medium service-without-password"}},
		{"prometheus_unlocked", port(9090, fromLAN, api("prometheus", "Prometheus", true)), afar, []string{"low service-without-password"}},
		{"web_page_without_password", port(80, fromLAN, seenOnLAN("http", "nginx", "", nil)), afar, nil},
		{"rsync_open", port(873, fromLAN, seenOnLAN("rsync", "rsync", "", modules("public open", "private password"))), afar, []string{"medium rsync-open-module"}},
		{"rsync_locked", port(873, fromLAN, seenOnLAN("rsync", "rsync", "", modules("private password"))), afar, nil},
		{"nfs_everybody", port(111, fromLAN, seenOnLAN("rpcbind", "", "", exports)), afar, []string{"high nfs-exported-to-everybody", "low exposed-local-service"}},
		{"nfs_few", port(20048, fromLAN, seenOnLAN("mountd", "", "", exposure.Facts{"exported_to_everybody": false})), afar, nil},
		{"printer_outside", port(631, open("192.0.2.1", exposure.ViewOutside), seenFrom(exposure.ViewOutside, spoke("ipp", "CUPS", "", "", unlockedFacts))), afar, []string{"medium printer-on-the-internet", "low exposed-local-service"}},
		{"lpd_outside", port(515, open("8.8.8.8", exposure.ViewOutside), seenFrom(exposure.ViewOutside, spoke("lpd", "", "", "", nil))), afar, []string{"high exposed-local-service", "medium printer-on-the-internet"}},
		{"lpd_at_a_global_address", port(515, open("8.8.8.8", exposure.ViewLAN), seenOnLAN("lpd", "", "", nil)), afar, []string{"info printer-on-the-internet"}},
		{"printer_on_lan", port(515, fromLAN, seenOnLAN("lpd", "", "", nil)), afar, nil},
		{"rlogin", port(513, fromLAN, seenOnLAN("rlogin", "", "rlogind: Permission denied.", nil)), afar, []string{"high r-service"}},
		{"rsh_by_its_program", port(514, bound("0.0.0.0", "in.rshd", "inetd.service")), here, []string{"high r-service"}},
		{"finger_tells", port(79, fromLAN, seenOnLAN("finger", "", "No one logged on.", exposure.Facts{"tells_users": true})), afar, []string{"low users-told"}},
		{"ident_tells", port(113, fromLAN, seenOnLAN("ident", "", "113,1:USERID:UNIX:root", exposure.Facts{"tells_users": true})), afar, []string{"low users-told"}},
		{"ident_hides", port(113, fromLAN, seenOnLAN("ident", "", "113,1:ERROR:HIDDEN-USER", exposure.Facts{"tells_users": false})), afar, nil},
		{"hostile_names", port(873, fromLAN, seenOnLAN("rsync", "rsync", "", exposure.Facts{"modules": []untrusted.Text{text("x\x1b]52;\" open")}})), afar, []string{"medium rsync-open-module"}},
	}
	tables["stores"] = table
}
