package rules

import (
	"slices"

	"sekisho/internal/exposure"
	"sekisho/internal/lang"
)

func init() {
	register(rule{"service-without-password", judgeUnlocked})
}

// unlocked is a service that can be set up without a password, and what that
// means.
type unlocked struct {
	name     string
	severity exposure.Severity
	meaning  lang.Text
	lock     lang.Text // the step that sets a password
	unit     string    // in Debian
	// trusts says that the service may believe its own machine and nobody else,
	// so that what it answers there proves nothing about others.
	trusts bool
}

// What somebody can do who reaches a service without a password.
var (
	unlockedData = lang.Text{
		EN: "Whoever reaches the port reads, changes and deletes all of its data. Such servers are searched for around the clock, emptied, and their owners asked for money.",
		JA: "このポートに届く人は、すべてのデータを読み、書き換え、消せます。こうしたサーバーは常に探され、データを消されて金銭を要求される被害が続いています。",
	}
	unlockedMachine = lang.Text{
		EN: "Whoever reaches the port runs programs with all rights on this machine.",
		JA: "このポートに届く人は、この機器で管理者の権限のままプログラムを動かせます。",
	}
	unlockedMessages = lang.Text{
		EN: "Whoever reaches the port reads all messages and sends his own: switches what is switched by them, reads what sensors tell.",
		JA: "このポートに届く人は、すべてのメッセージを読み、自分でも送れます。メッセージで動く機器を操作し、センサーの値を読めます。",
	}
	unlockedFigures = lang.Text{
		EN: "Whoever reaches the port reads names, addresses and load of everything that is measured.",
		JA: "このポートに届く人は、計測している機器の名前・アドレス・負荷をすべて読めます。",
	}
	unlockedHere = lang.Text{
		EN: "Only this machine reaches the port. Every user and program on it can use the service all the same.",
		JA: "このポートには自機内からしか届きません。それでも、この機器のどの利用者やプログラムからも使えます。",
	}
	unlockedUnknown = lang.Text{
		EN: "Some servers believe their own machine and nobody else. Whether others are asked for a password is not judged from here: look from another machine.",
		JA: "自分の機器だけを信用するサーバーもあります。ほかの機器にパスワードを求めるかどうかは、ここからは判定しません。別の機器から調べてください。",
	}
)

// unlockeds are named for their protocol, or for the API that they have over HTTP.
var unlockeds = map[string]unlocked{
	"amqp": {
		name: "AMQP", severity: exposure.High, meaning: unlockedMessages, unit: "rabbitmq-server",
		lock: lang.Text{
			EN: "Take ANONYMOUS out of the ways to log in: in /etc/rabbitmq/rabbitmq.conf\nauth_mechanisms.1 = PLAIN\nauth_mechanisms.2 = AMQPLAIN",
			JA: "ログイン方式からANONYMOUSを外します。/etc/rabbitmq/rabbitmq.conf に書きます。\nauth_mechanisms.1 = PLAIN\nauth_mechanisms.2 = AMQPLAIN",
		},
	},
	"couchdb": {
		name: "CouchDB", severity: exposure.High, meaning: unlockedData, unit: "couchdb",
		lock: lang.Text{
			EN: "Set an administrator and demand a login: in local.ini, with a password of your own\n[admins]\nadmin = PASSWORD\n[chttpd]\nrequire_valid_user = true",
			JA: "管理者を設定し、ログインを必須にします。local.ini に書きます(パスワードは自分で決めます)。\n[admins]\nadmin = パスワード\n[chttpd]\nrequire_valid_user = true",
		},
	},
	"docker": {
		name: "Docker API", severity: exposure.High, meaning: unlockedMachine, unit: "docker",
		lock: lang.Text{
			EN: "The API knows no password. Take its tcp:// address away; where it is needed, demand certificates: in /etc/docker/daemon.json\n\"tlsverify\": true, \"tlscacert\": \"/etc/docker/ca.pem\", \"tlscert\": \"/etc/docker/cert.pem\", \"tlskey\": \"/etc/docker/key.pem\"",
			JA: "このAPIにパスワードはありません。tcp:// のアドレスを外します。必要なら証明書を必須にします。/etc/docker/daemon.json に書きます。\n\"tlsverify\": true, \"tlscacert\": \"/etc/docker/ca.pem\", \"tlscert\": \"/etc/docker/cert.pem\", \"tlskey\": \"/etc/docker/key.pem\"",
		},
	},
	"podman": {
		name: "Podman API", severity: exposure.High, meaning: unlockedMachine,
		lock: lang.Text{
			EN: "The API knows no password. End the program that was started as podman system service tcp:ADDRESS:PORT; who needs it from elsewhere reaches its socket through ssh:\nsystemctl enable --now podman.socket\npodman --url ssh://USER@HOST/run/podman/podman.sock ps",
			JA: "このAPIにパスワードはありません。podman system service tcp:アドレス:ポート で始めたプログラムを終了します。他の機器から使うなら、ssh経由でソケットに接続します。\nsystemctl enable --now podman.socket\npodman --url ssh://ユーザー@ホスト/run/podman/podman.sock ps",
		},
	},
	"elasticsearch": {
		name: "Elasticsearch", severity: exposure.High, meaning: unlockedData, unit: "elasticsearch",
		lock: lang.Text{
			EN: "Demand a login: in /etc/elasticsearch/elasticsearch.yml, and then set the passwords with elasticsearch-reset-password (OpenSearch: install its security plugin)\nxpack.security.enabled: true",
			JA: "ログインを必須にします。/etc/elasticsearch/elasticsearch.yml に書き、elasticsearch-reset-password でパスワードを設定します(OpenSearchではsecurityプラグインを入れます)。\nxpack.security.enabled: true",
		},
	},
	"etcd": {
		name: "etcd", severity: exposure.High, meaning: unlockedData, unit: "etcd",
		lock: lang.Text{
			EN: "Demand a login:\netcdctl user add root\netcdctl user grant-role root root\netcdctl auth enable",
			JA: "ログインを必須にします。\netcdctl user add root\netcdctl user grant-role root root\netcdctl auth enable",
		},
	},
	"influxdb": {
		name: "InfluxDB", severity: exposure.High, meaning: unlockedData, unit: "influxdb",
		lock: lang.Text{
			EN: "Make an administrator, then demand a login: in the part [http] of /etc/influxdb/influxdb.conf\nauth-enabled = true",
			JA: "管理者を作ってから、ログインを必須にします。/etc/influxdb/influxdb.conf の [http] に書きます。\nauth-enabled = true",
		},
	},
	"kubelet": {
		name: "kubelet", severity: exposure.High, meaning: unlockedMachine, unit: "kubelet",
		lock: lang.Text{
			EN: "Serve nobody without a certificate: in /var/lib/kubelet/config.yaml\nauthentication:\n  anonymous:\n    enabled: false\nreadOnlyPort: 0",
			JA: "証明書のない相手には応じないようにします。/var/lib/kubelet/config.yaml に書きます。\nauthentication:\n  anonymous:\n    enabled: false\nreadOnlyPort: 0",
		},
	},
	"kubernetes": {
		name: "Kubernetes API", severity: exposure.High, meaning: unlockedMachine,
		lock: lang.Text{
			EN: "Take the rights of system:anonymous and system:unauthenticated away; see which they have:\nkubectl get clusterrolebindings -o wide | grep -E 'system:(anonymous|unauthenticated)'",
			JA: "system:anonymous と system:unauthenticated から権限を外します。今の権限を確かめます。\nkubectl get clusterrolebindings -o wide | grep -E 'system:(anonymous|unauthenticated)'",
		},
	},
	"memcached": {
		name: "memcached", severity: exposure.High, meaning: unlockedData, unit: "memcached",
		lock: lang.Text{
			EN: "It asks nobody for a password unless it has a list of users: in /etc/memcached.conf, with a file of lines name:password\n-Y /etc/memcached.users",
			JA: "利用者の一覧がない限りパスワードを求めません。名前:パスワード の行を書いたファイルを作り、/etc/memcached.conf に書きます。\n-Y /etc/memcached.users",
		},
	},
	"mongodb": {
		name: "MongoDB", severity: exposure.High, meaning: unlockedData, unit: "mongod",
		lock: lang.Text{
			EN: "Make an administrator with db.createUser, then demand a login: in /etc/mongod.conf\nsecurity:\n  authorization: enabled",
			JA: "db.createUser で管理者を作ってから、ログインを必須にします。/etc/mongod.conf に書きます。\nsecurity:\n  authorization: enabled",
		},
	},
	"mqtt": {
		name: "MQTT", severity: exposure.Medium, meaning: unlockedMessages, unit: "mosquitto",
		lock: lang.Text{
			EN: "Demand a login. For Mosquitto, make a user with mosquitto_passwd -c /etc/mosquitto/passwd NAME and put into /etc/mosquitto/conf.d/login.conf\nallow_anonymous false\npassword_file /etc/mosquitto/passwd",
			JA: "ログインを必須にします。Mosquittoでは、mosquitto_passwd -c /etc/mosquitto/passwd 名前 で利用者を作り、/etc/mosquitto/conf.d/login.conf に書きます。\nallow_anonymous false\npassword_file /etc/mosquitto/passwd",
		},
	},
	"nats": {
		name: "NATS", severity: exposure.High, meaning: unlockedMessages, unit: "nats-server",
		lock: lang.Text{
			EN: "Demand a login: in the configuration of nats-server, with what nats server passwd made of your password\nauthorization { user: NAME, password: \"$2a$11$...\" }",
			JA: "ログインを必須にします。nats-serverの設定に、nats server passwd で作った値を書きます。\nauthorization { user: 名前, password: \"$2a$11$...\" }",
		},
	},
	"ollama": {
		name: "Ollama", severity: exposure.Medium, unit: "ollama",
		meaning: lang.Text{
			EN: "Whoever reaches the port uses this machine's computing power, and reads and replaces its models.",
			JA: "このポートに届く人は、この機器の計算力を使い、モデルを読み、入れ替えられます。",
		},
		lock: lang.Text{
			EN: "It knows no password: put a web server that asks for one before it, or admit certain addresses only.",
			JA: "パスワードの機能がありません。パスワードを求めるWebサーバーを前に置くか、決まった相手だけを許可します。",
		},
	},
	"postgresql": {
		name: "PostgreSQL", severity: exposure.High, meaning: unlockedData, unit: "postgresql", trusts: true,
		lock: lang.Text{
			EN: "Write scram-sha-256 in place of trust in pg_hba.conf, after every user has a password:\nhostssl all all samenet scram-sha-256",
			JA: "全利用者にパスワードを設定したうえで、pg_hba.conf の trust を scram-sha-256 に書き換えます。\nhostssl all all samenet scram-sha-256",
		},
	},
	"prometheus": {
		name: "Prometheus", severity: exposure.Low, meaning: unlockedFigures, unit: "prometheus",
		lock: lang.Text{
			EN: "Demand a login: in the file of --web.config.file, with what htpasswd -nBC 10 made of your password\nbasic_auth_users:\n  NAME: $2y$10$...",
			JA: "ログインを必須にします。--web.config.file のファイルに、htpasswd -nBC 10 で作った値を書きます。\nbasic_auth_users:\n  名前: $2y$10$...",
		},
	},
	"redis": {
		name: "Redis", severity: exposure.High, unit: "redis-server", trusts: true,
		meaning: lang.Text{
			EN: "Whoever reaches the port reads and deletes all of its data, and can often write files and run commands on the machine through it.",
			JA: "このポートに届く人は、すべてのデータを読み、消せます。多くの場合、これを通じてファイルを書き、コマンドを実行することもできます。",
		},
		lock: lang.Text{
			EN: "Set a long password: in /etc/redis/redis.conf\nrequirepass LONG-PASSWORD\nprotected-mode yes",
			JA: "長いパスワードを設定します。/etc/redis/redis.conf に書きます。\nrequirepass 長いパスワード\nprotected-mode yes",
		},
	},
	"x11": {
		name: "X11", severity: exposure.High, trusts: true,
		meaning: lang.Text{
			EN: "Whoever reaches the port sees the screen, reads what is typed and types for you.",
			JA: "このポートに届く人は、画面を見て、入力を読み取り、あなたに代わって入力できます。",
		},
		lock: lang.Text{
			EN: "Let programs in by cookie only, and take -ac out of the server's options:\nxhost -",
			JA: "クッキーを持つプログラムだけを受け入れるようにし、サーバーのオプションから -ac を外します。\nxhost -",
		},
	},
}

// speaks is what a service is known by here: its protocol, or its API.
func speaks(service exposure.Service) string {
	if api := service.Facts.Text("api"); service.Protocol == "http" && !api.IsZero() {
		if api.Raw() == "docker" && product(service, "podman") {
			return "podman" // which is started and locked in other ways
		}
		return api.Raw()
	}
	return service.Protocol
}

// unlockedBy finds the entry of a service that answered without a password.
func unlockedBy(service exposure.Service) (unlocked, bool) {
	if required, known := service.Facts.Bool("password_required"); !known || required {
		return unlocked{}, false
	}
	if api := speaks(service); api != service.Protocol {
		u, known := unlockeds[api]
		return u, known
	}
	u, known := unlockeds[service.Protocol]
	return u, known
}

// unjudged reports whether a service answered its own machine only, which it
// may trust.
func (u unlocked) unjudged(s subject, service exposure.Service) bool {
	return u.trusts && fromItself(service.View) && s.Exposed()
}

// judgeUnlocked speaks of databases, queues and managers that ask nobody for a
// password. What a server tells its own machine is no proof of what it tells
// others where it may tell them apart.
func judgeUnlocked(s subject) []ruling {
	return s.each(func(service exposure.Service) []ruling {
		u, open := unlockedBy(service)
		if !open {
			return nil
		}
		found := ruling{
			severity: s.graded(u.severity),
			evidence: say(lang.Text{
				EN: `{{.Name}} answers without a password: "{{.Banner}}".`,
				JA: "{{.Name}}がパスワードなしで応答します: 「{{.Banner}}」",
			}, "Name", u.name, "Banner", quote(service.Banner)),
			meaning: say(u.meaning),
			remedy:  s.locked(u, speaks(service)),
		}
		if service.Banner.IsZero() {
			found.evidence = say(lang.Text{
				EN: `{{.Name}} answers without a password.`,
				JA: "{{.Name}}がパスワードなしで応答します。",
			}, "Name", u.name)
		}
		switch {
		case u.unjudged(s, service):
			if slices.ContainsFunc(s.spoken(), func(other exposure.Service) bool { return !fromItself(other.View) }) {
				return nil // what others are told is known
			}
			found.severity, found.meaning = exposure.Info, say(unlockedUnknown)
			found.evidence = say(lang.Text{
				EN: `As seen from this machine, {{.Name}} answers without a password.`,
				JA: "この機器から見ると、{{.Name}}がパスワードなしで応答します。",
			}, "Name", u.name)
		case !s.Exposed():
			found.meaning = say(unlockedHere)
		}
		return []ruling{found}
	})
}

// locked is how the service gets a password, and back to the loopback address
// where it belongs there.
func (s subject) locked(u unlocked, name string) []said {
	steps := []said{say(u.lock)}
	if i := slices.IndexFunc(locals, func(l local) bool { return l.name == spokenBy[name] }); i >= 0 && s.Exposed() {
		steps = append(steps, say(locals[i].bind))
	}
	if u.unit != "" {
		steps = append(steps, s.restarted(u.unit))
	}
	if s.Exposed() {
		steps = append(steps, admitFew)
	}
	return append(steps, s.unneeded())
}
