package portspec

// queues is messages between programs.
var queues = []Service{
	{
		Name: "amqp", Aliases: []string{"rabbitmq"}, TCP: ports{5672}, Cleartext: true, LoginCleartext: true, Successor: "amqps",
		Summary: Text{"AMQP: message queue, most often RabbitMQ", "AMQP。メッセージキュー(主にRabbitMQ)"},
		Risk: Text{
			"The password crosses in clear, and factory accounts are tried.",
			"パスワードが平文で流れ、初期アカウントも試されます。",
		},
	},
	{
		Name: "amqps", TCP: ports{5671},
		Summary: Text{"AMQP over TLS", "TLSで暗号化されたAMQP"},
		Risk: Text{
			"Factory accounts are tried here.",
			"初期アカウントが試されます。",
		},
	},
	{
		Name: "rabbitmq-management", TCP: ports{15672, 15671}, Cleartext: true, LoginCleartext: true,
		Summary: Text{"RabbitMQ's web page", "RabbitMQの管理画面"},
		Risk: Text{
			"Whoever gets in with a factory password reads and writes every queue.",
			"初期パスワードで入られると、全キューを読み書きされます。",
		},
	},
	{
		Name: "epmd", TCP: ports{4369}, Cleartext: true, LocalOnly: true,
		Summary: Text{"Erlang port mapper: tells at which port RabbitMQ and its like listen", "epmd。RabbitMQなどErlang製ソフトの待ち受け先の案内"},
		Risk: Text{
			"It names the nodes; with their cookie anybody runs code.",
			"ノード名が知られ、cookieが漏れると任意のコードを実行されます。",
		},
	},
	{
		Name: "rabbitmq-dist", Aliases: []string{"erlang-dist"}, TCP: ports{25672}, Cleartext: true, LocalOnly: true,
		Summary: Text{"RabbitMQ: the servers among themselves", "RabbitMQのサーバー間接続"},
		Risk: Text{
			"Whoever knows the cookie runs code on the server.",
			"cookieを知る相手は、サーバー上でコードを実行できます。",
		},
	},
	{
		Name: "mqtt", Aliases: []string{"mosquitto"}, TCP: ports{1883}, Cleartext: true, LoginCleartext: true, Successor: "secure-mqtt",
		Summary: Text{"MQTT: messages of sensors and home devices", "MQTT。センサーや家庭用機器のメッセージ"},
		Risk: Text{
			"Without a login anybody reads the house's sensors and switches its devices.",
			"認証がないと、誰でもセンサーの値を読み、機器を操作できます。",
		},
	},
	{
		Name: "secure-mqtt", Aliases: []string{"mqtts"}, TCP: ports{8883},
		Summary: Text{"MQTT over TLS", "TLSで暗号化されたMQTT"},
		Risk: Text{
			"Without a login anybody reads and sends messages.",
			"認証がないと、誰でもメッセージを読み書きできます。",
		},
	},
	{
		Name: "kafka", TCP: ports{9092, 9094}, Cleartext: true, LocalOnly: true,
		Summary: Text{"Kafka: streams of messages", "Kafka。大量メッセージの配信基盤"},
		Risk: Text{
			"It lets anybody in by default: all streams can be read and changed.",
			"既定では誰でも入れ、全メッセージを読み書きされます。",
		},
	},
	{
		Name: "nats", TCP: ports{4222}, Cleartext: true, LoginCleartext: true,
		Summary: Text{"NATS: messages between programs", "NATS。プログラム間のメッセージ配信"},
		Risk: Text{
			"Without a login anybody reads and sends everything.",
			"認証がないと、誰でも全メッセージを読み書きできます。",
		},
	},
	{
		Name: "nats-monitor", TCP: ports{8222}, Cleartext: true, LocalOnly: true,
		Summary: Text{"NATS: its page of figures", "NATSの監視画面"},
		Risk: Text{
			"It shows connections, addresses and accounts to whoever asks.",
			"接続、アドレス、アカウントを誰にでも見せます。",
		},
	},
	{
		Name: "nats-cluster", TCP: ports{6222, 7422}, Cleartext: true, LocalOnly: true,
		Summary: Text{"NATS: the servers among themselves", "NATSのサーバー間接続"},
		Risk: Text{
			"Whoever joins reads all messages.",
			"参加されると、全メッセージを読まれます。",
		},
	},
	{
		Name: "activemq", Aliases: []string{"openwire"}, TCP: ports{61616}, Cleartext: true, LocalOnly: true,
		Summary: Text{"ActiveMQ: message queue of Java programs", "ActiveMQ。Javaプログラムのメッセージキュー"},
		Risk: Text{
			"A hole of 2023 gave the server to whoever reached this port; ransomware used it.",
			"2023年の欠陥では、このポートに届くだけで乗っ取られ、ランサムウェアに悪用されました。",
		},
	},
	{
		Name: "activemq-web", TCP: ports{8161}, Cleartext: true, LoginCleartext: true,
		Summary: Text{"ActiveMQ's web page", "ActiveMQの管理画面"},
		Risk: Text{
			"Factory passwords are tried here.",
			"初期パスワードが試されます。",
		},
	},
	{
		Name: "stomp", TCP: ports{61613}, Cleartext: true, LoginCleartext: true,
		Summary: Text{"STOMP: simple text messages between programs", "STOMP。プログラム間の簡素なテキストメッセージ"},
		Risk: Text{
			"The password crosses in clear.",
			"パスワードが平文で流れます。",
		},
	},
	{
		Name: "ibm-mqseries", Aliases: []string{"ibm-mq"}, TCP: ports{1414}, Cleartext: true, LocalOnly: true,
		Summary: Text{"IBM MQ: message queue of large firms", "IBM MQ。企業向けメッセージキュー"},
		Risk: Text{
			"A channel without checks gives out the queues, and administration too.",
			"確認の甘いチャネルから、キューや管理機能まで使われます。",
		},
	},
	{
		Name: "pulsar", TCP: ports{6650}, Cleartext: true, LocalOnly: true,
		Summary: Text{"Apache Pulsar: streams of messages", "Apache Pulsar。メッセージ配信基盤"},
		Risk: Text{
			"It has no login by default.",
			"既定では認証がありません。",
		},
	},
	{
		Name: "rocketmq", TCP: ports{9876, 10911, 10909}, Cleartext: true, LocalOnly: true,
		Summary: Text{"Apache RocketMQ: message queue", "Apache RocketMQ。メッセージキュー"},
		Risk: Text{
			"A hole of 2023 let strangers run commands.",
			"2023年の欠陥では、任意のコマンドを実行されました。",
		},
	},
	{
		Name: "nsq", Aliases: []string{"nsqd"}, TCP: ports{4150, 4151, 4160, 4161}, Cleartext: true, LocalOnly: true,
		Summary: Text{"NSQ: message queue", "NSQ。メッセージキュー"},
		Risk: Text{
			"It has no login: anybody reads and deletes messages.",
			"認証がなく、誰でもメッセージを読み、消せます。",
		},
	},
	{
		Name: "beanstalkd", TCP: ports{11300}, Cleartext: true, LocalOnly: true,
		Summary: Text{"Beanstalk: work queue", "Beanstalk。処理待ちのキュー"},
		Risk: Text{
			"It has no login: anybody reads, adds and deletes jobs.",
			"認証がなく、誰でも処理を読み、加え、消せます。",
		},
	},
	{
		Name: "gearman", TCP: ports{4730}, Cleartext: true, LocalOnly: true,
		Summary: Text{"Gearman: hands work to other machines", "Gearman。ほかの機器への処理の割り当て"},
		Risk: Text{
			"It has no login: anybody gives work to your machines.",
			"認証がなく、誰でもこちらの機器に処理を与えられます。",
		},
	},
}
