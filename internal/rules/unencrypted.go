package rules

import (
	"slices"
	"strings"

	"sekisho/internal/exposure"
	"sekisho/internal/lang"
)

func init() {
	register(rule{"data-without-tls", judgeUnencrypted})
}

// unencrypted is a database or a queue that can have TLS.
type unencrypted struct {
	name string
	// readable says that its logins send the password as it is: MySQL and
	// MongoDB prove it without sending it.
	readable bool
	within   bool // TLS begins within the protocol, as a rule, and not before it
	remedy   lang.Text
	unit     string // in Debian
}

// unencrypteds are named for their protocol.
var unencrypteds = map[string]unencrypted{
	"amqp": {"AMQP", true, false, lang.Text{
		EN: "Take connections inside TLS only: in /etc/rabbitmq/rabbitmq.conf, with your own certificate\nlisteners.tcp = none\nlisteners.ssl.default = 5671\nssl_options.certfile = /etc/rabbitmq/cert.pem\nssl_options.keyfile = /etc/rabbitmq/key.pem",
		JA: "TLSの接続だけを受け付けます。/etc/rabbitmq/rabbitmq.conf に書きます(証明書は自分のものにします)。\nlisteners.tcp = none\nlisteners.ssl.default = 5671\nssl_options.certfile = /etc/rabbitmq/cert.pem\nssl_options.keyfile = /etc/rabbitmq/key.pem",
	}, "rabbitmq-server"},
	"mongodb": {"MongoDB", false, false, lang.Text{
		EN: "Demand TLS: in /etc/mongod.conf, with your own certificate and key in one file\nnet:\n  tls:\n    mode: requireTLS\n    certificateKeyFile: /etc/ssl/mongod.pem",
		JA: "TLSを必須にします。/etc/mongod.conf に書きます(証明書と鍵を1つのファイルにまとめます)。\nnet:\n  tls:\n    mode: requireTLS\n    certificateKeyFile: /etc/ssl/mongod.pem",
	}, "mongod"},
	"mqtt": {"MQTT", true, false, lang.Text{
		EN: "Take connections inside TLS only. For Mosquitto, in place of the listener 1883, with your own certificate:\nlistener 8883\ncertfile /etc/mosquitto/certs/cert.pem\nkeyfile /etc/mosquitto/certs/key.pem",
		JA: "TLSの接続だけを受け付けます。Mosquittoでは、1883番のlistenerの代わりに書きます(証明書は自分のものにします)。\nlistener 8883\ncertfile /etc/mosquitto/certs/cert.pem\nkeyfile /etc/mosquitto/certs/key.pem",
	}, "mosquitto"},
	"mysql": {"MySQL/MariaDB", false, true, lang.Text{
		EN: "Demand TLS: in /etc/mysql/mariadb.conf.d/50-server.cnf (MySQL: mysql.conf.d/mysqld.cnf), with your own certificate\nssl_cert = /etc/mysql/cert.pem\nssl_key = /etc/mysql/key.pem\nrequire_secure_transport = ON",
		JA: "TLSを必須にします。/etc/mysql/mariadb.conf.d/50-server.cnf(MySQLは mysql.conf.d/mysqld.cnf)に書きます(証明書は自分のものにします)。\nssl_cert = /etc/mysql/cert.pem\nssl_key = /etc/mysql/key.pem\nrequire_secure_transport = ON",
	}, "mariadb"},
	"nats": {"NATS", true, true, lang.Text{
		EN: "Demand TLS: in the configuration of nats-server, with your own certificate\ntls { cert_file: \"/etc/nats/cert.pem\", key_file: \"/etc/nats/key.pem\" }",
		JA: "TLSを必須にします。nats-serverの設定に書きます(証明書は自分のものにします)。\ntls { cert_file: \"/etc/nats/cert.pem\", key_file: \"/etc/nats/key.pem\" }",
	}, "nats-server"},
	"postgresql": {"PostgreSQL", false, true, lang.Text{
		EN: "Switch TLS on in postgresql.conf, and write hostssl in place of host in pg_hba.conf:\nssl = on\nhostssl all all samenet scram-sha-256",
		JA: "postgresql.conf でTLSを有効にし、pg_hba.conf の host を hostssl に書き換えます。\nssl = on\nhostssl all all samenet scram-sha-256",
	}, "postgresql"},
	"redis": {"Redis", true, false, lang.Text{
		EN: "Take connections inside TLS only: in /etc/redis/redis.conf, with your own certificate\nport 0\ntls-port 6379\ntls-cert-file /etc/redis/cert.pem\ntls-key-file /etc/redis/key.pem\ntls-auth-clients no",
		JA: "TLSの接続だけを受け付けます。/etc/redis/redis.conf に書きます(証明書は自分のものにします)。\nport 0\ntls-port 6379\ntls-cert-file /etc/redis/cert.pem\ntls-key-file /etc/redis/key.pem\ntls-auth-clients no",
	}, "redis-server"},
}

// judgeUnencrypted speaks of databases and queues whose data others may read on
// the way. Who asks for no password has a graver fault, of which another rule
// speaks.
func judgeUnencrypted(s subject) []ruling {
	if !s.Exposed() {
		return nil
	}
	return s.each(func(service exposure.Service) []ruling {
		u, known := unencrypteds[service.Protocol]
		if !known || service.TLS != nil && !service.TLS.StartTLS {
			return nil
		}
		offered, told := service.Facts.Bool("tls_offered")
		demanded, _ := service.Facts.Bool("tls_required")
		without, tried := service.Facts.Bool("login_without_tls")
		required, asked := service.Facts.Bool("password_required")
		switch {
		case demanded, tried && !without, asked && !required, offered && !tried, service.Facts["host_allowed"] == false:
			return nil
		case !told && u.within, u.readable && !asked && service.Protocol != "amqp":
			return nil // whether there is TLS, or whether there are passwords, is not known
		}
		readable := u.readable || slices.Contains(strings.Fields(service.Facts.Text("auth_method").Raw()), "password")
		found := ruling{
			severity: exposure.Low,
			evidence: say(lang.Text{
				EN: "{{.Name}} answers on port {{.Port}} without TLS.",
				JA: "{{.Name}}がポート {{.Port}} でTLSなしに応答します。",
			}, "Name", u.name, "Port", s.number()),
			meaning: say(lang.Text{
				EN: "Who sits on the way reads and changes the data that goes to and fro.",
				JA: "通信経路にいる人は、やり取りされるデータを読み、書き換えられます。",
			}),
			remedy: []said{say(u.remedy), s.restarted(u.unit)},
		}
		if product(service, "pgbouncer") {
			found.remedy = []said{say(lang.Text{
				EN: "Take logins inside TLS only: in /etc/pgbouncer/pgbouncer.ini, with your own certificate\nclient_tls_sslmode = require\nclient_tls_cert_file = /etc/pgbouncer/cert.pem\nclient_tls_key_file = /etc/pgbouncer/key.pem",
				JA: "TLSの中だけでログインを受け付けるようにします。/etc/pgbouncer/pgbouncer.ini に、自分の証明書で書きます。\nclient_tls_sslmode = require\nclient_tls_cert_file = /etc/pgbouncer/cert.pem\nclient_tls_key_file = /etc/pgbouncer/key.pem",
			}), s.restarted("pgbouncer")}
		}
		if offered {
			found.evidence = say(lang.Text{
				EN: "{{.Name}} offers TLS on port {{.Port}} and takes logins without it too.",
				JA: "{{.Name}}はポート {{.Port}} でTLSを提供していますが、TLSなしのログインも受け付けます。",
			}, "Name", u.name, "Port", s.number())
		}
		if readable {
			found.severity = exposure.Medium
			found.meaning = say(lang.Text{
				EN: "The password crosses the network readable, and so does all data. Whoever sits on the way can use it afterwards.",
				JA: "パスワードもデータも読める形で流れます。通信経路にいる人は、後からそのパスワードを使えます。",
			})
		}
		return []ruling{found}
	})
}
