package portspec

// databases is what keeps data for other programs.
var databases = []Service{
	{
		Name: "mysql", Aliases: []string{"mariadb"}, TCP: ports{3306}, Cleartext: true, LocalOnly: true,
		Summary: Text{"MySQL and MariaDB", "MySQL・MariaDBのデータベース"},
		Risk: Text{
			"Passwords are tried around the clock; whoever gets in takes or deletes everything.",
			"パスワードが絶えず試され、入られるとデータを丸ごと取られるか消されます。",
		},
	},
	{
		Name: "mysqlx", TCP: ports{33060}, LocalOnly: true,
		Summary: Text{"MySQL X protocol: the newer door of MySQL", "MySQLのXプロトコル(新しい接続口)"},
		Risk: Text{
			"It is open by default beside 3306 and lets in the same accounts.",
			"3306番と並んで既定で開き、同じアカウントで入れます。",
		},
	},
	{
		Name: "postgresql", Aliases: []string{"postgres", "pgsql"}, TCP: ports{5432}, Cleartext: true, LocalOnly: true,
		Summary: Text{"PostgreSQL", "PostgreSQLのデータベース"},
		Risk: Text{
			"Passwords are tried here; whoever gets in as superuser also runs programs.",
			"パスワードが試され、管理者権限で入られるとプログラムも実行されます。",
		},
	},
	{
		Name: "pgbouncer", TCP: ports{6432}, Cleartext: true, LocalOnly: true,
		Summary: Text{"PgBouncer: shares connections to PostgreSQL", "PgBouncer。PostgreSQLへの接続の集約"},
		Risk: Text{
			"It leads to the database behind it.",
			"背後のデータベースへの入り口になります。",
		},
	},
	{
		Name: "ms-sql-s", Aliases: []string{"mssql", "sqlserver"}, TCP: ports{1433}, Cleartext: true, LocalOnly: true,
		Summary: Text{"Microsoft SQL Server", "Microsoft SQL Server"},
		Risk: Text{
			"Passwords of the account sa are tried around the clock; whoever gets in runs programs on the machine.",
			"saアカウントのパスワードが絶えず試され、入られるとOSのコマンドまで実行されます。",
		},
	},
	{
		Name: "ms-sql-m", Aliases: []string{"mc-sqlr", "sql-browser"}, UDP: ports{1434}, Cleartext: true, LocalOnly: true,
		Summary: Text{"SQL Server Browser: tells instances and their ports", "SQL Server Browser。インスタンスとポートの案内"},
		Risk: Text{
			"It lists the servers, multiplies forged requests, and was the way of the Slammer worm.",
			"サーバーの一覧が漏れ、増幅攻撃に使われ、Slammerワームの感染経路にもなりました。",
		},
	},
	{
		Name: "oracle-tns", Aliases: []string{"oracle"}, TCP: ports{1521, 1522}, Cleartext: true, LocalOnly: true, Successor: "ttc-ssl",
		Summary: Text{"Oracle Database: the listener", "Oracle Databaseのリスナー"},
		Risk: Text{
			"Old listeners take commands from anybody, and factory accounts are tried.",
			"古いリスナーは誰の指示でも受け、初期アカウントも試されます。",
		},
	},
	{
		Name: "ttc-ssl", Aliases: []string{"oracle-tcps"}, TCP: ports{2484}, LocalOnly: true,
		Summary: Text{"Oracle Database over TLS", "TLSで暗号化されたOracle Database"},
		Risk: Text{
			"Passwords are tried here.",
			"パスワードが試されます。",
		},
	},
	{
		Name: "db2", Aliases: []string{"ibm-db2"}, TCP: ports{50000, 50001, 523}, Cleartext: true, LocalOnly: true,
		Summary: Text{"IBM Db2", "IBM Db2のデータベース"},
		Risk: Text{
			"Passwords are tried here; whoever gets in takes the data.",
			"パスワードが試され、入られるとデータを取られます。",
		},
	},
	{
		Name: "gds-db", Aliases: []string{"firebird", "interbase"}, TCP: ports{3050}, Cleartext: true, LocalOnly: true,
		Summary: Text{"Firebird and InterBase", "Firebird・InterBaseのデータベース"},
		Risk: Text{
			"The factory password is known to everybody.",
			"初期パスワードは誰でも知っています。",
		},
	},
	{
		Name: "informix", TCP: ports{9088, 1526}, Cleartext: true, LoginCleartext: true, LocalOnly: true,
		Summary: Text{"IBM Informix", "IBM Informixのデータベース"},
		Risk: Text{
			"Passwords cross in clear unless encryption is set up.",
			"暗号化を設定しない限り、パスワードが平文で流れます。",
		},
	},
	{
		Name: "sybase", Aliases: []string{"sap-ase"}, TCP: ports{2638, 5000}, Cleartext: true, LoginCleartext: true, LocalOnly: true,
		Summary: Text{"SAP ASE and SQL Anywhere, once Sybase", "SAP ASE・SQL Anywhere(旧Sybase)"},
		Risk: Text{
			"Passwords are tried here, and cross in clear by default.",
			"パスワードが試され、既定では平文で流れます。",
		},
	},
	{
		Name: "hana", Aliases: []string{"sap-hana"}, TCP: ports{30015, 30013}, Cleartext: true, LocalOnly: true,
		Summary: Text{"SAP HANA", "SAP HANAのデータベース"},
		Risk: Text{
			"Passwords are tried here; whoever gets in takes the firm's books.",
			"パスワードが試され、入られると業務データを取られます。",
		},
	},
	{
		Name: "mongodb", Aliases: []string{"mongod"}, TCP: ports{27017, 27018, 27019}, Cleartext: true, LocalOnly: true,
		Summary: Text{"MongoDB", "MongoDBのデータベース"},
		Risk: Text{
			"Without a login anybody reads, deletes and leaves a demand for ransom; that happened tens of thousands of times.",
			"認証がないと誰でも読み書きでき、消去のうえ身代金を要求される被害が何万件も起きています。",
		},
	},
	{
		Name: "redis", Aliases: []string{"valkey"}, TCP: ports{6379}, Cleartext: true, LoginCleartext: true, LocalOnly: true,
		Summary: Text{"Redis and Valkey: keep data in memory", "Redis・Valkey。メモリ上のデータベース"},
		Risk: Text{
			"Without a password anybody reads it and, by writing files, takes over the machine.",
			"パスワードがないと誰でも中身を読め、ファイル書き込みを使って機器を乗っ取られます。",
		},
	},
	{
		Name: "redis-sentinel", TCP: ports{26379}, Cleartext: true, LoginCleartext: true, LocalOnly: true,
		Summary: Text{"Redis Sentinel: watches over Redis servers", "Redis Sentinel。Redisサーバーの監視と切り替え"},
		Risk: Text{
			"Whoever reaches it points all programs to another server.",
			"到達できる相手は、全プログラムの接続先を別のサーバーに変えられます。",
		},
	},
	{
		Name: "redis-cluster", TCP: ports{16379}, Cleartext: true, LocalOnly: true,
		Summary: Text{"Redis cluster: the servers among themselves", "Redisクラスターのサーバー間接続"},
		Risk: Text{
			"Whoever reaches it joins the cluster.",
			"到達できる相手にクラスターへ参加されます。",
		},
	},
	{
		Name: "memcache", Aliases: []string{"memcached"}, TCP: ports{11211}, UDP: ports{11211}, Cleartext: true, LocalOnly: true,
		Summary: Text{"Memcached: keeps data in memory, without a login", "Memcached。認証のないメモリ上のキャッシュ"},
		Risk: Text{
			"Anybody reads sessions and pages; on UDP it is one of the strongest amplifiers known (2018).",
			"セッション情報などを誰でも読め、2018年にはUDPで最大級の増幅攻撃に使われました。",
		},
	},
	{
		Name: "elasticsearch", Aliases: []string{"opensearch"}, TCP: ports{9200, 9300}, Cleartext: true, LoginCleartext: true, LocalOnly: true,
		Summary: Text{"Elasticsearch and OpenSearch: full-text search", "Elasticsearch・OpenSearch。全文検索エンジン"},
		Risk: Text{
			"Without a login anybody reads and deletes the index; many of the great leaks began so.",
			"認証がないと索引を誰でも読み書きでき、大規模な漏えいの原因に何度もなりました。",
		},
	},
	{
		Name: "cassandra", Aliases: []string{"cql"}, TCP: ports{9042}, Cleartext: true, LocalOnly: true,
		Summary: Text{"Cassandra: the programs' door", "Cassandraのデータベース(クライアント接続)"},
		Risk: Text{
			"It lets anybody in by default.",
			"既定では誰でも入れます。",
		},
	},
	{
		Name: "cassandra-storage", TCP: ports{7000, 7199}, Cleartext: true, LocalOnly: true,
		Summary: Text{"Cassandra: the servers among themselves, and JMX on 7199", "Cassandraのサーバー間接続と管理(7199番はJMX)"},
		Risk: Text{
			"Whoever reaches it joins the cluster or runs code through JMX.",
			"到達できる相手に、クラスターへの参加やJMX経由のコード実行を許します。",
		},
	},
	{
		Name: "couchdb", TCP: ports{5984, 6984}, Cleartext: true, LoginCleartext: true, LocalOnly: true,
		Summary: Text{"CouchDB", "CouchDBのデータベース"},
		Risk: Text{
			"Old versions let everybody in as administrator.",
			"古い版は誰でも管理者として入れます。",
		},
	},
	{
		Name: "couchbase", TCP: ports{8091, 8092, 8093, 11210}, Cleartext: true, LoginCleartext: true, LocalOnly: true,
		Summary: Text{"Couchbase", "Couchbaseのデータベース"},
		Risk: Text{
			"Passwords are tried here; the data and its administration lie side by side.",
			"パスワードが試され、データと管理機能の両方に到達されます。",
		},
	},
	{
		Name: "neo4j", Aliases: []string{"bolt"}, TCP: ports{7687, 7474}, Cleartext: true, LocalOnly: true,
		Summary: Text{"Neo4j: graph database; 7474 is its web page", "Neo4j。グラフデータベース(7474番はWeb画面)"},
		Risk: Text{
			"Passwords are tried here; procedures read local files.",
			"パスワードが試され、手続き機能でローカルのファイルも読まれます。",
		},
	},
	{
		Name: "influxdb", TCP: ports{8086}, Cleartext: true, LoginCleartext: true, LocalOnly: true,
		Summary: Text{"InfluxDB: series of measurements", "InfluxDB。時系列データベース"},
		Risk: Text{
			"Version 1 has no login by default, and a hole of 2019 passed the login by.",
			"バージョン1は既定で認証がなく、2019年には認証を回避される欠陥もありました。",
		},
	},
	{
		Name: "clickhouse", TCP: ports{8123, 9000, 9440}, Cleartext: true, LocalOnly: true,
		Summary: Text{"ClickHouse: analysis of large tables", "ClickHouse。大量データの分析"},
		Risk: Text{
			"Its default account has no password.",
			"既定のアカウントにパスワードがありません。",
		},
	},
	{
		Name: "cockroachdb", Aliases: []string{"cockroach"}, TCP: ports{26257}, LocalOnly: true,
		Summary: Text{"CockroachDB", "CockroachDBのデータベース"},
		Risk: Text{
			"Started as insecure it lets anybody in as root.",
			"insecure指定で起動すると、誰でもrootとして入れます。",
		},
	},
	{
		Name: "tidb", TCP: ports{4000, 10080}, Cleartext: true, LocalOnly: true,
		Summary: Text{"TiDB: a database that speaks MySQL's protocol", "TiDB。MySQL互換のデータベース"},
		Risk: Text{
			"Its root has no password at first.",
			"初期状態のrootにはパスワードがありません。",
		},
	},
	{
		Name: "rethinkdb", TCP: ports{28015, 29015}, Cleartext: true, LocalOnly: true,
		Summary: Text{"RethinkDB", "RethinkDBのデータベース"},
		Risk: Text{
			"It has no password by default.",
			"既定ではパスワードがありません。",
		},
	},
	{
		Name: "arangodb", TCP: ports{8529}, Cleartext: true, LoginCleartext: true, LocalOnly: true,
		Summary: Text{"ArangoDB", "ArangoDBのデータベース"},
		Risk: Text{
			"Its root often has no password.",
			"rootにパスワードのない例が多く見られます。",
		},
	},
	{
		Name: "hadoop-namenode", Aliases: []string{"hdfs"}, TCP: ports{9870, 50070, 8020, 9864}, Cleartext: true, LocalOnly: true,
		Summary: Text{"Hadoop: the file system's head, with its web page", "Hadoopの分散ファイルシステム(管理画面を含む)"},
		Risk: Text{
			"Without Kerberos it believes any user name: everything can be read and deleted.",
			"Kerberosを使わないと利用者名を信じるだけで、全データを読まれ、消されます。",
		},
	},
	{
		Name: "hadoop-yarn", Aliases: []string{"yarn"}, TCP: ports{8088, 8032}, Cleartext: true, LocalOnly: true,
		Summary: Text{"Hadoop YARN: hands out work to a cluster", "Hadoop YARN。クラスターへの処理の割り当て"},
		Risk: Text{
			"Without Kerberos anybody runs programs on the cluster; miners do.",
			"Kerberosを使わないと誰でもプログラムを実行でき、採掘ソフトを入れられます。",
		},
	},
	{
		Name: "spark", Aliases: []string{"spark-master"}, TCP: ports{7077, 4040, 6066}, Cleartext: true, LocalOnly: true,
		Summary: Text{"Apache Spark: analysis over many machines", "Apache Spark。多数の機器による分析処理"},
		Risk: Text{
			"Without a secret anybody runs programs on the cluster.",
			"共有鍵がないと、誰でもクラスター上でプログラムを実行できます。",
		},
	},
	{
		Name: "hbase", TCP: ports{16000, 16010, 16020}, Cleartext: true, LocalOnly: true,
		Summary: Text{"HBase: tables on Hadoop", "HBase。Hadoop上のデータベース"},
		Risk: Text{
			"Without Kerberos anybody reads and deletes the tables.",
			"Kerberosを使わないと、誰でも表を読み書きできます。",
		},
	},
	{
		Name: "hiveserver2", Aliases: []string{"hive", "impala"}, TCP: ports{21050, 10000}, Cleartext: true, LocalOnly: true,
		Summary: Text{"Hive and Impala: SQL on Hadoop", "Hive・Impala。Hadoop上のSQL"},
		Risk: Text{
			"By default any user name is believed.",
			"既定では、名乗った利用者名がそのまま信じられます。",
		},
	},
	{
		Name: "hazelcast", TCP: ports{5701}, Cleartext: true, LocalOnly: true,
		Summary: Text{"Hazelcast: data in memory, spread over servers", "Hazelcast。複数サーバーで共有するメモリ上のデータ"},
		Risk: Text{
			"Whoever reaches it joins, and objects sent here can run code.",
			"到達できる相手に参加され、細工したオブジェクトでコードも実行されます。",
		},
	},
	{
		Name: "ignite", TCP: ports{10800, 47100, 47500}, Cleartext: true, LocalOnly: true,
		Summary: Text{"Apache Ignite: data in memory, spread over servers", "Apache Ignite。複数サーバーで共有するメモリ上のデータ"},
		Risk: Text{
			"It has no login by default.",
			"既定では認証がありません。",
		},
	},
	{
		Name: "aerospike", TCP: ports{3000, 3002, 3003}, Cleartext: true, LocalOnly: true,
		Summary: Text{"Aerospike: key-value store", "Aerospike。キーバリュー型データベース"},
		Risk: Text{
			"The community edition has no login.",
			"無償版には認証がありません。",
		},
	},
	{
		Name: "riak", TCP: ports{8087, 8098}, Cleartext: true, LocalOnly: true,
		Summary: Text{"Riak: key-value store", "Riak。キーバリュー型データベース"},
		Risk: Text{
			"It has no login by default.",
			"既定では認証がありません。",
		},
	},
	{
		Name: "meilisearch", TCP: ports{7700}, Cleartext: true, LoginCleartext: true, LocalOnly: true,
		Summary: Text{"Meilisearch: full-text search", "Meilisearch。全文検索エンジン"},
		Risk: Text{
			"Started without a master key it lets anybody read and change the index.",
			"マスターキーなしで起動すると、誰でも索引を読み書きできます。",
		},
	},
	{
		Name: "typesense", TCP: ports{8108}, Cleartext: true, LoginCleartext: true, LocalOnly: true,
		Summary: Text{"Typesense: full-text search", "Typesense。全文検索エンジン"},
		Risk: Text{
			"Its key gives everything and crosses in clear.",
			"すべてを許す鍵が平文で流れます。",
		},
	},
	{
		Name: "qdrant", TCP: ports{6333, 6334}, Cleartext: true, LoginCleartext: true, LocalOnly: true,
		Summary: Text{"Qdrant: vector database", "Qdrant。ベクトルデータベース"},
		Risk: Text{
			"It has no login by default.",
			"既定では認証がありません。",
		},
	},
	{
		Name: "milvus", TCP: ports{19530}, Cleartext: true, LoginCleartext: true, LocalOnly: true,
		Summary: Text{"Milvus: vector database", "Milvus。ベクトルデータベース"},
		Risk: Text{
			"It has no login by default.",
			"既定では認証がありません。",
		},
	},
	{
		Name: "etcd-client", Aliases: []string{"etcd"}, TCP: ports{2379}, Cleartext: true, LoginCleartext: true, LocalOnly: true,
		Summary: Text{"etcd: the memory of Kubernetes clusters", "etcd。Kubernetesクラスターの設定情報の保管"},
		Risk: Text{
			"Without client certificates anybody reads every secret of the cluster and changes it.",
			"クライアント証明書を求めないと、クラスターの秘密情報をすべて読み書きされます。",
		},
	},
	{
		Name: "etcd-server", TCP: ports{2380}, Cleartext: true, LocalOnly: true,
		Summary: Text{"etcd: the servers among themselves", "etcdのサーバー間接続"},
		Risk: Text{
			"Whoever reaches it without a certificate joins the cluster.",
			"証明書なしで到達できると、クラスターに参加されます。",
		},
	},
	{
		Name: "zookeeper", TCP: ports{2181}, Cleartext: true, LocalOnly: true,
		Summary: Text{"ZooKeeper: keeps servers of a cluster in step", "ZooKeeper。クラスターのサーバー間の調整"},
		Risk: Text{
			"It has no login by default: strangers read and change the settings of everything that hangs on it.",
			"既定では認証がなく、依存する全システムの設定を読み書きされます。",
		},
	},
}
