package book

// monitoring is the lessons of what watches machines and collects their logs.
var monitoring = lessons{
	"prometheus": {
		Session: Text{
			"The server fetches figures from its targets by HTTP; browsers and Grafana ask it at TCP port 9090. Nobody logs in.",
			"サーバーが監視対象からHTTPで計測値を集め、ブラウザーやGrafanaがTCPの9090番で参照します。認証はありません。",
		},
		Usual: homeLAN,
		Close: Text{
			"`--web.listen-address=127.0.0.1:9090` in ARGS of /etc/default/prometheus, or a web.config.file with TLS and passwords.",
			"/etc/default/prometheusのARGSで`--web.listen-address=127.0.0.1:9090`とするか、web.config.fileでTLSとパスワードを設定します。",
		},
	},
	"node-exporter": {
		Session: Text{
			"Prometheus fetches /metrics by HTTP from TCP port 9100 every few seconds. Nobody logs in.",
			"Prometheusが数秒から数十秒ごとに、HTTPでTCPの9100番の/metricsを取得します。認証はありません。",
		},
		Usual: serverLAN,
		Close: Text{
			"`--web.listen-address=192.168.1.10:9100` in /etc/default/prometheus-node-exporter, and a firewall rule for the Prometheus server.",
			"/etc/default/prometheus-node-exporterで`--web.listen-address=192.168.1.10:9100`とし、Prometheusのサーバーだけを許します。",
		},
	},
	"pushgateway": {
		Session: Text{
			"Short jobs send their figures by HTTP to TCP port 9091, where Prometheus fetches them.",
			"短時間の処理がHTTPでTCPの9091番へ計測値を送り、Prometheusがそれを取得します。",
		},
		Usual: nowhere,
		Close: Text{
			"`--web.listen-address=127.0.0.1:9091`, or a firewall rule for the jobs' machines.",
			"`--web.listen-address=127.0.0.1:9091`とするか、送り元の機器だけを許します。",
		},
	},
	"alertmanager": {
		Session: Text{
			"Prometheus sends alerts by HTTP to TCP port 9093, and several alertmanagers gossip at 9094.",
			"PrometheusがHTTPでTCPの9093番へ警報を送り、複数台は9094番で連絡し合います。",
		},
		Usual: nowhere,
		Close: Text{
			"`--web.listen-address=127.0.0.1:9093 --cluster.listen-address=` (empty: no gossip).",
			"`--web.listen-address=127.0.0.1:9093 --cluster.listen-address=`(空なら連携なし)とします。",
		},
	},
	"grafana": {
		Session: Text{
			"The browser opens TCP port 3000 by HTTP, logs in, and Grafana asks the data sources on its behalf.",
			"ブラウザーがTCPの3000番をHTTPで開いて認証し、Grafanaが代わりにデータ元へ問い合わせます。",
		},
		Usual: homeLAN,
		Close: Text{
			"`[server] http_addr = 127.0.0.1` in grafana.ini behind HTTPS, and the password of admin changed.",
			"grafana.iniで`[server] http_addr = 127.0.0.1`としてHTTPSの背後に置き、adminのパスワードを変えます。",
		},
	},
	"loki": {
		Session: Text{
			"Agents send lines of logs by HTTP to TCP port 3100, and Grafana searches them there. Nobody logs in.",
			"エージェントがHTTPでTCPの3100番へログを送り、Grafanaが検索します。認証はありません。",
		},
		Usual: nowhere,
		Close: Text{
			"`http_listen_address: 127.0.0.1` in the server block, or a web server with a login before it.",
			"server設定で`http_listen_address: 127.0.0.1`とするか、認証付きのWebサーバーを前に置きます。",
		},
	},
	"zabbix-agent": {
		Session: Text{
			"The Zabbix server connects to TCP port 10050, sends the name of a value, and gets it; or the agent itself calls the server at 10051.",
			"ZabbixサーバーがTCPの10050番へ接続し、項目名を送って値を受け取ります。エージェントから10051番へ送る方式もあります。",
		},
		Usual: serverLAN,
		Close: Text{
			"`Server=192.168.1.20` and ListenIP in zabbix_agentd.conf, TLSConnect and TLSAccept=psk; or StartAgents=0 for active checks only.",
			"zabbix_agentd.confで`Server=192.168.1.20`とListenIP、TLSConnectとTLSAccept=pskを設定するか、StartAgents=0として自分から送る方式だけにします。",
		},
	},
	"zabbix-trapper": {
		Session: Text{
			"Agents and proxies connect to TCP port 10051 of the server and hand over their values.",
			"エージェントやプロキシがサーバーのTCPの10051番へ接続し、値を渡します。",
		},
		Usual: nowhere,
		Close: Text{
			"ListenIP in zabbix_server.conf, allowed hosts at each trapper item, and a firewall rule for the agents.",
			"zabbix_server.confのListenIPと、項目ごとの許可ホストを設定し、エージェントだけを許します。",
		},
	},
	"nrpe": {
		Session: Text{
			"The Nagios server connects to TCP port 5666, names a check, the agent runs it, and sends the line back.",
			"NagiosのサーバーがTCPの5666番へ接続して検査名を送り、エージェントが実行して結果の行を返します。",
		},
		Usual: serverLAN,
		Close: Text{
			"`allowed_hosts=192.168.1.20`, `dont_blame_nrpe=0` and server_address in nrpe.cfg.",
			"nrpe.cfgで`allowed_hosts=192.168.1.20`、`dont_blame_nrpe=0`、server_addressを設定します。",
		},
	},
	"nsca": {
		Session: Text{
			"Machines connect to TCP port 5667 of the Nagios server and hand in results, hidden by a shared password.",
			"各機器がNagiosサーバーのTCPの5667番へ接続し、共通のパスワードで隠した結果を渡します。",
		},
		Usual: nowhere,
		Close: Text{
			"server_address and only_from in nsca.cfg, decryption_method with a real cipher.",
			"nsca.cfgのserver_addressとonly_from、decryption_methodに実用的な暗号を設定します。",
		},
	},
	"icinga2": {
		Session: Text{
			"Agents and servers connect to each other at TCP port 5665 by TLS with certificates of their own CA and exchange results and commands.",
			"エージェントとサーバーが専用CAの証明書を使い、TCPの5665番へTLSで接続して、結果と指示をやり取りします。",
		},
		Usual: serverLAN,
		Close: Text{
			"bind_host in features-enabled/api.conf, accept_commands = false, and a firewall rule for the partner.",
			"features-enabled/api.confのbind_host、accept_commands = falseを設定し、相手だけを許します。",
		},
	},
	"munin": {
		Session: Text{
			"The Munin server connects to TCP port 4949, is greeted, sends list and fetch, and gets values in lines of text.",
			"MuninのサーバーがTCPの4949番へ接続するとあいさつが返り、listやfetchで値を文字の行で受け取ります。",
		},
		Usual: serverLAN,
		Close: Text{
			"`host 127.0.0.1` and allow lines in /etc/munin/munin-node.conf.",
			"/etc/munin/munin-node.confで`host 127.0.0.1`とallowの行を設定します。",
		},
	},
	"checkmk-agent": {
		Session: Text{
			"The server connects to TCP port 6556, and the agent sends everything that it knows as text at once; newer ones use TLS.",
			"サーバーがTCPの6556番へ接続すると、エージェントが分かる限りの情報を文字で送ります。新しい版はTLSを使います。",
		},
		Usual: serverLAN,
		Close: Text{
			"`cmk-agent-ctl register` (TLS), or IPAddressAllow= in the unit check-mk-agent@.service.",
			"`cmk-agent-ctl register`でTLSにするか、check-mk-agent@.serviceのIPAddressAllow=で限ります。",
		},
	},
	"collectd": {
		Session: Text{
			"Machines send their figures by UDP to port 25826 of the collector, signed or encrypted where that is set; nothing comes back.",
			"各機器が計測値を収集サーバーのUDPの25826番へ送ります。署名や暗号化は設定によります。返事はありません。",
		},
		Usual: nowhere,
		Close: Text{
			"Only the collector has Listen in collectd.conf: with SecurityLevel Encrypt, and a firewall rule.",
			"collectd.confのListenは収集サーバーだけとし、SecurityLevel Encryptを設定し、送り元を限ります。",
		},
	},
	"statsd": {
		Session: Text{
			"Programs send each count as one UDP datagram of text to port 8125; 8126 takes commands in lines of text.",
			"プログラムが計数のたびに文字のUDPデータグラムを8125番へ送ります。8126番は文字のコマンド用です。",
		},
		Usual: nowhere,
		Close: Text{
			"address: \"127.0.0.1\" and mgmt_address: \"127.0.0.1\" in config.js.",
			"config.jsでaddress: \"127.0.0.1\"、mgmt_address: \"127.0.0.1\"とします。",
		},
	},
	"graphite": {
		Session: Text{
			"Programs send name, value and time in lines of text to TCP or UDP 2003, or packed (pickle) to 2004.",
			"プログラムが名前、値、時刻を文字の行で2003番(TCPかUDP)へ、または固めた形(pickle)で2004番へ送ります。",
		},
		Usual: nowhere,
		Close: Text{
			"LINE_RECEIVER_INTERFACE = 127.0.0.1 and PICKLE_RECEIVER_INTERFACE = 127.0.0.1 in carbon.conf.",
			"carbon.confでLINE_RECEIVER_INTERFACEとPICKLE_RECEIVER_INTERFACEを127.0.0.1とします。",
		},
	},
	"ganglia": {
		Session: Text{
			"The machines of a cluster tell each other their figures by UDP 8649, and the collector fetches them as XML from TCP 8649.",
			"クラスターの機器がUDPの8649番で計測値を知らせ合い、収集側がTCPの8649番からXMLで取得します。",
		},
		Usual: nowhere,
		Close: Text{
			"tcp_accept_channel with an acl in gmond.conf, and trusted_hosts in gmetad.conf.",
			"gmond.confのtcp_accept_channelにaclを、gmetad.confにtrusted_hostsを設定します。",
		},
	},
	"netdata": {
		Session: Text{
			"The browser opens TCP port 19999 by HTTP and gets figures every second. Nobody logs in.",
			"ブラウザーがTCPの19999番をHTTPで開き、毎秒の計測値を受け取ります。認証はありません。",
		},
		Usual: homeLAN,
		Close: Text{
			"`[web] bind to = 127.0.0.1` or `allow connections from` in netdata.conf.",
			"netdata.confで`[web] bind to = 127.0.0.1`、または`allow connections from`で限ります。",
		},
	},
	"uptime-kuma": {
		Session: Text{
			"The browser opens TCP port 3001 by HTTP, logs in, and a WebSocket shows what is up.",
			"ブラウザーがTCPの3001番をHTTPで開いて認証し、稼働状況をWebSocketで受け取ります。",
		},
		Usual: homeLAN,
		Close: Text{
			"UPTIME_KUMA_HOST=127.0.0.1 (containers: -p 127.0.0.1:3001:3001) behind a web server with HTTPS.",
			"UPTIME_KUMA_HOST=127.0.0.1(コンテナは-p 127.0.0.1:3001:3001)とし、HTTPSのWebサーバーの背後に置きます。",
		},
	},
	"kibana": {
		Session: Text{
			"The browser opens TCP port 5601 by HTTP, and Kibana searches Elasticsearch on its behalf.",
			"ブラウザーがTCPの5601番をHTTPで開き、Kibanaが代わりにElasticsearchを検索します。",
		},
		Usual: homeLAN,
		Close: Text{
			"`server.host: \"localhost\"` in kibana.yml (the default) behind HTTPS, with security on.",
			"kibana.ymlで既定の`server.host: \"localhost\"`としてHTTPSの背後に置き、セキュリティ機能を有効にします。",
		},
	},
	"beats": {
		Session: Text{
			"Agents connect to TCP port 5044 and send batches of log lines, which are confirmed; 9600 tells Logstash's state by HTTP.",
			"エージェントがTCPの5044番へ接続してログをまとめて送り、確認を受け取ります。9600番はHTTPでLogstashの状態を返します。",
		},
		Usual: nowhere,
		Close: Text{
			"host => \"192.168.1.10\" and ssl_client_authentication => \"required\" in the beats input; api.http.host: 127.0.0.1.",
			"beats入力でhost => \"192.168.1.10\"、ssl_client_authentication => \"required\"とし、api.http.host: 127.0.0.1とします。",
		},
	},
	"gelf": {
		Session: Text{
			"Programs send log entries as JSON by UDP (in pieces) or TCP to port 12201. Nobody logs in.",
			"プログラムがログをJSONで、UDP(分割可)かTCPの12201番へ送ります。認証はありません。",
		},
		Usual: nowhere,
		Close: Text{
			"bind_address of the input on the inner address, TCP with TLS, and a firewall rule for the senders.",
			"入力のbind_addressを内側のアドレスとし、TLSのTCPを使い、送り元を限ります。",
		},
	},
	"fluentd": {
		Session: Text{
			"Agents connect to TCP port 24224 and send packed log entries; UDP carries heartbeats.",
			"エージェントがTCPの24224番へ接続し、固めたログを送ります。UDPは生存確認用です。",
		},
		Usual: nowhere,
		Close: Text{
			"`bind 127.0.0.1` in the source forward, or <security> with a shared_key and transport tls.",
			"forwardのsourceで`bind 127.0.0.1`とするか、<security>のshared_keyとtransport tlsを設定します。",
		},
	},
	"otlp": {
		Session: Text{
			"Programs send traces, figures and logs by gRPC to 4317 or HTTP to 4318 of the collector.",
			"プログラムがトレース、計測値、ログを、gRPCの4317番かHTTPの4318番の収集サーバーへ送ります。",
		},
		Usual: nowhere,
		Close: Text{
			"`endpoint: 127.0.0.1:4317` in the receiver's protocols, TLS and an authenticator across machines.",
			"受信側のprotocolsで`endpoint: 127.0.0.1:4317`とし、別の機器から使う場合はTLSと認証を設定します。",
		},
	},
	"jaeger": {
		Session: Text{
			"The browser opens 16686 by HTTP and searches traces; collectors take them at 14250. Nobody logs in.",
			"ブラウザーが16686番をHTTPで開いてトレースを検索し、収集側は14250番で受け取ります。認証はありません。",
		},
		Usual: nowhere,
		Close: Text{
			"`--query.http-server.host-port=127.0.0.1:16686`, and a web server with a login before it.",
			"`--query.http-server.host-port=127.0.0.1:16686`とし、認証付きのWebサーバーを前に置きます。",
		},
	},
	"zipkin": {
		Session: Text{
			"Programs send traces by HTTP to TCP port 9411, and the browser searches them there. Nobody logs in.",
			"プログラムがHTTPでTCPの9411番へトレースを送り、ブラウザーも同じポートで検索します。認証はありません。",
		},
		Usual: nowhere,
		Close: Text{
			"--server.address=127.0.0.1 (containers: -p 127.0.0.1:9411:9411).",
			"--server.address=127.0.0.1(コンテナは-p 127.0.0.1:9411:9411)とします。",
		},
	},
	"splunkd": {
		Session: Text{
			"Forwarders send logs to 9997; administrators and programs open HTTPS at 8089.",
			"転送側が9997番へログを送り、管理者やプログラムは8089番をHTTPSで開きます。",
		},
		Usual: nowhere,
		Close: Text{
			"A forwarder: disableDefaultPort = true in server.conf; the indexer: acceptFrom in inputs.conf and server.conf.",
			"転送側はserver.confでdisableDefaultPort = true、収集側はinputs.confとserver.confのacceptFromで限ります。",
		},
	},
	"wazuh": {
		Session: Text{
			"Agents register at 1515, then send events encrypted to 1514; 55000 is the programming interface by HTTPS.",
			"エージェントが1515番で登録し、以後は暗号化したイベントを1514番へ送ります。55000番はHTTPSのAPIです。",
		},
		Usual: nowhere,
		Close: Text{
			"A password for registration (use_password), host: 127.0.0.1 in api.yaml, and a firewall rule for the agents.",
			"登録にパスワードを求め(use_password)、api.yamlでhost: 127.0.0.1とし、エージェントだけを許します。",
		},
	},
	"monit": {
		Session: Text{
			"The browser opens TCP port 2812 by HTTP, logs in, and starts or stops services.",
			"ブラウザーがTCPの2812番をHTTPで開いて認証し、サービスの起動や停止をします。",
		},
		Usual: nowhere,
		Close: Text{
			"`set httpd port 2812 use address localhost allow localhost` in monitrc.",
			"monitrcで`set httpd port 2812 use address localhost allow localhost`とします。",
		},
	},
	"pprof": {
		Session: Text{
			"A developer fetches profiles of a Go program by HTTP from /debug/pprof at TCP port 6060. Nobody logs in.",
			"開発者がHTTPでTCPの6060番の/debug/pprofから、Goプログラムの計測結果を取得します。認証はありません。",
		},
		Usual: nowhere,
		Close: Text{
			"Listen on localhost:6060 in the program, or leave net/http/pprof out.",
			"プログラム側でlocalhost:6060を待ち受けるか、net/http/pprofを外します。",
		},
	},
	"victoriametrics": {
		Session: Text{
			"Programs write figures by HTTP to TCP port 8428, and Grafana reads them. Nobody logs in by default.",
			"プログラムがHTTPでTCPの8428番へ計測値を書き、Grafanaが読みます。既定では認証はありません。",
		},
		Usual: nowhere,
		Close: Text{
			"`-httpListenAddr=127.0.0.1:8428`, or -httpAuth.username and -httpAuth.password.",
			"`-httpListenAddr=127.0.0.1:8428`とするか、-httpAuth.usernameと-httpAuth.passwordを設定します。",
		},
	},
	"glances": {
		Session: Text{
			"The browser opens 61208 by HTTP, or another glances connects to 61209, and sees processes and load.",
			"ブラウザーが61208番をHTTPで開くか、別のglancesが61209番へ接続し、プロセスや負荷を見ます。",
		},
		Usual: nowhere,
		Close: Text{
			"`glances -w -B 127.0.0.1 --password`, or `systemctl disable --now glances`.",
			"`glances -w -B 127.0.0.1 --password`で起動するか、`systemctl disable --now glances`で止めます。",
		},
	},
	"nut": {
		Session: Text{
			"Machines connect to TCP port 3493 of the one with the UPS, log in, and ask in lines of text whether the power is on.",
			"各機器がUPSのつながる機器のTCPの3493番へ接続して認証し、給電の状態を文字の行で尋ねます。",
		},
		Usual: homeLAN,
		Close: Text{
			"`LISTEN 127.0.0.1 3493` in /etc/nut/upsd.conf, or the LAN address where others need it.",
			"/etc/nut/upsd.confで`LISTEN 127.0.0.1 3493`とし、ほかの機器が使う場合はLAN側のアドレスにします。",
		},
		Upgrade: "STARTTLS",
	},
	"apcupsd": {
		Session: Text{
			"A program connects to TCP port 3551, sends status, and gets the UPS's values as text. Nobody logs in.",
			"プログラムがTCPの3551番へ接続してstatusを送ると、UPSの値が文字で返ります。認証はありません。",
		},
		Usual: homeLAN,
		Close: Text{
			"`NISIP 127.0.0.1` or `NETSERVER off` in apcupsd.conf.",
			"apcupsd.confで`NISIP 127.0.0.1`、または`NETSERVER off`とします。",
		},
	},
	"nessus": {
		Session: Text{
			"The browser opens HTTPS at TCP port 8834, logs in, and starts scans.",
			"ブラウザーがTCPの8834番をHTTPSで開いて認証し、検査を始めます。",
		},
		Usual: nowhere,
		Close: Text{
			"`nessuscli fix --set listen_address=127.0.0.1`, or stop nessusd between scans.",
			"`nessuscli fix --set listen_address=127.0.0.1`とするか、使わない間はnessusdを止めます。",
		},
	},
}
