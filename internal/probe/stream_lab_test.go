//go:build linux && lab

package probe_test

import (
	"net/netip"
	"testing"

	"sekisho/internal/lab"
	"sekisho/internal/probe"
)

// optioned are the options of a test: one name and one value.
func optioned(o probe.TestOptions, name, value string) probe.TestOptions {
	o.Values = map[string][]string{name: {value}}
	return o
}

// TestBrokersInDepth logs in to brokers of messages, and is turned away.
func TestBrokersInDepth(t *testing.T) {
	l := lab.New(t)
	h := l.Home
	nobody := probe.TestOptions{}
	h.StartRabbitMQ(t)
	holdStoreSteps(t, l.LAN, h.V4, "amqp", nobody, "amqp-start ok", "amqp-login skipped")
	holdStoreSteps(t, l.LAN, h.V6, "amqp", as("app", "secret"), "amqp-start ok", "amqp-login ok")
	holdStoreSteps(t, l.LAN, h.V4, "amqp", as("app", "wrong"), "amqp-start ok", "amqp-login refused")
	h.StartNATS(t, 4222)
	h.StartNATS(t, 4223, "--user", "app", "--pass", "secret")
	out := holdStoreSteps(t, l.LAN, h.V4, "nats", nobody, "nats-info ok", "nats-tls refused", "nats-connect ok", "nats-subscribe ok")
	if granted, _ := out.Service.Facts.Bool("subscription_granted"); !granted {
		t.Errorf("facts %v", out.Service.Facts)
	}
	holdStoreSteps(t, l.LAN, h.V4, "nats", at(4223, nobody), "nats-info ok", "nats-tls refused", "nats-connect refused")
	holdStoreSteps(t, l.LAN, h.V4, "nats", at(4223, as("app", "secret")), "nats-info ok", "nats-tls refused", "nats-login ok", "nats-subscribe ok")
	holdStoreSteps(t, l.LAN, h.V4, "nats", at(4223, as("app", "wrong")), "nats-info ok", "nats-tls refused", "nats-login refused")
}

// TestOtherStoresInDepth logs in to stores of keys, and is turned away.
func TestOtherStoresInDepth(t *testing.T) {
	l := lab.New(t)
	h := l.Home
	nobody := probe.TestOptions{}
	h.WriteFile(t, "/etc/memcached-lab.users", "app:secret\n")
	h.StartMemcached(t, 11211)
	h.StartMemcached(t, 11212, "-Y", "/etc/memcached-lab.users")
	holdStoreSteps(t, l.LAN, h.V4, "memcached", nobody, "memcached-version ok", "memcached-items ok")
	holdStoreSteps(t, l.LAN, h.V4, "memcached", at(11212, nobody), "memcached-version refused", "memcached-login skipped")
	holdStoreSteps(t, l.LAN, h.V6, "memcached", at(11212, as("app", "secret")), "memcached-version refused", "memcached-login ok", "memcached-items ok")
	holdStoreSteps(t, l.LAN, h.V4, "memcached", at(11212, as("app", "wrong")), "memcached-version refused", "memcached-login refused")
	h.StartEtcd(t)
	holdStoreSteps(t, l.LAN, h.V4, "etcd", nobody, "api-root ok", "etcd-keys ok")
	holdStoreSteps(t, l.LAN, h.V4, "docker", at(2379, nobody), "api-root failed")
	h.LockEtcd(t)
	holdStoreSteps(t, l.LAN, h.V4, "etcd", nobody, "api-root ok", "etcd-keys refused")
	out := holdStoreSteps(t, l.LAN, h.V4, "etcd", as("root", "secret"), "api-root ok", "api-login ok", "etcd-keys ok")
	if out.Service.Facts["keys"] != 0 {
		t.Errorf("facts %v", out.Service.Facts)
	}
	holdStoreSteps(t, l.LAN, h.V4, "etcd", as("root", "wrong"), "api-root ok", "api-login refused")
}

// TestOldServicesInDepth asks servers of another age.
func TestOldServicesInDepth(t *testing.T) {
	l := lab.New(t)
	h := l.Home
	nobody := probe.TestOptions{}
	h.StartInetd(t, `79 stream tcp6 nowait nobody /usr/sbin/in.fingerd in.fingerd
8079 stream tcp6 nowait nobody /usr/sbin/in.fingerd in.fingerd -f
513 stream tcp6 nowait root /usr/sbin/in.rlogind in.rlogind
514 stream tcp6 nowait root /usr/sbin/in.rshd in.rshd
`, 79, 8079, 513, 514)
	h.StartOidentd(t)
	open := h.StartXvfb(t, "-ac")
	out := holdStoreSteps(t, l.LAN, h.V4, "finger", probe.TestOptions{User: "root"}, "finger-users ok", "finger-user ok", "finger-forward ok")
	for _, s := range out.Steps {
		t.Logf("%s: %q", s.ID, s.Said)
	}
	holdStoreSteps(t, l.LAN, h.V4, "finger", at(8079, nobody), "finger-users ok", "finger-forward failed")
	holdStoreSteps(t, l.LAN, h.V4, "rlogin", nobody, "rservices-begin ok")
	holdStoreSteps(t, l.LAN, h.V4, "rsh", nobody, "rservices-begin ok")
	holdStoreSteps(t, l.LAN, h.V6, "ident", nobody, "ident-own ok", "ident-none ok")
	holdStoreSteps(t, l.LAN, h.V4, "x11", at(6005, nobody), "x11-setup failed")
	open.Stop()
	h.StartXvfbLocked(t)
	holdStoreSteps(t, l.LAN, h.V4, "x11", at(6005, nobody), "x11-setup ok")
	h.StartCUPS(t)
	h.StartCUPSLPD(t)
	holdStoreSteps(t, l.LAN, h.V4, "lpd", nobody, "lpd-queue refused", "lpd-queue-long refused")
	holdStoreSteps(t, l.LAN, h.V4, "lpd", optioned(nobody, "queue", "laser"), "lpd-queue ok", "lpd-queue-long ok")
}

// TestNewsAndNamesInDepth asks a news server and resolvers inside TLS.
func TestNewsAndNamesInDepth(t *testing.T) {
	l := lab.New(t)
	h := l.Home
	nobody := probe.TestOptions{}
	h.StartNnrpd(t, lab.Nnrpd{})
	holdStoreSteps(t, l.LAN, h.V4, "nntp", nobody, "nntp-greeting ok", "nntp-capabilities ok", "nntp-starttls ok", "nntp-read ok")
	holdStoreSteps(t, l.LAN, h.V4, "nntp", optioned(nobody, "group", "lab.nothing"), "nntp-greeting ok", "nntp-capabilities ok", "nntp-starttls ok", "nntp-read ok", "nntp-group refused")
	h.StartUnbound(t, lab.Unbound{TLS: true})
	out := tested(t, l.LAN, "dot", netip.AddrPortFrom(h.V4, 853), "name", "home.example")
	if len(out.Steps) < 3 || out.Service.Protocol != "dns" || out.Service.TLS == nil {
		t.Errorf("%+v", out)
	}
	h.StartDante(t, lab.Dante{})
	if out := tested(t, l.LAN, "socks", netip.AddrPortFrom(h.V4, 1080)); out.Service.Protocol != "socks" {
		t.Errorf("%+v", out)
	}
}
