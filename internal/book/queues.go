package book

// queues is the lessons of what hands messages from program to program.
var queues = lessons{
	"amqp": {
		Session: Text{
			"The program connects to TCP port 5672, both agree on a version, it logs in (PLAIN), opens channels, and publishes or consumes messages over one long connection.",
			"プログラムがTCPの5672番へ接続し、版を取り決め、認証して(PLAIN)チャネルを開き、1本の長い接続でメッセージを送受信します。",
		},
		Usual: nowhere,
		Close: Text{
			"`listeners.tcp.local = 127.0.0.1:5672` in rabbitmq.conf, or listeners.tcp = none and 5671; the user guest stays local.",
			"rabbitmq.confで`listeners.tcp.local = 127.0.0.1:5672`とするか、listeners.tcp = noneとして5671番を使います。利用者guestは自機内だけのままにします。",
		},
	},
	"amqps": {
		Session: Text{
			"As on 5672, inside TLS from the first byte.",
			"5672番と同じやり取りを、最初からTLSの中で行います。",
		},
		Usual: nowhere,
		Close: Text{
			"Take listeners.ssl out of rabbitmq.conf, or pass it from the programs' machines only, with client certificates.",
			"rabbitmq.confからlisteners.sslを外すか、クライアント証明書を必須にして利用する機器からだけ通します。",
		},
	},
	"rabbitmq-management": {
		Session: Text{
			"The browser opens 15672 (15671 with TLS), logs in, and manages queues and users.",
			"ブラウザーが15672番(TLSは15671番)を開いて認証し、キューや利用者を管理します。",
		},
		Usual: nowhere,
		Close: Text{
			"`management.tcp.ip = 127.0.0.1` in rabbitmq.conf, or `rabbitmq-plugins disable rabbitmq_management`.",
			"rabbitmq.confで`management.tcp.ip = 127.0.0.1`とするか、`rabbitmq-plugins disable rabbitmq_management`で止めます。",
		},
	},
	"epmd": {
		Session: Text{
			"Erlang programs register their name here; others ask at TCP port 4369 at which port a name listens, and connect there.",
			"Erlangのプログラムが名前を登録し、ほかのプログラムがTCPの4369番で名前のポートを尋ね、そこへ接続します。",
		},
		Usual: nowhere,
		Close: Text{
			"ERL_EPMD_ADDRESS=127.0.0.1 in the environment of the service, and a firewall rule for the cluster.",
			"サービスの環境変数でERL_EPMD_ADDRESS=127.0.0.1とし、クラスターの機器だけを許します。",
		},
	},
	"rabbitmq-dist": {
		Session: Text{
			"The nodes of a cluster connect to each other at TCP port 25672 and prove the shared cookie; whoever has it runs any code.",
			"クラスターのノードが互いにTCPの25672番へ接続し、共通のクッキーを証明します。クッキーを持つ者は任意のコードを実行できます。",
		},
		Usual: nowhere,
		Close: Text{
			"`-kernel inet_dist_use_interface {127,0,0,1}` for a single node, and a firewall rule for the members of a cluster.",
			"1台だけなら`-kernel inet_dist_use_interface {127,0,0,1}`とし、クラスターではメンバーだけを許します。",
		},
	},
	"mqtt": {
		Session: Text{
			"The device connects to TCP port 1883 of the broker, sends CONNECT with a name and perhaps a password, subscribes to topics and publishes; the broker hands messages on over the open connections.",
			"機器がブローカーのTCPの1883番へ接続し、名前と必要ならパスワードを付けたCONNECTを送り、トピックを購読・発行します。ブローカーは開いている接続で配ります。",
		},
		Usual: homeLAN,
		Close: Text{
			"`listener 1883 127.0.0.1` and `allow_anonymous false` with password_file in mosquitto.conf; 8883 across networks.",
			"mosquitto.confで`listener 1883 127.0.0.1`、`allow_anonymous false`とpassword_fileを設定し、ネットワークを越える場合は8883番を使います。",
		},
	},
	"secure-mqtt": {
		Session: Text{
			"As on 1883, inside TLS from the first byte.",
			"1883番と同じやり取りを、最初からTLSの中で行います。",
		},
		Usual: Usual{Outward, LAN, Closed, Closed},
		Close: Text{
			"Take the listener 8883 out of mosquitto.conf, or keep it with allow_anonymous false and client certificates.",
			"mosquitto.confのlistener 8883を外すか、allow_anonymous falseとクライアント証明書を設定して使います。",
		},
	},
	"kafka": {
		Session: Text{
			"A program connects to TCP port 9092, asks which broker holds a partition, and connects there; the address that brokers advertise must be reachable.",
			"プログラムがTCPの9092番へ接続し、パーティションを持つブローカーを尋ねて、そこへ接続します。ブローカーの知らせるアドレスに届く必要があります。",
		},
		Usual: nowhere,
		Close: Text{
			"`listeners=PLAINTEXT://127.0.0.1:9092`, or SASL_SSL on the inner address with ACLs, in server.properties.",
			"server.propertiesで`listeners=PLAINTEXT://127.0.0.1:9092`とするか、内側のアドレスでSASL_SSLとACLを使います。",
		},
	},
	"nats": {
		Session: Text{
			"The program connects to TCP port 4222, the server speaks first (INFO), the program answers CONNECT with a login, and SUB, PUB and MSG follow in text.",
			"プログラムがTCPの4222番へ接続すると、サーバーが先にINFOを送り、プログラムは認証情報を付けたCONNECTで答え、SUB、PUB、MSGを文字で送り合います。",
		},
		Usual: nowhere,
		Close: Text{
			"`listen: 127.0.0.1:4222` and authorization in nats-server.conf; tls across machines.",
			"nats-server.confで`listen: 127.0.0.1:4222`とauthorizationを設定し、別の機器から使う場合はtlsを設定します。",
		},
		Upgrade: "INFO tls_required",
	},
	"nats-monitor": {
		Session: Text{
			"A browser or program fetches /varz or /connz by HTTP from TCP port 8222. Nobody logs in.",
			"ブラウザーやプログラムがHTTPでTCPの8222番の/varzや/connzを取得します。認証はありません。",
		},
		Usual: nowhere,
		Close: Text{
			"`http: 127.0.0.1:8222` in nats-server.conf, or no http line at all.",
			"nats-server.confで`http: 127.0.0.1:8222`とするか、httpの行を消します。",
		},
	},
	"nats-cluster": {
		Session: Text{
			"Servers connect to each other at 6222, or at 7422 as leaf nodes, and pass messages on.",
			"サーバー同士が6222番(リーフノードは7422番)で接続し、メッセージを中継し合います。",
		},
		Usual: nowhere,
		Close: Text{
			"authorization and tls in the cluster and leafnodes blocks, and a firewall rule for the other servers.",
			"clusterとleafnodesにauthorizationとtlsを設定し、ほかのサーバーだけを許します。",
		},
	},
	"activemq": {
		Session: Text{
			"The program connects to TCP port 61616, both send what they can (WireFormatInfo), and messages go as serialized commands.",
			"プログラムがTCPの61616番へ接続し、双方が機能を送り(WireFormatInfo)、メッセージを直列化したコマンドで送ります。",
		},
		Usual: nowhere,
		Close: Text{
			"tcp://127.0.0.1:61616 in activemq.xml, a login plugin, and the patches of 2023.",
			"activemq.xmlでtcp://127.0.0.1:61616とし、認証プラグインを設定し、2023年の修正を適用します。",
		},
	},
	"activemq-web": {
		Session: Text{
			"The browser opens TCP port 8161 and logs in (from the factory admin, admin).",
			"ブラウザーがTCPの8161番を開いて認証します(初期値はadmin、admin)。",
		},
		Usual: nowhere,
		Close: Text{
			"`host` 127.0.0.1 in conf/jetty.xml (the default since 5.16), and the password changed.",
			"conf/jetty.xmlの`host`を127.0.0.1とし(5.16以降の既定)、パスワードを変更します。",
		},
	},
	"stomp": {
		Session: Text{
			"The program connects to TCP port 61613, sends CONNECT with a login in text, and SEND and SUBSCRIBE.",
			"プログラムがTCPの61613番へ接続し、認証情報を付けたCONNECT、続いてSENDやSUBSCRIBEを文字で送ります。",
		},
		Usual: nowhere,
		Close: Text{
			"Take the stomp connector out (activemq.xml, or `rabbitmq-plugins disable rabbitmq_stomp`), or 127.0.0.1.",
			"stompのコネクターを外すか(activemq.xml、`rabbitmq-plugins disable rabbitmq_stomp`)、127.0.0.1に限ります。",
		},
	},
	"ibm-mqseries": {
		Session: Text{
			"The program or another queue manager connects to TCP port 1414, names a channel, and puts and gets messages.",
			"プログラムやほかのキューマネージャーがTCPの1414番へ接続し、チャネルを指定してメッセージを出し入れします。",
		},
		Usual: nowhere,
		Close: Text{
			"CHLAUTH enabled, SSLCIPH on each channel, LOCLADDR on the listener, and a firewall rule for the partners.",
			"CHLAUTHを有効にし、各チャネルにSSLCIPH、リスナーにIPADDRを設定し、相手だけを許します。",
		},
	},
	"pulsar": {
		Session: Text{
			"The program connects to TCP port 6650, sends CONNECT with a token where one is asked for, and produces or consumes.",
			"プログラムがTCPの6650番へ接続し、必要ならトークンを付けたCONNECTを送り、メッセージを送受信します。",
		},
		Usual: nowhere,
		Close: Text{
			"`bindAddress=127.0.0.1` in broker.conf, authenticationEnabled=true, and 6651 with TLS across machines.",
			"broker.confで`bindAddress=127.0.0.1`、authenticationEnabled=trueとし、別の機器からはTLSの6651番を使います。",
		},
	},
	"rocketmq": {
		Session: Text{
			"A program asks the name server at 9876 where a topic is and talks to that broker at 10911.",
			"プログラムが9876番のネームサーバーにトピックの場所を尋ね、そのブローカーの10911番と通信します。",
		},
		Usual: nowhere,
		Close: Text{
			"brokerIP1 on the inner address, ACLs on (aclEnable=true), the patches of 2023, and the firewall closed to all but the programs.",
			"brokerIP1を内側のアドレスとし、aclEnable=trueと2023年の修正を適用し、利用する機器だけを許します。",
		},
	},
	"nsq": {
		Session: Text{
			"Programs publish to nsqd at 4150 (or by HTTP 4151) and find it by asking nsqlookupd at 4161.",
			"プログラムが4150番(HTTPは4151番)のnsqdへ発行し、その場所は4161番のnsqlookupdに尋ねます。",
		},
		Usual: nowhere,
		Close: Text{
			"`-tcp-address=127.0.0.1:4150 -http-address=127.0.0.1:4151`, the same for nsqlookupd.",
			"`-tcp-address=127.0.0.1:4150 -http-address=127.0.0.1:4151`で起動し、nsqlookupdも同様にします。",
		},
	},
	"beanstalkd": {
		Session: Text{
			"Programs connect to TCP port 11300 and put and reserve jobs in lines of text. Nobody logs in.",
			"プログラムがTCPの11300番へ接続し、putやreserveを文字の行で送ります。認証はありません。",
		},
		Usual: nowhere,
		Close: Text{
			"`-l 127.0.0.1` in /etc/default/beanstalkd.",
			"/etc/default/beanstalkdで`-l 127.0.0.1`とします。",
		},
	},
	"gearman": {
		Session: Text{
			"Clients hand jobs in at TCP port 4730 and workers fetch them over the same port. Nobody logs in.",
			"クライアントがTCPの4730番へジョブを渡し、ワーカーが同じポートで受け取ります。認証はありません。",
		},
		Usual: nowhere,
		Close: Text{
			"`--listen=127.0.0.1` in /etc/default/gearman-job-server.",
			"/etc/default/gearman-job-serverで`--listen=127.0.0.1`とします。",
		},
	},
}
