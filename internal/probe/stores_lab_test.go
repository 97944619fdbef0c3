//go:build linux && lab

package probe_test

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"sekisho/internal/exposure"
	"sekisho/internal/lab"
	"sekisho/internal/probe"
)

// storeSteps runs a test from one host against another and returns its steps,
// each with its result: "redis-ping ok".
func storeSteps(t *testing.T, from *lab.Host, to netip.Addr, name string, o probe.TestOptions) (probe.Outcome, []string) {
	t.Helper()
	o.Timeout = 20 * time.Second
	out, err := probe.RunTestThrough(t.Context(), from.Do, name, exposure.Target{Address: to}, o)
	if err != nil {
		t.Fatal(err)
	}
	var steps []string
	for _, s := range out.Steps {
		steps = append(steps, s.ID+" "+s.Result.String())
	}
	return out, steps
}

// holdStoreSteps holds the steps of a test.
func holdStoreSteps(t *testing.T, from *lab.Host, to netip.Addr, name string, o probe.TestOptions, want ...string) probe.Outcome {
	t.Helper()
	out, steps := storeSteps(t, from, to, name, o)
	if strings.Join(steps, ", ") != strings.Join(want, ", ") {
		t.Errorf("test %s of port %d: %q, want %q; error %q", name, out.Service.Port, steps, want, out.Service.Error)
		for _, s := range out.Steps {
			t.Logf("%s %s: asked %q, said %q, %s", s.ID, s.Result, s.Asked, s.Said, s.Detail)
		}
	}
	return out
}

// as logs in with the password of the lab's servers, or with another one.
func as(user, password string) probe.TestOptions {
	return probe.TestOptions{User: user, Password: func() (string, error) { return password, nil }}
}

func at(port uint16, o probe.TestOptions) probe.TestOptions {
	o.Port = port
	return o
}

// TestPostgreSQL holds the three ways in which the server meets a stranger.
func TestPostgreSQL(t *testing.T) {
	l := lab.New(t)
	h := l.Home
	h.StartPostgreSQL(t, lab.PostgreSQL{TLS: true, HBA: "hostssl all all all scram-sha-256"})
	h.StartPostgreSQL(t, lab.PostgreSQL{Port: 5433, HBA: "host all all all trust"})
	h.StartPostgreSQL(t, lab.PostgreSQL{Port: 9001, HBA: "host all all 192.0.2.99/32 md5"})
	svc := identify(t, l.LAN, h.V4, exposure.TCP, 5432, found{protocol: "postgresql", product: "PostgreSQL", facts: exposure.Facts{
		"password_required": true, "login_without_tls": false, "tls_offered": true,
	}, tls: []string{"TLS 1.2", "TLS 1.3"}})
	if svc.Facts.Text("auth_method").Raw() != "scram-sha-256-plus scram-sha-256" {
		t.Errorf("method %q", svc.Facts.Text("auth_method"))
	}
	identify(t, l.LAN, h.V6, exposure.TCP, 5433, found{protocol: "postgresql", facts: exposure.Facts{"password_required": false}})
	identify(t, l.LAN, h.V4, exposure.TCP, 9001, found{protocol: "postgresql", facts: exposure.Facts{"host_allowed": false}})

	out := holdStoreSteps(t, l.LAN, h.V4, "postgresql", as("postgres", "secret"), "postgresql-tls ok", "postgresql-startup ok", "postgresql-login ok", "postgresql-databases ok")
	if !strings.HasPrefix(out.Service.Version.Raw(), "15.") {
		t.Errorf("version %q", out.Service.Version)
	}
	holdStoreSteps(t, l.LAN, h.V4, "postgresql", as("postgres", "wrong"), "postgresql-tls ok", "postgresql-startup ok", "postgresql-login refused")
	holdStoreSteps(t, l.LAN, h.V4, "postgresql", at(5433, probe.TestOptions{}), "postgresql-tls refused", "postgresql-startup ok", "postgresql-login skipped")
}

// TestMariaDB logs in with a proof of the password, in the clear and inside TLS.
func TestMariaDB(t *testing.T) {
	l := lab.New(t)
	h := l.Home
	h.StartMariaDB(t, lab.MariaDB{TLS: true})
	h.StartMariaDB(t, lab.MariaDB{Port: 9001, Closed: true})
	svc := identify(t, l.LAN, h.V4, exposure.TCP, 3306, found{protocol: "mysql", product: "MariaDB", version: "10.11", facts: exposure.Facts{"tls_offered": true}})
	if svc.TLS == nil || !svc.TLS.StartTLS {
		t.Errorf("TLS %+v", svc.TLS)
	}
	identify(t, l.LAN, h.V6, exposure.TCP, 9001, found{protocol: "mysql", product: "MariaDB", facts: exposure.Facts{"host_allowed": false}})
	holdStoreSteps(t, l.LAN, h.V4, "mysql", as("app", "secret"), "mysql-greeting ok", "mysql-tls ok", "mysql-login ok", "mysql-databases ok")
	holdStoreSteps(t, l.LAN, h.V4, "mysql", as("app", "wrong"), "mysql-greeting ok", "mysql-tls ok", "mysql-login refused")
	holdStoreSteps(t, l.LAN, h.V4, "mysql", at(9001, probe.TestOptions{}), "mysql-greeting refused")
}

// TestStores names databases and queues, at their own ports and at others'.
func TestStores(t *testing.T) {
	l := lab.New(t)
	h := l.Home
	open, locked := exposure.Facts{"password_required": false}, exposure.Facts{"password_required": true}
	h.StartRedis(t, lab.Redis{})
	h.StartRedis(t, lab.Redis{Port: 9001, Config: "requirepass secret"})
	h.StartRedis(t, lab.Redis{Port: 9002, Config: "protected-mode yes"})
	h.StartMosquitto(t, lab.Mosquitto{})
	h.StartMosquitto(t, lab.Mosquitto{Port: 9003, Config: "allow_anonymous false"})
	h.StartMosquitto(t, lab.Mosquitto{TLS: true})
	h.StartMemcached(t, 11211)
	h.StartMemcached(t, 9004)
	h.StartNATS(t, 4222)
	h.StartNATS(t, 9005, "--user", "app", "--pass", "secret")
	h.StartEtcd(t)
	for _, to := range []netip.Addr{h.V4, h.V6} {
		identify(t, l.LAN, to, exposure.TCP, 6379, found{protocol: "redis", product: "Redis", version: "7.", facts: open})
		identify(t, l.LAN, to, exposure.TCP, 9001, found{protocol: "redis", facts: locked})
		identify(t, l.LAN, to, exposure.TCP, 9002, found{protocol: "redis", facts: exposure.Facts{"protected_mode": true}})
		identify(t, l.LAN, to, exposure.TCP, 1883, found{protocol: "mqtt", product: "Mosquitto", version: "2.", facts: open})
		identify(t, l.LAN, to, exposure.TCP, 9003, found{protocol: "mqtt", facts: locked})
		identify(t, l.LAN, to, exposure.TCP, 8883, found{protocol: "mqtt", product: "Mosquitto", facts: open, tls: []string{"TLS 1.2", "TLS 1.3"}})
		identify(t, l.LAN, to, exposure.TCP, 11211, found{protocol: "memcached", product: "memcached", version: "1.6", facts: open})
		identify(t, l.LAN, to, exposure.TCP, 9004, found{protocol: "memcached", product: "memcached", version: "1.6", facts: open})
		identify(t, l.LAN, to, exposure.TCP, 4222, found{protocol: "nats", product: "NATS", version: "2.9", facts: open})
		identify(t, l.LAN, to, exposure.TCP, 9005, found{protocol: "nats", product: "NATS", version: "2.9", facts: locked})
	}
	identify(t, l.LAN, h.V4, exposure.TCP, 2379, found{protocol: "http", product: "etcd", version: "3.4", facts: open})

	holdStoreSteps(t, l.LAN, h.V4, "redis", probe.TestOptions{}, "redis-ping ok", "redis-info ok", "redis-settings ok", "redis-keys ok")
	holdStoreSteps(t, l.LAN, h.V4, "redis", at(9001, as("default", "secret")), "redis-ping refused", "redis-login ok", "redis-info ok", "redis-settings ok", "redis-keys ok")
	holdStoreSteps(t, l.LAN, h.V4, "redis", at(9001, as("default", "wrong")), "redis-ping refused", "redis-login refused")
	holdStoreSteps(t, l.LAN, h.V4, "redis", at(9002, probe.TestOptions{}), "redis-ping refused")
	holdStoreSteps(t, l.LAN, h.V4, "mqtt", probe.TestOptions{}, "mqtt-connect ok", "mqtt-subscribe ok")
	holdStoreSteps(t, l.LAN, h.V4, "mqtt", at(9003, as("app", "secret")), "mqtt-connect refused", "mqtt-login refused")
	holdStoreSteps(t, l.LAN, h.V4, "mqtt", at(8883, probe.TestOptions{}), "tls-handshake ok", "mqtt-connect ok", "mqtt-subscribe ok")
}

// TestShares lists modules, exports and printers.
func TestShares(t *testing.T) {
	l := lab.New(t)
	h := l.Home
	h.StartRsyncd(t, lab.Rsyncd{})
	h.StartRsyncd(t, lab.Rsyncd{Port: 9001})
	h.StartRpcbind(t)
	h.StartGanesha(t, "192.0.2.99")
	h.StartCUPS(t)
	for _, port := range []uint16{873, 9001} {
		svc := identify(t, l.LAN, h.V4, exposure.TCP, port, found{protocol: "rsync", product: "rsync", facts: exposure.Facts{"password_required": false}})
		var modules []string
		for _, m := range svc.Facts.Texts("modules") {
			modules = append(modules, m.Raw())
		}
		if strings.Join(modules, ", ") != "public open, private password, office denied" {
			t.Errorf("modules %q", modules)
		}
	}
	svc := identify(t, l.LAN, h.V4, exposure.TCP, 111, found{protocol: "rpcbind", facts: exposure.Facts{"lists_programs": true, "exported_to_everybody": true}})
	if exports := svc.Facts.Texts("exports"); len(exports) != 1 || exports[0].Raw() != "/srv/nfs/lab *" {
		t.Errorf("exports %q", exports)
	}
	svc = identify(t, l.LAN, h.V6, exposure.TCP, 2049, found{protocol: "nfs"})
	if versions := svc.Facts.Texts("versions"); len(versions) != 2 {
		t.Errorf("versions %q", versions)
	}
	svc = identify(t, l.LAN, h.V4, exposure.TCP, 631, found{protocol: "ipp", product: "CUPS", version: "2.4", facts: exposure.Facts{"printers_shared": true}})
	if printers := svc.Facts.Texts("printers"); len(printers) != 1 || !strings.HasPrefix(printers[0].Raw(), "laser") {
		t.Errorf("printers %q", printers)
	}

	holdStoreSteps(t, l.LAN, h.V4, "rsync", probe.TestOptions{}, "rsync-greeting ok", "rsync-modules ok", "rsync-module ok", "rsync-module refused", "rsync-module refused")
	private := as("app", "secret")
	private.Values = map[string][]string{"module": {"private"}}
	holdStoreSteps(t, l.LAN, h.V4, "rsync", private, "rsync-greeting ok", "rsync-modules ok", "rsync-module refused", "rsync-login ok")
	holdStoreSteps(t, l.LAN, h.V4, "nfs", probe.TestOptions{}, "nfs-programs ok", "nfs-exports ok", "nfs-versions ok")
	holdStoreSteps(t, l.LAN, h.V4, "ipp", probe.TestOptions{}, "ipp-printers ok", "ipp-validate ok")
}

// TestOldServices meets servers of another age.
func TestOldServices(t *testing.T) {
	l := lab.New(t)
	h := l.Home
	h.StartInetd(t, "79 stream tcp6 nowait nobody /usr/sbin/in.fingerd in.fingerd\n513 stream tcp6 nowait root /usr/sbin/in.rlogind in.rlogind\n9079 stream tcp6 nowait nobody /usr/sbin/in.fingerd in.fingerd\n", 79, 513, 9079)
	h.StartOidentd(t)
	h.StartXvfb(t, "-ac")
	for _, port := range []uint16{79, 9079} {
		identify(t, l.LAN, h.V4, exposure.TCP, port, found{protocol: "finger", facts: exposure.Facts{"tells_users": true}})
	}
	identify(t, l.LAN, h.V4, exposure.TCP, 513, found{protocol: "rlogin"})
	identify(t, l.LAN, h.V4, exposure.TCP, 113, found{protocol: "ident", facts: exposure.Facts{"tells_users": true}})
	identify(t, l.LAN, h.V4, exposure.TCP, 6005, found{protocol: "x11", product: "X.Org", version: "21.1", facts: exposure.Facts{"password_required": false}})
}
