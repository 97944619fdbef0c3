package portspec

// monitoring is watching over machines and programs.
var monitoring = []Service{
	{
		Name: "prometheus", TCP: ports{9090}, Cleartext: true, LocalOnly: true,
		Summary: Text{"Prometheus: collects measurements (this number is Cockpit's too)", "Prometheus。測定値の収集(Cockpitも同じ番号)"},
		Risk: Text{
			"It has no login by default: figures tell names, versions and addresses of everything inside.",
			"既定では認証がなく、内部の全機器の名前、版、アドレスを知られます。",
		},
	},
	{
		Name: "node-exporter", TCP: ports{9100}, Cleartext: true, LocalOnly: true,
		Summary: Text{"Prometheus's figures of a Linux machine", "node_exporter。Prometheus向けのLinux機器の測定値"},
		Risk: Text{
			"It tells kernel, disks, users of memory and addresses to whoever asks.",
			"カーネル、ディスク、メモリ、アドレスなどを誰にでも教えます。",
		},
	},
	{
		Name: "pushgateway", TCP: ports{9091}, Cleartext: true, LocalOnly: true,
		Summary: Text{"Prometheus Pushgateway: takes figures that programs send", "Prometheus Pushgateway。プログラムから送られる測定値の受信"},
		Risk: Text{
			"Anybody adds and deletes figures.",
			"誰でも測定値を加え、消せます。",
		},
	},
	{
		Name: "alertmanager", TCP: ports{9093, 9094}, UDP: ports{9094}, Cleartext: true, LocalOnly: true,
		Summary: Text{"Alertmanager: sends alarms", "Alertmanager。警報の通知"},
		Risk: Text{
			"Anybody silences alarms before an attack.",
			"攻撃の前に、誰でも警報を止められます。",
		},
	},
	{
		Name: "grafana", TCP: ports{3000}, Cleartext: true, LoginCleartext: true,
		Summary: Text{"Grafana: draws measurements in the browser", "Grafana。ブラウザーによる測定値の可視化"},
		Risk: Text{
			"Factory passwords are tried, and a hole of 2021 read any file.",
			"初期パスワードが試され、2021年には任意のファイルを読まれる欠陥もありました。",
		},
	},
	{
		Name: "loki", TCP: ports{3100}, Cleartext: true, LocalOnly: true,
		Summary: Text{"Loki: collects logs", "Loki。ログの収集"},
		Risk: Text{
			"It has no login: logs, with the secrets in them, are open.",
			"認証がなく、ログの中の秘密情報まで読まれます。",
		},
	},
	{
		Name: "zabbix-agent", TCP: ports{10050}, Cleartext: true, LocalOnly: true,
		Summary: Text{"Zabbix agent: answers about a machine", "Zabbixエージェント。機器の状態の報告"},
		Risk: Text{
			"Where it was allowed, it runs commands; the list of permitted servers is its only protection.",
			"設定によってはコマンドも実行でき、守りは接続元の制限だけです。",
		},
	},
	{
		Name: "zabbix-trapper", Aliases: []string{"zabbix-server"}, TCP: ports{10051}, Cleartext: true, LocalOnly: true,
		Summary: Text{"Zabbix server: takes what agents report", "Zabbixサーバー。エージェントからの報告の受信"},
		Risk: Text{
			"Forged reports raise false alarms, and holes of the past gave the server away.",
			"偽の報告で誤報を出され、過去には乗っ取りの欠陥もありました。",
		},
	},
	{
		Name: "nrpe", TCP: ports{5666}, Cleartext: true, LocalOnly: true,
		Summary: Text{"NRPE: runs the checks of Nagios on a machine", "NRPE。機器上でのNagios検査の実行"},
		Risk: Text{
			"With arguments allowed it runs commands of strangers.",
			"引数を許していると、任意のコマンドを実行されます。",
		},
	},
	{
		Name: "nsca", TCP: ports{5667}, Cleartext: true, LocalOnly: true,
		Summary: Text{"NSCA: takes results of checks for Nagios", "NSCA。Nagiosへの検査結果の受信"},
		Risk: Text{
			"Forged results hide a failure or raise a false alarm.",
			"偽の結果で障害を隠され、誤報も出されます。",
		},
	},
	{
		Name: "icinga2", Aliases: []string{"icinga"}, TCP: ports{5665}, LocalOnly: true,
		Summary: Text{"Icinga: its servers and agents among themselves", "Icingaのサーバーとエージェントの接続"},
		Risk: Text{
			"Whoever holds a certificate runs checks on every machine.",
			"証明書を得た相手は、全機器で検査コマンドを実行できます。",
		},
	},
	{
		Name: "munin", TCP: ports{4949}, Cleartext: true, LocalOnly: true,
		Summary: Text{"Munin node: answers about a machine", "Muninノード。機器の状態の報告"},
		Risk: Text{
			"It tells load, programs and users to whoever may connect.",
			"負荷、プログラム、利用者などを教えてしまいます。",
		},
	},
	{
		Name: "checkmk-agent", Aliases: []string{"check-mk"}, TCP: ports{6556}, Cleartext: true, LocalOnly: true,
		Summary: Text{"Checkmk agent: answers about a machine", "Checkmkエージェント。機器の状態の報告"},
		Risk: Text{
			"It tells everything about the machine, processes and users too, to whoever connects.",
			"接続した相手に、プロセスや利用者まで機器のすべてを教えます。",
		},
	},
	{
		Name: "collectd", UDP: ports{25826}, Cleartext: true, LocalOnly: true,
		Summary: Text{"collectd: sends measurements", "collectd。測定値の送信"},
		Risk: Text{
			"Forged figures mislead whoever watches.",
			"偽の測定値で監視を惑わされます。",
		},
	},
	{
		Name: "statsd", TCP: ports{8126}, UDP: ports{8125}, Cleartext: true, LocalOnly: true,
		Summary: Text{"StatsD: counts what programs send", "StatsD。プログラムから送られた数の集計"},
		Risk: Text{
			"Forged figures mislead whoever watches.",
			"偽の測定値で監視を惑わされます。",
		},
	},
	{
		Name: "graphite", Aliases: []string{"carbon"}, TCP: ports{2003, 2004}, UDP: ports{2003}, Cleartext: true, LocalOnly: true,
		Summary: Text{"Graphite: takes measurements", "Graphite。測定値の受信"},
		Risk: Text{
			"It has no login, and the newer form of its messages could run code.",
			"認証がなく、pickle形式の受信口ではコードを実行されるおそれもあります。",
		},
	},
	{
		Name: "ganglia", Aliases: []string{"gmond"}, TCP: ports{8649, 8651}, UDP: ports{8649}, Cleartext: true, LocalOnly: true,
		Summary: Text{"Ganglia: measurements of clusters", "Ganglia。クラスターの測定値"},
		Risk: Text{
			"It tells names and addresses of every machine.",
			"全機器の名前とアドレスを教えてしまいます。",
		},
	},
	{
		Name: "netdata", TCP: ports{19999}, Cleartext: true, LocalOnly: true,
		Summary: Text{"Netdata: measurements of a machine in the browser", "Netdata。ブラウザーで見る機器の測定値"},
		Risk: Text{
			"It has no login by default and tells programs, users and connections.",
			"既定では認証がなく、プログラム、利用者、接続まで知られます。",
		},
	},
	{
		Name: "uptime-kuma", TCP: ports{3001}, Cleartext: true, LoginCleartext: true,
		Summary: Text{"Uptime Kuma: watches whether services answer", "Uptime Kuma。サービスの死活監視"},
		Risk: Text{
			"Until the first account is made, whoever comes first makes it.",
			"最初のアカウントは、先に開いた人が作れてしまいます。",
		},
	},
	{
		Name: "kibana", Aliases: []string{"opensearch-dashboards"}, TCP: ports{5601}, Cleartext: true, LoginCleartext: true,
		Summary: Text{"Kibana: searches Elasticsearch in the browser", "Kibana。ブラウザーによるElasticsearchの検索"},
		Risk: Text{
			"Without a login the whole index is open, and old versions run code.",
			"認証がないと索引をすべて見られ、古い版ではコードも実行されます。",
		},
	},
	{
		Name: "beats", Aliases: []string{"logstash"}, TCP: ports{5044, 9600}, Cleartext: true, LocalOnly: true,
		Summary: Text{"Logstash: takes logs from agents", "Logstash。エージェントからのログの受信"},
		Risk: Text{
			"Forged entries bury real ones.",
			"偽の記録で、本物が埋もれます。",
		},
	},
	{
		Name: "gelf", Aliases: []string{"graylog"}, TCP: ports{12201}, UDP: ports{12201}, Cleartext: true, LocalOnly: true,
		Summary: Text{"Graylog: takes logs", "Graylog。ログの受信"},
		Risk: Text{
			"Forged entries bury real ones.",
			"偽の記録で、本物が埋もれます。",
		},
	},
	{
		Name: "fluentd", Aliases: []string{"fluent-bit"}, TCP: ports{24224}, UDP: ports{24224}, Cleartext: true, LocalOnly: true,
		Summary: Text{"Fluentd: takes logs and passes them on", "Fluentd。ログの受信と転送"},
		Risk: Text{
			"Forged entries bury real ones.",
			"偽の記録で、本物が埋もれます。",
		},
	},
	{
		Name: "otlp", Aliases: []string{"opentelemetry"}, TCP: ports{4317, 4318}, Cleartext: true, LocalOnly: true,
		Summary: Text{"OpenTelemetry: takes measurements, logs and traces", "OpenTelemetry。測定値、ログ、トレースの受信"},
		Risk: Text{
			"Forged data misleads whoever watches.",
			"偽のデータで監視を惑わされます。",
		},
	},
	{
		Name: "jaeger", TCP: ports{16686, 14250}, Cleartext: true, LocalOnly: true,
		Summary: Text{"Jaeger: shows how requests went through programs", "Jaeger。処理の流れの可視化"},
		Risk: Text{
			"It has no login and shows addresses, queries and sometimes secrets.",
			"認証がなく、宛先や問い合わせ、ときに秘密情報まで見せます。",
		},
	},
	{
		Name: "zipkin", TCP: ports{9411}, Cleartext: true, LocalOnly: true,
		Summary: Text{"Zipkin: shows how requests went through programs", "Zipkin。処理の流れの可視化"},
		Risk: Text{
			"It has no login and shows addresses, queries and sometimes secrets.",
			"認証がなく、宛先や問い合わせ、ときに秘密情報まで見せます。",
		},
	},
	{
		Name: "splunkd", Aliases: []string{"splunk"}, TCP: ports{8089, 9997}, LocalOnly: true,
		Summary: Text{"Splunk: its programming interface, and where logs arrive", "SplunkのAPIとログの受信口"},
		Risk: Text{
			"Whoever gets in as administrator runs programs on every machine that reports to it.",
			"管理者として入られると、報告元の全機器でプログラムを実行されます。",
		},
	},
	{
		Name: "wazuh", TCP: ports{1514, 1515, 55000}, UDP: ports{1514}, LocalOnly: true,
		Summary: Text{"Wazuh: agents report to their server and enrol", "Wazuh。エージェントの報告と登録"},
		Risk: Text{
			"Without an enrolment password anybody registers as an agent.",
			"登録用パスワードがないと、誰でもエージェントとして登録できます。",
		},
	},
	{
		Name: "monit", TCP: ports{2812}, Cleartext: true, LoginCleartext: true, LocalOnly: true,
		Summary: Text{"Monit: starts and stops services, in the browser", "Monit。ブラウザーによるサービスの起動・停止"},
		Risk: Text{
			"Its factory password is printed in every manual.",
			"初期パスワードは説明書に載っています。",
		},
	},
	{
		Name: "pprof", Aliases: []string{"go-pprof"}, TCP: ports{6060}, Cleartext: true, LocalOnly: true,
		Summary: Text{"Go programs: profiles and state for their developers", "pprof。Goプログラムの内部状態(開発者向け)"},
		Risk: Text{
			"It shows memory and command line, and lets strangers load the machine.",
			"メモリやコマンドラインを見せ、負荷もかけられます。",
		},
	},
	{
		Name: "victoriametrics", TCP: ports{8428}, Cleartext: true, LocalOnly: true,
		Summary: Text{"VictoriaMetrics: keeps measurements", "VictoriaMetrics。測定値の保存"},
		Risk: Text{
			"It has no login by default.",
			"既定では認証がありません。",
		},
	},
	{
		Name: "glances", TCP: ports{61208, 61209}, Cleartext: true, LoginCleartext: true,
		Summary: Text{"Glances: measurements of a machine in the browser", "Glances。ブラウザーで見る機器の測定値"},
		Risk: Text{
			"It has no login by default and tells programs and users.",
			"既定では認証がなく、プログラムや利用者を知られます。",
		},
	},
	{
		Name: "nut", Aliases: []string{"upsd"}, TCP: ports{3493}, Cleartext: true, LoginCleartext: true, LocalOnly: true,
		Summary: Text{"NUT: state of a power supply", "NUT。無停電電源装置の状態"},
		Risk: Text{
			"Whoever gets in shuts the machines down.",
			"入られると、機器を停止されます。",
		},
	},
	{
		Name: "apcupsd", TCP: ports{3551}, Cleartext: true, LocalOnly: true,
		Summary: Text{"apcupsd: state of an APC power supply", "apcupsd。APC製無停電電源装置の状態"},
		Risk: Text{
			"It tells state and names to whoever asks.",
			"状態や名前を誰にでも教えます。",
		},
	},
	{
		Name: "nessus", TCP: ports{8834},
		Summary: Text{"Nessus: searches machines for holes", "Nessus。機器の脆弱性検査"},
		Risk: Text{
			"Its reports list every hole of your machines.",
			"検査結果には、こちらの機器の欠陥がすべて載っています。",
		},
	},
}
