package portspec

// web is pages, proxies, and what programs speak HTTP for.
var web = []Service{
	{
		Name: "http", Aliases: []string{"www", "web"}, TCP: ports{80}, Cleartext: true, LoginCleartext: true, Successor: "https",
		Summary: Text{"HTTP: web pages in cleartext", "HTTP。平文のWebページ"},
		Risk: Text{
			"What is sent and typed can be read and changed on the way, and every hole of the site is within reach.",
			"送受信や入力の内容を途中で読み書きでき、サイトの欠陥もすべて攻撃の対象になります。",
		},
	},
	{
		Name: "https", Aliases: []string{"http3"}, TCP: ports{443}, UDP: ports{443},
		Summary: Text{"HTTPS: web pages over TLS; HTTP/3 over QUIC on UDP", "HTTPS。TLSで暗号化されたWebページ(UDPはHTTP/3)"},
		Risk: Text{
			"Encryption protects the way, not the site: every hole of the application is within reach.",
			"暗号化が守るのは経路だけで、アプリケーションの欠陥は攻撃の対象になります。",
		},
	},
	{
		Name: "http-alt", Aliases: []string{"webcache", "http-proxy"}, TCP: ports{8080, 8008, 81, 8081, 8090}, Cleartext: true, LoginCleartext: true, Successor: "https-alt",
		Summary: Text{"A second web server, administration page or proxy", "2つ目のWebサーバー、管理画面、プロキシなど"},
		Risk: Text{
			"Administration pages with factory passwords and open proxies are looked for here.",
			"出荷時のパスワードのままの管理画面や、開放プロキシが探されています。",
		},
	},
	{
		Name: "https-alt", Aliases: []string{"pcsync-https"}, TCP: ports{8443, 4443},
		Summary: Text{"A second web server or administration page over TLS", "TLSで暗号化された2つ目のWebサーバーや管理画面"},
		Risk: Text{
			"Administration pages of firewalls, controllers and panels are attacked here within days of each hole.",
			"ファイアウォールや管理パネルの欠陥が公表されると、数日で攻撃されます。",
		},
	},
	{
		Name: "http-dev", Aliases: []string{"rails", "django", "flask", "vite"}, TCP: ports{8000, 3000, 5000, 5173, 4200, 9000}, Cleartext: true, LoginCleartext: true, Successor: "https",
		Summary: Text{"Web programs under development or in containers; these numbers are many programs' default", "開発中やコンテナ内のWebアプリ(多くのソフトが既定にしている番号)"},
		Risk: Text{
			"Development servers show source code and debuggers that run commands, and are not made for strangers.",
			"開発用サーバーはソースコードや、コマンドを実行できるデバッガーまで見せることがあり、公開には向きません。",
		},
	},
	{
		Name: "squid", Aliases: []string{"squid-http", "proxy"}, TCP: ports{3128}, Cleartext: true, LoginCleartext: true,
		Summary: Text{"HTTP proxy: fetches pages for others", "HTTPプロキシ。ほかの機器に代わるページの取得"},
		Risk: Text{
			"An open one is used to hide attacks and to reach machines behind the firewall.",
			"誰でも使えるプロキシは、攻撃元の隠蔽や内側の機器への侵入に使われます。",
		},
	},
	{
		Name: "ajp13", Aliases: []string{"ajp"}, TCP: ports{8009}, Cleartext: true, LocalOnly: true,
		Summary: Text{"AJP: Tomcat's door for the web server before it", "AJP。前段のWebサーバーからTomcatへの接続口"},
		Risk: Text{
			"Ghostcat (2020) read any file of the application here; it belongs on the loopback.",
			"2020年のGhostcatでは任意のファイルを読まれました。自機内だけで待ち受けるべきものです。",
		},
	},
	{
		Name: "php-fpm", Aliases: []string{"fastcgi"}, TCP: ports{9000}, Cleartext: true, LocalOnly: true,
		Summary: Text{"PHP-FPM: runs PHP for the web server before it", "PHP-FPM。前段のWebサーバーの求めによるPHPの実行"},
		Risk: Text{
			"Whoever reaches it runs PHP of their own.",
			"到達できる相手は、任意のPHPコードを実行できます。",
		},
	},
	{
		Name: "jdwp", Aliases: []string{"java-debug"}, TCP: ports{5005}, Cleartext: true, LocalOnly: true,
		Summary: Text{"Java debugger", "Javaのデバッガー接続"},
		Risk: Text{
			"Whoever connects runs any code in the program.",
			"接続した相手は、プログラム内で任意のコードを実行できます。",
		},
	},
	{
		Name: "node-inspect", Aliases: []string{"node-debug"}, TCP: ports{9229}, Cleartext: true, LocalOnly: true,
		Summary: Text{"Debugger of Node.js", "Node.jsのデバッガー接続"},
		Risk: Text{
			"Whoever connects runs any code in the program.",
			"接続した相手は、プログラム内で任意のコードを実行できます。",
		},
	},
	{
		Name: "chrome-devtools", Aliases: []string{"cdp"}, TCP: ports{9222}, Cleartext: true, LocalOnly: true,
		Summary: Text{"Remote debugging of Chrome and other browsers", "Chromeなどのブラウザーの遠隔デバッグ"},
		Risk: Text{
			"Whoever connects drives the browser with all its logins.",
			"接続した相手に、ログイン済みのブラウザーを丸ごと操作されます。",
		},
	},
	{
		Name: "selenium", TCP: ports{4444}, Cleartext: true, LocalOnly: true,
		Summary: Text{"Selenium: drives browsers for tests", "Selenium。試験用のブラウザー操作"},
		Risk: Text{
			"Strangers start browsers inside your network and often any program.",
			"内部ネットワークでブラウザーを動かされ、任意のプログラムまで起動されることもあります。",
		},
	},
	{
		Name: "jupyter", TCP: ports{8888}, Cleartext: true, LoginCleartext: true,
		Summary: Text{"Jupyter: notebooks that run code, in the browser (many other pages use this number)", "Jupyter。ブラウザーでコードを実行するノートブック(ほかのWebアプリも多い番号)"},
		Risk: Text{
			"Without a token anybody runs code as its user.",
			"トークンがないと、誰でもその利用者の権限でコードを実行できます。",
		},
	},
	{
		Name: "jmxrmi", Aliases: []string{"rmiregistry", "java-rmi", "jmx"}, TCP: ports{1099}, Cleartext: true, LocalOnly: true,
		Summary: Text{"Java RMI: calls between Java programs, JMX among them", "Java RMI。Javaプログラム間の呼び出し(JMXなど)"},
		Risk: Text{
			"Objects sent here can run any code in many programs.",
			"細工したオブジェクトを送られ、任意のコードを実行されるプログラムが多くあります。",
		},
	},
	{
		Name: "weblogic", Aliases: []string{"wls"}, TCP: ports{7001, 7002}, Cleartext: true, LoginCleartext: true,
		Summary: Text{"Oracle WebLogic: Java applications and their console", "Oracle WebLogic。Javaアプリと管理コンソール"},
		Risk: Text{
			"New holes that give strangers the server are attacked within hours.",
			"乗っ取りにつながる欠陥が公表されると、数時間で攻撃されます。",
		},
	},
	{
		Name: "glassfish", Aliases: []string{"appserv-http"}, TCP: ports{4848}, Cleartext: true, LoginCleartext: true,
		Summary: Text{"GlassFish administration console", "GlassFishの管理コンソール"},
		Risk: Text{
			"Whoever gets in installs programs of their own.",
			"入られると任意のプログラムを配備されます。",
		},
	},
	{
		Name: "jboss", Aliases: []string{"wildfly"}, TCP: ports{9990, 9993}, Cleartext: true, LoginCleartext: true,
		Summary: Text{"WildFly and JBoss administration console", "WildFly・JBossの管理コンソール"},
		Risk: Text{
			"Whoever gets in installs programs of their own.",
			"入られると任意のプログラムを配備されます。",
		},
	},
	{
		Name: "cpanel", TCP: ports{2083, 2082, 2086, 2087, 2095, 2096}, Cleartext: true, LoginCleartext: true,
		Summary: Text{"cPanel and WHM: administration of rented web space", "cPanel・WHM。レンタルサーバーの管理画面"},
		Risk: Text{
			"Passwords are tried here, and whoever gets in holds sites and mail.",
			"パスワードが試され、入られるとサイトとメールを握られます。",
		},
	},
	{
		Name: "plesk", TCP: ports{8880}, Cleartext: true, LoginCleartext: true, Successor: "https-alt",
		Summary: Text{"Plesk: administration of rented web space", "Plesk。レンタルサーバーの管理画面"},
		Risk: Text{
			"Passwords are tried here, and whoever gets in holds sites and mail.",
			"パスワードが試され、入られるとサイトとメールを握られます。",
		},
	},
	{
		Name: "varnish-adm", TCP: ports{6082}, Cleartext: true, LocalOnly: true,
		Summary: Text{"Varnish: management of a web cache", "Varnishキャッシュの管理"},
		Risk: Text{
			"Whoever gets in changes what every visitor sees.",
			"入られると、閲覧者全員に見せる内容を変えられます。",
		},
	},
	{
		Name: "haproxy-stats", TCP: ports{8404}, Cleartext: true, LocalOnly: true,
		Summary: Text{"HAProxy: its page of figures", "HAProxyの統計画面"},
		Risk: Text{
			"It tells the names and addresses of the servers behind.",
			"背後のサーバー名とアドレスを教えてしまいます。",
		},
	},
	{
		Name: "solr", TCP: ports{8983}, Cleartext: true, LoginCleartext: true, LocalOnly: true,
		Summary: Text{"Solr: full-text search", "Solr。全文検索エンジン"},
		Risk: Text{
			"It has no login by default: strangers read and change the index, and in old versions run code.",
			"既定では認証がなく、索引を読み書きされ、古い版ではコードも実行されます。",
		},
	},
	{
		Name: "sonarqube", TCP: ports{9000}, Cleartext: true, LoginCleartext: true,
		Summary: Text{"SonarQube: inspects source code", "SonarQube。ソースコードの検査"},
		Risk: Text{
			"Open projects show source code and the secrets in it.",
			"公開設定のプロジェクトから、ソースコードと中の秘密情報が漏れます。",
		},
	},
	{
		Name: "ollama", TCP: ports{11434}, Cleartext: true, LocalOnly: true,
		Summary: Text{"Ollama: runs language models", "Ollama。言語モデルの実行"},
		Risk: Text{
			"It has no login: strangers use the machine's power, and take or delete its models.",
			"認証がなく、計算能力を使われ、モデルを取り出されたり消されたりします。",
		},
	},
	{
		Name: "gradio", Aliases: []string{"stable-diffusion"}, TCP: ports{7860, 7861}, Cleartext: true, LoginCleartext: true,
		Summary: Text{"Gradio: pages of machine-learning programs", "Gradio。機械学習プログラムの操作画面"},
		Risk: Text{
			"Without a login strangers use the machine, and extensions run their code.",
			"認証がないと計算能力を使われ、拡張機能でコードを実行されることもあります。",
		},
	},
	{
		Name: "comfyui", TCP: ports{8188}, Cleartext: true, LocalOnly: true,
		Summary: Text{"ComfyUI: makes pictures with machine learning", "ComfyUI。画像生成の操作画面"},
		Risk: Text{
			"It has no login: strangers use the machine and can load extensions that run code.",
			"認証がなく、計算能力を使われ、コードを実行する拡張も読み込まれます。",
		},
	},
	{
		Name: "ray-dashboard", Aliases: []string{"ray"}, TCP: ports{8265}, Cleartext: true, LocalOnly: true,
		Summary: Text{"Ray: jobs of machine learning over many machines", "Ray。多数の機器にまたがる機械学習ジョブの管理"},
		Risk: Text{
			"It has no login by design: whoever reaches it runs code on the whole cluster.",
			"設計上認証がなく、到達できる相手はクラスター全体でコードを実行できます。",
		},
	},
	{
		Name: "streamlit", TCP: ports{8501}, Cleartext: true,
		Summary: Text{"Streamlit: small data applications in the browser", "Streamlit。データ分析用の小さなWebアプリ"},
		Risk: Text{
			"It has no login of its own: strangers use what the application can do.",
			"標準では認証がなく、アプリの機能を誰にでも使われます。",
		},
	},
}
