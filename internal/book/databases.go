package book

// databases is the lessons of what keeps data for other programs. Programs of
// the same machine or of the application server connect; nobody else should.
var databases = lessons{
	"mysql": {
		Session: Text{
			"The program connects to TCP port 3306, the server speaks first with its version and a challenge, TLS may begin, the password is proved, and queries follow.",
			"プログラムがTCPの3306番へ接続すると、サーバーが先に版とチャレンジを送ります。必要ならTLSを始め、パスワードを証明してから問い合わせを送ります。",
		},
		Usual: nowhere,
		Close: Text{
			"`bind-address = 127.0.0.1` in /etc/mysql/mariadb.conf.d/50-server.cnf, or `skip-networking`; across machines require_secure_transport and accounts by address.",
			"/etc/mysql/mariadb.conf.d/50-server.cnfで`bind-address = 127.0.0.1`とするか、`skip-networking`とします。別の機器から使う場合はrequire_secure_transportと、アドレスを限ったアカウントを使います。",
		},
		Upgrade: "SSLRequest",
	},
	"mysqlx": {
		Session: Text{
			"As on 3306, in the newer protocol: the program connects, asks for capabilities, begins TLS, logs in and sends messages.",
			"3306番の新しい方式で、プログラムが接続して機能を尋ね、TLSを始め、認証してメッセージを送ります。",
		},
		Usual: nowhere,
		Close: Text{
			"`mysqlx-bind-address = 127.0.0.1`, or `mysqlx = 0` in my.cnf.",
			"my.cnfで`mysqlx-bind-address = 127.0.0.1`、または`mysqlx = 0`とします。",
		},
	},
	"postgresql": {
		Session: Text{
			"The program connects to TCP port 5432, asks whether TLS is to be had, names user and database, proves the password (SCRAM), and queries follow.",
			"プログラムがTCPの5432番へ接続し、TLSが使えるかを尋ね、利用者とデータベースを指定し、パスワードを証明して(SCRAM)問い合わせを送ります。",
		},
		Usual: nowhere,
		Close: Text{
			"`listen_addresses = 'localhost'` in postgresql.conf; across machines hostssl lines with addresses in pg_hba.conf.",
			"postgresql.confで`listen_addresses = 'localhost'`とします。別の機器から使う場合はpg_hba.confにアドレスを限ったhostsslの行を書きます。",
		},
		Upgrade: "SSLRequest",
	},
	"pgbouncer": {
		Session: Text{
			"The program connects to TCP port 6432 as to PostgreSQL; PgBouncer lends it one of its open connections.",
			"プログラムがPostgreSQLと同じようにTCPの6432番へ接続し、PgBouncerが手持ちの接続を貸します。",
		},
		Usual: nowhere,
		Close: Text{
			"`listen_addr = 127.0.0.1` in pgbouncer.ini; client_tls_sslmode = require across machines.",
			"pgbouncer.iniで`listen_addr = 127.0.0.1`とします。別の機器から使う場合はclient_tls_sslmode = requireとします。",
		},
		Upgrade: "SSLRequest",
	},
	"ms-sql-s": {
		Session: Text{
			"The program connects to TCP port 1433, sends a pre-login in which TLS is agreed on, logs in with a Windows or SQL account, and sends batches. Named instances take another port, told by UDP 1434.",
			"プログラムがTCPの1433番へ接続し、事前のやり取りでTLSを取り決め、WindowsかSQLのアカウントで認証して命令を送ります。名前付きインスタンスは別のポートを使い、UDPの1434番で分かります。",
		},
		Usual: nowhere,
		Close: Text{
			"SQL Server Configuration Manager: TCP/IP disabled, or the LAN address only; Force Encryption yes; the account sa disabled; the firewall rule for the application server.",
			"SQL Server構成マネージャーでTCP/IPを無効にするか、LAN側のアドレスだけにし、暗号化を強制します。saアカウントは無効にし、ファイアウォールではアプリケーションサーバーだけを許します。",
		},
		Upgrade: "PRELOGIN",
	},
	"ms-sql-m": {
		Session: Text{
			"The program sends one byte or a name by UDP to port 1434 and gets the list of instances with their ports.",
			"プログラムが1バイトまたはインスタンス名をUDPの1434番へ送ると、インスタンスとポートの一覧が返ります。",
		},
		Usual: nowhere,
		Close: Text{
			"Stop the service SQL Server Browser and name the port in the connection string (server,1433).",
			"サービスSQL Server Browserを止め、接続文字列でポートを指定します(サーバー名,1433)。",
		},
	},
	"oracle-tns": {
		Session: Text{
			"The program connects to TCP port 1521, names the service, and the listener hands the connection to a server process or to another port; then the user logs in.",
			"プログラムがTCPの1521番へ接続してサービス名を示すと、リスナーが接続をサーバープロセスや別のポートへ渡し、そこで利用者が認証します。",
		},
		Usual: nowhere,
		Close: Text{
			"HOST=127.0.0.1 in listener.ora, TCP.VALIDNODE_CHECKING=yes with TCP.INVITED_NODES in sqlnet.ora, and encryption required.",
			"listener.oraでHOST=127.0.0.1とし、sqlnet.oraでTCP.VALIDNODE_CHECKING=yesとTCP.INVITED_NODESを設定し、暗号化を必須にします。",
		},
	},
	"ttc-ssl": {
		Session: Text{
			"As on 1521, inside TLS from the first byte.",
			"1521番と同じやり取りを、最初からTLSの中で行います。",
		},
		Usual: nowhere,
		Close: Text{
			"Take the TCPS address out of listener.ora, or pass it from the application servers only.",
			"listener.oraからTCPSのアドレスを外すか、アプリケーションサーバーからだけ通します。",
		},
	},
	"db2": {
		Session: Text{
			"The program connects to TCP port 50000, exchanges attributes (DRDA), logs in, and sends queries.",
			"プログラムがTCPの50000番へ接続し、属性を交換し(DRDA)、認証して問い合わせを送ります。",
		},
		Usual: nowhere,
		Close: Text{
			"`db2 update dbm cfg using SVCENAME NULL` switches TCP off; else SSL_SVCENAME and a firewall rule for the application servers; port 523 (db2admin) stopped.",
			"`db2 update dbm cfg using SVCENAME NULL`でTCPを切ります。使う場合はSSL_SVCENAMEと、アプリケーションサーバーだけを許す規則を設定し、523番(db2admin)は止めます。",
		},
	},
	"gds-db": {
		Session: Text{
			"The program connects to TCP port 3050, names a database file, logs in (SRP since version 3), and sends queries.",
			"プログラムがTCPの3050番へ接続し、データベースファイルを指定して認証し(3以降はSRP)、問い合わせを送ります。",
		},
		Usual: nowhere,
		Close: Text{
			"`RemoteBindAddress = localhost` in firebird.conf, the password of SYSDBA changed, WireCrypt = Required.",
			"firebird.confで`RemoteBindAddress = localhost`とし、SYSDBAのパスワードを変え、WireCrypt = Requiredとします。",
		},
	},
	"informix": {
		Session: Text{
			"The program connects to TCP port 9088, names the server, logs in with an account of the machine, and sends queries.",
			"プログラムがTCPの9088番へ接続し、サーバー名を示し、その機器のアカウントで認証して問い合わせを送ります。",
		},
		Usual: nowhere,
		Close: Text{
			"127.0.0.1 instead of * in sqlhosts, onsocssl with encryption, and a firewall rule for the application servers.",
			"sqlhostsの*を127.0.0.1とし、暗号化(onsocssl)を使い、アプリケーションサーバーだけを許します。",
		},
	},
	"sybase": {
		Session: Text{
			"The program connects to TCP port 5000 (ASE) or 2638 (SQL Anywhere), logs in by TDS, and sends queries.",
			"プログラムがTCPの5000番(ASE)か2638番(SQL Anywhere)へ接続し、TDSで認証して問い合わせを送ります。",
		},
		Usual: nowhere,
		Close: Text{
			"127.0.0.1 in the interfaces file or -x tcpip(MyIP=127.0.0.1), `net password encryption reqd` 1, and a firewall rule.",
			"interfacesファイルや-x tcpip(MyIP=127.0.0.1)で127.0.0.1とし、`net password encryption reqd`を1にして、ファイアウォールで限ります。",
		},
	},
	"hana": {
		Session: Text{
			"The program connects to TCP port 3NN15 or 3NN13, NN being the instance, logs in (SCRAM), and sends queries; TLS where it is set.",
			"プログラムがTCPの3NN15番か3NN13番(NNはインスタンス番号)へ接続し、認証して(SCRAM)問い合わせを送ります。TLSは設定によります。",
		},
		Usual: nowhere,
		Close: Text{
			"listeninterface = .local or .internal in global.ini, sslEnforce = true, and the firewall open to the application servers.",
			"global.iniでlisteninterface = .localか.internal、sslEnforce = trueとし、アプリケーションサーバーからだけ通します。",
		},
	},
	"mongodb": {
		Session: Text{
			"The program connects to TCP port 27017, says hello, proves its password (SCRAM) if the server asks for one, and sends commands as BSON.",
			"プログラムがTCPの27017番へ接続してhelloを送り、求められればパスワードを証明し(SCRAM)、BSONのコマンドを送ります。",
		},
		Usual: nowhere,
		Close: Text{
			"`net: bindIp: 127.0.0.1` and `security: authorization: enabled` in /etc/mongod.conf; across machines tls: mode: requireTLS.",
			"/etc/mongod.confで`net: bindIp: 127.0.0.1`と`security: authorization: enabled`を設定し、別の機器から使う場合はtls: mode: requireTLSとします。",
		},
	},
	"redis": {
		Session: Text{
			"The program connects to TCP port 6379, sends AUTH where a password is set, and then commands in lines of text, each of which is answered.",
			"プログラムがTCPの6379番へ接続し、設定があればAUTHでパスワードを送り、続いてコマンドを送るたびに応答を受け取ります。",
		},
		Usual: nowhere,
		Close: Text{
			"`bind 127.0.0.1 -::1`, `protected-mode yes` and requirepass (or ACLs) in redis.conf; or `port 0` and a Unix socket.",
			"redis.confで`bind 127.0.0.1 -::1`、`protected-mode yes`、requirepass(またはACL)を設定するか、`port 0`としてUNIXソケットを使います。",
		},
	},
	"redis-sentinel": {
		Session: Text{
			"Programs ask at TCP port 26379 which Redis is the master now; sentinels talk to each other about who is down.",
			"プログラムがTCPの26379番で現在のマスターを尋ね、Sentinel同士は停止の有無を連絡し合います。",
		},
		Usual: nowhere,
		Close: Text{
			"bind to the inner address, requirepass in sentinel.conf, and a firewall rule for the cluster.",
			"sentinel.confで内側のアドレスにbindし、requirepassを設定し、クラスターの機器だけを許します。",
		},
	},
	"redis-cluster": {
		Session: Text{
			"The nodes of a cluster connect to each other at their port plus 10000 and gossip about who has what. Nobody logs in.",
			"クラスターのノードが互いに「本来のポート+10000」番へ接続し、担当範囲を伝え合います。認証はありません。",
		},
		Usual: nowhere,
		Close: Text{
			"A firewall rule for the other nodes only; tls-cluster yes; cluster-enabled no where there is no cluster.",
			"ほかのノードからだけ通し、tls-cluster yesとします。クラスターを組まないならcluster-enabled noとします。",
		},
	},
	"memcache": {
		Session: Text{
			"The program connects to TCP port 11211 and sends get and set in lines of text. Nobody logs in. Over UDP each question is answered without a connection.",
			"プログラムがTCPの11211番へ接続し、getやsetを文字の行で送ります。認証はありません。UDPでは接続なしで応答します。",
		},
		Usual: nowhere,
		Close: Text{
			"`-l 127.0.0.1` and `-U 0` in /etc/memcached.conf.",
			"/etc/memcached.confで`-l 127.0.0.1`と`-U 0`とします。",
		},
	},
	"elasticsearch": {
		Session: Text{
			"Programs send searches and documents by HTTP(S) to TCP port 9200; the nodes of a cluster talk to each other at 9300.",
			"プログラムがHTTP(S)でTCPの9200番へ検索や文書を送り、クラスターのノード同士は9300番で通信します。",
		},
		Usual: nowhere,
		Close: Text{
			"`network.host: 127.0.0.1` in elasticsearch.yml, security left on (xpack.security.enabled: true).",
			"elasticsearch.ymlで`network.host: 127.0.0.1`とし、セキュリティ機能は有効のままにします(xpack.security.enabled: true)。",
		},
	},
	"cassandra": {
		Session: Text{
			"The program connects to TCP port 9042, sends STARTUP, logs in where that is on, and sends queries in CQL.",
			"プログラムがTCPの9042番へ接続してSTARTUPを送り、設定があれば認証し、CQLの問い合わせを送ります。",
		},
		Usual: nowhere,
		Close: Text{
			"`rpc_address: 127.0.0.1` and authenticator: PasswordAuthenticator in cassandra.yaml; client_encryption_options across machines.",
			"cassandra.yamlで`rpc_address: 127.0.0.1`、authenticator: PasswordAuthenticatorとし、別の機器から使う場合はclient_encryption_optionsを設定します。",
		},
	},
	"cassandra-storage": {
		Session: Text{
			"The nodes connect to each other at TCP port 7000 and exchange data; 7199 is JMX for administration.",
			"ノードが互いにTCPの7000番へ接続してデータを交換します。7199番は管理用のJMXです。",
		},
		Usual: nowhere,
		Close: Text{
			"`listen_address` on the inner network, LOCAL_JMX=yes in cassandra-env.sh, and the firewall open to the other nodes only.",
			"`listen_address`を内側のアドレス、cassandra-env.shでLOCAL_JMX=yesとし、ほかのノードからだけ通します。",
		},
	},
	"couchdb": {
		Session: Text{
			"Programs read and write documents by HTTP at TCP port 5984 (6984 with TLS); databases replicate to each other the same way.",
			"プログラムがHTTPでTCPの5984番(TLSは6984番)から文書を読み書きし、データベース同士の複製も同じ方法です。",
		},
		Usual: nowhere,
		Close: Text{
			"`[chttpd] bind_address = 127.0.0.1` in local.ini, and an admin with a password.",
			"local.iniで`[chttpd] bind_address = 127.0.0.1`とし、管理者にパスワードを設定します。",
		},
	},
	"couchbase": {
		Session: Text{
			"Browsers open 8091, programs ask there for the map of the cluster and then talk to 11210, 8092 and 8093.",
			"ブラウザーは8091番を開き、プログラムはそこで構成を知り、11210、8092、8093番と通信します。",
		},
		Usual: nowhere,
		Close: Text{
			"`couchbase-cli ip-family` and node-to-node encryption, and the firewall open to the application servers only.",
			"ノード間の暗号化を有効にし(couchbase-cli node-to-node-encryption)、アプリケーションサーバーからだけ通します。",
		},
	},
	"neo4j": {
		Session: Text{
			"The program connects to TCP port 7687, agrees on a version of Bolt, logs in, and sends queries; the browser opens 7474.",
			"プログラムがTCPの7687番へ接続し、Boltの版を取り決め、認証して問い合わせを送ります。ブラウザーは7474番を開きます。",
		},
		Usual: nowhere,
		Close: Text{
			"`server.default_listen_address=127.0.0.1` in neo4j.conf, and server.bolt.tls_level=REQUIRED across machines.",
			"neo4j.confで`server.default_listen_address=127.0.0.1`とし、別の機器から使う場合はserver.bolt.tls_level=REQUIREDとします。",
		},
	},
	"influxdb": {
		Session: Text{
			"Programs write measurements by HTTP to TCP port 8086, with a token, and ask for them.",
			"プログラムがトークンを付けてHTTPでTCPの8086番へ計測値を書き込み、読み出します。",
		},
		Usual: nowhere,
		Close: Text{
			"`http-bind-address = \"127.0.0.1:8086\"`, auth-enabled = true (version 1), and TLS across machines.",
			"`http-bind-address = \"127.0.0.1:8086\"`とし、バージョン1ではauth-enabled = trueとします。別の機器から使う場合はTLSを設定します。",
		},
	},
	"clickhouse": {
		Session: Text{
			"Programs send queries by HTTP to 8123 or in its own protocol to 9000 (9440 with TLS), with user and password.",
			"プログラムが利用者名とパスワードを付け、HTTPで8123番へ、または独自方式で9000番(TLSは9440番)へ問い合わせを送ります。",
		},
		Usual: nowhere,
		Close: Text{
			"`<listen_host>127.0.0.1</listen_host>` in config.d, and a password for the user default.",
			"config.dで`<listen_host>127.0.0.1</listen_host>`とし、利用者defaultにパスワードを設定します。",
		},
	},
	"cockroachdb": {
		Session: Text{
			"Programs connect to TCP port 26257 as to PostgreSQL, by TLS with a password or certificate; the nodes use the same port among themselves.",
			"プログラムがPostgreSQLと同じ方式でTCPの26257番へTLS接続し、パスワードか証明書で認証します。ノード同士も同じポートです。",
		},
		Usual: nowhere,
		Close: Text{
			"`--listen-addr=127.0.0.1:26257` or the inner address, and never --insecure.",
			"`--listen-addr=127.0.0.1:26257`か内側のアドレスとし、--insecureは使いません。",
		},
	},
	"tidb": {
		Session: Text{
			"Programs connect to TCP port 4000 as to MySQL; 10080 tells the state by HTTP.",
			"プログラムがMySQLと同じ方式でTCPの4000番へ接続します。10080番はHTTPで状態を返します。",
		},
		Usual: nowhere,
		Close: Text{
			"host = \"127.0.0.1\" and status.status-host = \"127.0.0.1\" in tidb.toml, and a password for root.",
			"tidb.tomlでhost = \"127.0.0.1\"とstatus.status-host = \"127.0.0.1\"を設定し、rootにパスワードを付けます。",
		},
	},
	"rethinkdb": {
		Session: Text{
			"Programs connect to TCP port 28015, log in (SCRAM), and send queries; the nodes use 29015 among themselves.",
			"プログラムがTCPの28015番へ接続し、認証して(SCRAM)問い合わせを送ります。ノード同士は29015番です。",
		},
		Usual: nowhere,
		Close: Text{
			"`bind=127.0.0.1` in the instance's .conf, and a password for admin.",
			"インスタンスの.confで`bind=127.0.0.1`とし、adminにパスワードを設定します。",
		},
	},
	"arangodb": {
		Session: Text{
			"Programs and browsers send queries by HTTP to TCP port 8529 with user and password.",
			"プログラムやブラウザーが利用者名とパスワードを付けて、HTTPでTCPの8529番へ問い合わせを送ります。",
		},
		Usual: nowhere,
		Close: Text{
			"`endpoint = tcp://127.0.0.1:8529` and authentication = true in arangod.conf.",
			"arangod.confで`endpoint = tcp://127.0.0.1:8529`とauthentication = trueを設定します。",
		},
	},
	"hadoop-namenode": {
		Session: Text{
			"Programs ask the name node (8020) where a file's blocks are and fetch them from the data nodes; browsers open 9870.",
			"プログラムがネームノード(8020番)にブロックの場所を尋ね、データノードから取得します。ブラウザーは9870番を開きます。",
		},
		Usual: nowhere,
		Close: Text{
			"dfs.namenode.rpc-bind-host and dfs.namenode.http-address on the inner address, Kerberos, and the firewall closed to all but the cluster.",
			"dfs.namenode.rpc-bind-hostとdfs.namenode.http-addressを内側のアドレスとし、Kerberosを使い、クラスター以外からは遮断します。",
		},
	},
	"hadoop-yarn": {
		Session: Text{
			"Programs hand jobs to the resource manager at 8032, or by HTTP at 8088, which starts them on the nodes.",
			"プログラムが8032番、またはHTTPの8088番でリソースマネージャーにジョブを渡し、各ノードで実行されます。",
		},
		Usual: nowhere,
		Close: Text{
			"yarn.resourcemanager.webapp.address=127.0.0.1:8088 or the inner address, Kerberos, and the firewall closed to all but the cluster.",
			"yarn.resourcemanager.webapp.address=127.0.0.1:8088か内側のアドレスとし、Kerberosを使い、クラスター以外からは遮断します。",
		},
	},
	"spark": {
		Session: Text{
			"A program hands its job to the master at 7077 (or by HTTP at 6066), the workers run it, and 4040 shows how it goes.",
			"プログラムが7077番(またはHTTPの6066番)のマスターにジョブを渡し、ワーカーが実行します。4040番は進み具合を示します。",
		},
		Usual: nowhere,
		Close: Text{
			"SPARK_MASTER_HOST and SPARK_LOCAL_IP on the inner address, spark.authenticate true, spark.master.rest.enabled false.",
			"SPARK_MASTER_HOSTとSPARK_LOCAL_IPを内側のアドレス、spark.authenticateをtrue、spark.master.rest.enabledをfalseとします。",
		},
	},
	"hbase": {
		Session: Text{
			"A program asks ZooKeeper where a table's region is and talks to that server at 16020; 16000 is the master, 16010 its page.",
			"プログラムがZooKeeperに表の領域の場所を尋ね、そのサーバーの16020番と通信します。16000番はマスター、16010番は管理画面です。",
		},
		Usual: nowhere,
		Close: Text{
			"Inner addresses in hbase-site.xml, Kerberos, and the firewall closed to all but the cluster.",
			"hbase-site.xmlで内側のアドレスとし、Kerberosを使い、クラスター以外からは遮断します。",
		},
	},
	"hiveserver2": {
		Session: Text{
			"A program connects to TCP port 10000 (Impala: 21050) by Thrift, logs in where that is set, and sends SQL.",
			"プログラムがTCPの10000番(Impalaは21050番)へThriftで接続し、設定があれば認証してSQLを送ります。",
		},
		Usual: nowhere,
		Close: Text{
			"hive.server2.thrift.bind.host=127.0.0.1 or the inner address, authentication KERBEROS or LDAP, use.SSL true.",
			"hive.server2.thrift.bind.host=127.0.0.1か内側のアドレスとし、認証をKERBEROSかLDAP、use.SSLをtrueとします。",
		},
	},
	"hazelcast": {
		Session: Text{
			"Programs and members connect to TCP port 5701, send the cluster's name, and exchange objects.",
			"プログラムやメンバーがTCPの5701番へ接続し、クラスター名を送ってオブジェクトをやり取りします。",
		},
		Usual: nowhere,
		Close: Text{
			"`interfaces: enabled: true` with the inner network in hazelcast.yaml, and a firewall rule for the members.",
			"hazelcast.yamlの`interfaces: enabled: true`で内側のネットワークに限り、メンバーだけを許します。",
		},
	},
	"ignite": {
		Session: Text{
			"Thin clients connect to 10800; the nodes find each other at 47500 and talk at 47100.",
			"クライアントは10800番へ接続し、ノードは47500番で互いを見つけ、47100番で通信します。",
		},
		Usual: nowhere,
		Close: Text{
			"localHost in IgniteConfiguration on the inner address, authenticationEnabled, and a firewall rule for the nodes.",
			"IgniteConfigurationのlocalHostを内側のアドレスとし、authenticationEnabledを設定し、ノードだけを許します。",
		},
	},
	"aerospike": {
		Session: Text{
			"Programs connect to TCP port 3000, learn the map of the cluster and read and write records; 3002 and 3003 are for the nodes and for text commands.",
			"プログラムがTCPの3000番へ接続して構成を知り、レコードを読み書きします。3002番はノード間、3003番は文字コマンド用です。",
		},
		Usual: nowhere,
		Close: Text{
			"`service { address 127.0.0.1 }`, the same for fabric, heartbeat and info in aerospike.conf.",
			"aerospike.confで`service { address 127.0.0.1 }`とし、fabric、heartbeat、infoも同様にします。",
		},
	},
	"riak": {
		Session: Text{
			"Programs send requests by protocol buffers to 8087 or by HTTP to 8098.",
			"プログラムがProtocol Buffersで8087番、またはHTTPで8098番へ要求を送ります。",
		},
		Usual: nowhere,
		Close: Text{
			"listener.protobuf.internal and listener.http.internal on 127.0.0.1 in riak.conf.",
			"riak.confでlistener.protobuf.internalとlistener.http.internalを127.0.0.1とします。",
		},
	},
	"meilisearch": {
		Session: Text{
			"Programs and browsers search by HTTP at TCP port 7700, with a key where one is set.",
			"プログラムやブラウザーがHTTPでTCPの7700番を検索します。設定があれば鍵を付けます。",
		},
		Usual: nowhere,
		Close: Text{
			"`--http-addr 127.0.0.1:7700`, `--env production` and a master key.",
			"`--http-addr 127.0.0.1:7700`、`--env production`とし、マスターキーを設定します。",
		},
	},
	"typesense": {
		Session: Text{
			"Programs and browsers search by HTTP at TCP port 8108 with a key.",
			"プログラムやブラウザーが鍵を付けて、HTTPでTCPの8108番を検索します。",
		},
		Usual: nowhere,
		Close: Text{
			"`api-address = 127.0.0.1` in typesense-server.ini, search-only keys for browsers.",
			"typesense-server.iniで`api-address = 127.0.0.1`とし、ブラウザーには検索専用の鍵を渡します。",
		},
	},
	"qdrant": {
		Session: Text{
			"Programs store and search vectors by HTTP at 6333 or gRPC at 6334, with a key where one is set.",
			"プログラムがHTTPの6333番かgRPCの6334番でベクトルの保存と検索をします。設定があれば鍵を付けます。",
		},
		Usual: nowhere,
		Close: Text{
			"`service: host: 127.0.0.1` and api_key in config.yaml (containers: -p 127.0.0.1:6333:6333).",
			"config.yamlで`service: host: 127.0.0.1`とapi_keyを設定します(コンテナは-p 127.0.0.1:6333:6333)。",
		},
	},
	"milvus": {
		Session: Text{
			"Programs store and search vectors by gRPC at TCP port 19530, with a login where that is on.",
			"プログラムがgRPCでTCPの19530番へベクトルの保存と検索を送ります。認証は設定によります。",
		},
		Usual: nowhere,
		Close: Text{
			"`common: security: authorizationEnabled: true` in milvus.yaml, and the container's port on 127.0.0.1.",
			"milvus.yamlで`common: security: authorizationEnabled: true`とし、コンテナのポートを127.0.0.1に限ります。",
		},
	},
	"etcd-client": {
		Session: Text{
			"Programs read, write and watch keys by gRPC or HTTP at TCP port 2379; Kubernetes keeps everything there.",
			"プログラムがgRPCかHTTPでTCPの2379番のキーを読み書きし、変化を監視します。Kubernetesは全情報をここに置きます。",
		},
		Usual: nowhere,
		Close: Text{
			"`--listen-client-urls https://127.0.0.1:2379` and --client-cert-auth with a CA of its own.",
			"`--listen-client-urls https://127.0.0.1:2379`とし、専用のCAで--client-cert-authを有効にします。",
		},
	},
	"etcd-server": {
		Session: Text{
			"The members of a cluster connect to each other at TCP port 2380 and agree on each change (Raft).",
			"クラスターのメンバーが互いにTCPの2380番へ接続し、変更のたびに合意します(Raft)。",
		},
		Usual: nowhere,
		Close: Text{
			"`--listen-peer-urls` on the inner address, --peer-client-cert-auth, and a firewall rule for the members.",
			"`--listen-peer-urls`を内側のアドレスとし、--peer-client-cert-authを有効にし、メンバーだけを許します。",
		},
	},
	"zookeeper": {
		Session: Text{
			"Programs connect to TCP port 2181, open a session that lives by heartbeats, and read, write and watch small nodes.",
			"プログラムがTCPの2181番へ接続し、定期的な信号で保たれるセッションの中で、小さなノードの読み書きと監視をします。",
		},
		Usual: nowhere,
		Close: Text{
			"`clientPortAddress=127.0.0.1` in zoo.cfg, 4lw.commands.whitelist= short, SASL or TLS across machines.",
			"zoo.cfgで`clientPortAddress=127.0.0.1`とし、4lw.commands.whitelistを絞り、別の機器から使う場合はSASLかTLSを設定します。",
		},
	},
}
