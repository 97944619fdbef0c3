package rules

import (
	"sekisho/internal/exposure"
	"sekisho/internal/lang"
)

// What somebody can do who reaches such a service.
var (
	readsData = lang.Text{
		EN: "As it comes it asks nobody for a password: whoever reaches the port reads, changes and deletes all of its data.",
		JA: "初期設定ではパスワードを求めません。このポートに届く人は、すべてのデータを読み、書き換え、消せます。",
	}
	runsCommands = lang.Text{
		EN: "Whoever reaches the port can run commands on this machine, as a rule with all rights.",
		JA: "このポートに届く人は、この機器でコマンドを実行できます。たいていは管理者の権限です。",
	}
	guessesPasswords = lang.Text{
		EN: "A database is meant for the programs beside it. In the reach of others its passwords are guessed around the clock, and each hole in it counts.",
		JA: "データベースは、同じ機器のプログラムのためのものです。他から届くと、パスワードを絶えず試され、弱点があれば直接突かれます。",
	}
	tellsMuch = lang.Text{
		EN: "It is meant for this machine. To others it tells more than they should know, and each hole in it counts.",
		JA: "この機器のためのものです。他から届くと、知られる必要のないことを教え、弱点があれば直接突かれます。",
	}
)

// locals are ordered by name.
var locals = []local{
	{
		name:      "ADB",
		ports:     []uint16{5037},
		processes: []string{"adb"},
		severity:  exposure.High,
		meaning:   runsCommands,
		bind: lang.Text{
			EN: "Start the server without -a, so that it stays on the loopback address:\nadb kill-server\nadb start-server",
			JA: "オプション -a を付けずに起動し直し、自機内だけで待ち受けるようにします。\nadb kill-server\nadb start-server",
		},
	},
	{
		name:     "Cassandra",
		ports:    []uint16{7199, 9042},
		severity: exposure.High,
		meaning:  readsData,
		bind: lang.Text{
			EN: "Bind it to this machine: in /etc/cassandra/cassandra.yaml\nrpc_address: 127.0.0.1",
			JA: "自機内だけで待ち受けるようにします。/etc/cassandra/cassandra.yaml に書きます。\nrpc_address: 127.0.0.1",
		},
		unit: "cassandra",
	},
	{
		name:     "CouchDB",
		ports:    []uint16{5984},
		severity: exposure.Medium,
		meaning:  guessesPasswords,
		bind: lang.Text{
			EN: "Bind it to this machine: in the part [chttpd] of local.ini\nbind_address = 127.0.0.1",
			JA: "自機内だけで待ち受けるようにします。local.ini の [chttpd] に書きます。\nbind_address = 127.0.0.1",
		},
		unit: "couchdb",
	},
	{
		name:      "CUPS",
		ports:     []uint16{631},
		processes: []string{"cupsd", "cups-browsed"},
		severity:  exposure.Low,
		meaning:   tellsMuch,
		bind: lang.Text{
			EN: "Unless others print here, bind it to this machine and stop the search for printers:\ncupsctl --no-share-printers --no-remote-any\nsystemctl disable --now cups-browsed",
			JA: "他の機器から印刷しないなら、自機内だけにし、プリンターの探索も止めます。\ncupsctl --no-share-printers --no-remote-any\nsystemctl disable --now cups-browsed",
		},
		unit: "cups",
	},
	{
		name:     "Docker API",
		ports:    []uint16{2375},
		severity: exposure.High,
		meaning:  runsCommands,
		bind: lang.Text{
			EN: "Take the tcp:// address out of \"hosts\" in /etc/docker/daemon.json and out of the unit's -H. From afar, docker -H ssh://HOST does the same, encrypted and with a login.",
			JA: "/etc/docker/daemon.json の \"hosts\" とユニットの -H から tcp:// を外します。遠隔からは docker -H ssh://ホスト で、暗号化とログインつきで同じことができます。",
		},
		unit: "docker",
	},
	{
		name:      "Elasticsearch",
		ports:     []uint16{9200, 9300},
		processes: []string{"elasticsearch", "opensearch"},
		severity:  exposure.High,
		meaning:   readsData,
		bind: lang.Text{
			EN: "Bind it to this machine: in elasticsearch.yml (or opensearch.yml)\nnetwork.host: 127.0.0.1",
			JA: "自機内だけで待ち受けるようにします。elasticsearch.yml(または opensearch.yml)に書きます。\nnetwork.host: 127.0.0.1",
		},
		unit: "elasticsearch",
	},
	{
		name:      "epmd",
		ports:     []uint16{4369},
		processes: []string{"epmd"},
		severity:  exposure.Medium,
		meaning:   tellsMuch,
		bind: lang.Text{
			EN: "Bind it to this machine: in the environment of what starts Erlang\nERL_EPMD_ADDRESS=127.0.0.1",
			JA: "自機内だけで待ち受けるようにします。Erlangを起動する側の環境変数に設定します。\nERL_EPMD_ADDRESS=127.0.0.1",
		},
		unit: "epmd",
	},
	{
		name:      "etcd",
		ports:     []uint16{2379, 2380},
		processes: []string{"etcd"},
		severity:  exposure.High,
		meaning:   readsData,
		bind: lang.Text{
			EN: "Bind it to this machine: in /etc/default/etcd\nETCD_LISTEN_CLIENT_URLS=http://127.0.0.1:2379\nETCD_LISTEN_PEER_URLS=http://127.0.0.1:2380",
			JA: "自機内だけで待ち受けるようにします。/etc/default/etcd に書きます。\nETCD_LISTEN_CLIENT_URLS=http://127.0.0.1:2379\nETCD_LISTEN_PEER_URLS=http://127.0.0.1:2380",
		},
		unit: "etcd",
	},
	{
		name:      "InfluxDB",
		ports:     []uint16{8086},
		processes: []string{"influxd"},
		severity:  exposure.High,
		meaning:   readsData,
		bind: lang.Text{
			EN: "Bind it to this machine: in the part [http] of /etc/influxdb/influxdb.conf\nbind-address = \"127.0.0.1:8086\"",
			JA: "自機内だけで待ち受けるようにします。/etc/influxdb/influxdb.conf の [http] に書きます。\nbind-address = \"127.0.0.1:8086\"",
		},
		unit: "influxdb",
	},
	{
		name:      "memcached",
		ports:     []uint16{11211},
		processes: []string{"memcached"},
		severity:  exposure.High,
		meaning:   readsData,
		bind: lang.Text{
			EN: "Bind it to this machine and switch UDP off: in /etc/memcached.conf\n-l 127.0.0.1\n-U 0",
			JA: "自機内だけで待ち受け、UDPを止めます。/etc/memcached.conf に書きます。\n-l 127.0.0.1\n-U 0",
		},
		unit: "memcached",
	},
	{
		name:      "MongoDB",
		ports:     []uint16{27017, 27018, 27019},
		processes: []string{"mongod", "mongos"},
		severity:  exposure.High,
		meaning:   readsData,
		bind: lang.Text{
			EN: "Bind it to this machine: in the part net of /etc/mongod.conf\nbindIp: 127.0.0.1",
			JA: "自機内だけで待ち受けるようにします。/etc/mongod.conf の net に書きます。\nbindIp: 127.0.0.1",
		},
		unit: "mongod",
	},
	{
		name:      "MySQL/MariaDB",
		ports:     []uint16{3306, 33060},
		processes: []string{"mysqld", "mariadbd"},
		severity:  exposure.Medium,
		meaning:   guessesPasswords,
		bind: lang.Text{
			EN: "Bind it to this machine: in /etc/mysql/mariadb.conf.d/50-server.cnf (MySQL: mysql.conf.d/mysqld.cnf)\nbind-address = 127.0.0.1",
			JA: "自機内だけで待ち受けるようにします。/etc/mysql/mariadb.conf.d/50-server.cnf(MySQLは mysql.conf.d/mysqld.cnf)に書きます。\nbind-address = 127.0.0.1",
		},
		unit: "mariadb",
	},
	{
		name:      "Ollama",
		ports:     []uint16{11434},
		processes: []string{"ollama"},
		severity:  exposure.Medium,
		meaning: lang.Text{
			EN: "It asks nobody for a password: whoever reaches the port uses this machine's computing power, and reads and replaces its models.",
			JA: "パスワードを求めません。このポートに届く人は、この機器の計算力を使い、モデルを読み、入れ替えられます。",
		},
		bind: lang.Text{
			EN: "Bind it to this machine: with systemctl edit ollama\n[Service]\nEnvironment=OLLAMA_HOST=127.0.0.1",
			JA: "自機内だけで待ち受けるようにします。systemctl edit ollama で書きます。\n[Service]\nEnvironment=OLLAMA_HOST=127.0.0.1",
		},
		unit: "ollama",
	},
	{
		name:      "PHP-FPM",
		processes: []string{"php-fpm", "php-fpm7.4", "php-fpm8.1", "php-fpm8.2", "php-fpm8.3", "php-fpm8.4"},
		severity:  exposure.High,
		meaning:   runsCommands,
		bind: lang.Text{
			EN: "Bind it to this machine: in the pool's file, /etc/php/*/fpm/pool.d/www.conf\nlisten = 127.0.0.1:9000",
			JA: "自機内だけで待ち受けるようにします。/etc/php/*/fpm/pool.d/www.conf に書きます。\nlisten = 127.0.0.1:9000",
		},
		unit: "php8.2-fpm",
	},
	{
		name:      "PostgreSQL",
		ports:     []uint16{5432},
		processes: []string{"postgres"},
		severity:  exposure.Medium,
		meaning:   guessesPasswords,
		bind: lang.Text{
			EN: "Bind it to this machine: in postgresql.conf\nlisten_addresses = 'localhost'",
			JA: "自機内だけで待ち受けるようにします。postgresql.conf に書きます。\nlisten_addresses = 'localhost'",
		},
		unit: "postgresql",
	},
	{
		name:      "Prometheus node exporter",
		ports:     []uint16{9100},
		processes: []string{"node_exporter", "prometheus-node"},
		severity:  exposure.Low,
		meaning:   tellsMuch,
		bind: lang.Text{
			EN: "Bind it to this machine, or admit the collector only: in /etc/default/prometheus-node-exporter\nARGS=\"--web.listen-address=127.0.0.1:9100\"",
			JA: "自機内だけで待ち受けるか、収集する相手だけを許可します。/etc/default/prometheus-node-exporter に書きます。\nARGS=\"--web.listen-address=127.0.0.1:9100\"",
		},
		unit: "prometheus-node-exporter",
	},
	{
		name:      "Redis",
		ports:     []uint16{6379},
		processes: []string{"redis-server", "valkey-server", "keydb-server"},
		severity:  exposure.High,
		meaning: lang.Text{
			EN: "As it comes it asks nobody for a password: whoever reaches the port reads and deletes all of its data, and can often run commands through it.",
			JA: "初期設定ではパスワードを求めません。このポートに届く人は、すべてのデータを読み、消せるうえ、多くの場合コマンドも実行できます。",
		},
		bind: lang.Text{
			EN: "Bind it to this machine: in /etc/redis/redis.conf\nbind 127.0.0.1 -::1\nprotected-mode yes",
			JA: "自機内だけで待ち受けるようにします。/etc/redis/redis.conf に書きます。\nbind 127.0.0.1 -::1\nprotected-mode yes",
		},
		unit: "redis-server",
	},
	{
		name:      "rpcbind",
		ports:     []uint16{111},
		processes: []string{"rpcbind"},
		severity:  exposure.Low,
		meaning: lang.Text{
			EN: "It lists the services of this machine to everybody and is used to flood others with answers. Only NFS before version 4 needs it.",
			JA: "この機器のサービスの一覧を誰にでも教え、第三者に応答を浴びせる攻撃にも使われます。必要なのは版4より前のNFSだけです。",
		},
		bind: lang.Text{
			EN: "Unless older NFS is used, switch it off:\nsystemctl disable --now rpcbind.socket rpcbind.service",
			JA: "古いNFSを使っていなければ無効にします。\nsystemctl disable --now rpcbind.socket rpcbind.service",
		},
		unit: "rpcbind",
	},
	{
		name:      "SQL Server",
		ports:     []uint16{1433},
		processes: []string{"sqlservr"},
		severity:  exposure.Medium,
		meaning:   guessesPasswords,
		bind: lang.Text{
			EN: "Bind it to this machine:\n/opt/mssql/bin/mssql-conf set network.ipaddress 127.0.0.1",
			JA: "自機内だけで待ち受けるようにします。\n/opt/mssql/bin/mssql-conf set network.ipaddress 127.0.0.1",
		},
		unit: "mssql-server",
	},
	{
		name:      "X11",
		ports:     []uint16{6000, 6001, 6002, 6003},
		processes: []string{"Xorg", "X", "Xwayland"},
		severity:  exposure.High,
		meaning: lang.Text{
			EN: "Whoever reaches the port and is let in sees the screen and types for you.",
			JA: "このポートに届き、受け入れられた人は、画面を見て、あなたに代わって入力できます。",
		},
		bind: lang.Text{
			EN: "Start the X server with this option, which is the usual one, and use ssh -X from afar:\n-nolisten tcp",
			JA: "Xサーバーを次の指定(通常の初期値)で起動し、遠隔からは ssh -X を使います。\n-nolisten tcp",
		},
	},
}
