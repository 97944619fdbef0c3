package book

// containers is the lessons of what runs other programs: containers, clusters,
// virtual machines.
var containers = lessons{
	"docker": {
		Session: Text{
			"The docker command, or any program, sends requests by HTTP to TCP port 2375, and the daemon starts containers as root. Nobody logs in.",
			"dockerコマンドなどのプログラムがHTTPでTCPの2375番へ要求を送り、デーモンがroot権限でコンテナを起動します。認証はありません。",
		},
		Usual: nowhere,
		Close: Text{
			"Take tcp:// out of \"hosts\" in /etc/docker/daemon.json and out of docker.service (`systemctl edit docker`); from elsewhere DOCKER_HOST=ssh://user@host.",
			"/etc/docker/daemon.jsonの\"hosts\"とdocker.serviceからtcp://を消します(`systemctl edit docker`)。離れた所からはDOCKER_HOST=ssh://user@hostを使います。",
		},
	},
	"docker-s": {
		Session: Text{
			"As on 2375, inside TLS; the daemon demands a certificate of its own CA (tlsverify).",
			"2375番と同じ要求を、TLSの中で送ります。デーモンは専用CAの証明書を求めます(tlsverify)。",
		},
		Usual: nowhere,
		Close: Text{
			"Take it out of daemon.json and use DOCKER_HOST=ssh://; or keep \"tlsverify\": true and a firewall rule for the administrators.",
			"daemon.jsonから外してDOCKER_HOST=ssh://を使います。残す場合は\"tlsverify\": trueとし、管理者のアドレスだけを許します。",
		},
	},
	"swarm": {
		Session: Text{
			"Workers join a manager at TCP 2377 by TLS with a token, and all gossip at 7946 (TCP and UDP); containers' traffic goes by VXLAN at UDP 4789.",
			"ワーカーがトークンを使い、TLSでTCPの2377番のマネージャーに参加し、全体が7946番(TCPとUDP)で連絡し合います。コンテナの通信はUDPの4789番のVXLANです。",
		},
		Usual: nowhere,
		Close: Text{
			"`docker swarm leave --force` where there is no cluster, and a firewall rule for the members.",
			"クラスターを組まないなら`docker swarm leave --force`で抜け、組む場合はメンバーだけを許します。",
		},
	},
	"kubernetes-api": {
		Session: Text{
			"kubectl, and every part of the cluster, opens HTTPS to TCP port 6443 with a certificate or token and reads, writes and watches objects.",
			"kubectlやクラスターの各部が、証明書かトークンを付けてTCPの6443番へHTTPSで接続し、オブジェクトの読み書きと監視をします。",
		},
		Usual: nowhere,
		Close: Text{
			"A firewall or cloud rule for the administrators' addresses, --anonymous-auth=false where nothing needs it, and a VPN.",
			"ファイアウォールやクラウドの規則で管理者のアドレスに限り、不要なら--anonymous-auth=falseとし、VPNを使います。",
		},
	},
	"kubelet": {
		Session: Text{
			"The API server opens HTTPS to TCP port 10250 of a node to read logs and to run commands in its containers.",
			"APIサーバーが各ノードのTCPの10250番へHTTPSで接続し、ログの取得やコンテナ内でのコマンド実行をします。",
		},
		Usual: nowhere,
		Close: Text{
			"`authentication: anonymous: enabled: false` and authorization mode Webhook in the kubelet's config.yaml, and a firewall rule for the control plane.",
			"kubeletのconfig.yamlで`authentication: anonymous: enabled: false`、認可をWebhookとし、コントロールプレーンだけを許します。",
		},
	},
	"kubelet-readonly": {
		Session: Text{
			"Whoever asks by HTTP at TCP port 10255 gets the list of what runs on the node. Nobody logs in.",
			"HTTPでTCPの10255番に尋ねると、ノードで動いているものの一覧が返ります。認証はありません。",
		},
		Usual: nowhere,
		Close: Text{
			"`readOnlyPort: 0` in the kubelet's config.yaml (the default).",
			"kubeletのconfig.yamlで既定の`readOnlyPort: 0`とします。",
		},
	},
	"kube-proxy": {
		Session: Text{
			"Load balancers ask 10256 whether the node is well, and Prometheus fetches figures from 10249, by HTTP.",
			"負荷分散装置が10256番でノードの健全性を、Prometheusが10249番で統計をHTTPで取得します。",
		},
		Usual: nowhere,
		Close: Text{
			"`metricsBindAddress: 127.0.0.1:10249` (the default) and `healthzBindAddress` on the inner address.",
			"既定の`metricsBindAddress: 127.0.0.1:10249`とし、`healthzBindAddress`は内側のアドレスにします。",
		},
	},
	"docker-registry": {
		Session: Text{
			"docker pull and push fetch and store layers by HTTP(S) at TCP port 5000.",
			"docker pullとpushがHTTP(S)でTCPの5000番からイメージの層を取得・保存します。",
		},
		Usual: homeLAN,
		Close: Text{
			"-p 127.0.0.1:5000:5000, and a web server with HTTPS and htpasswd before it.",
			"-p 127.0.0.1:5000:5000で公開範囲を限り、HTTPSとhtpasswdのWebサーバーを前に置きます。",
		},
	},
	"portainer": {
		Session: Text{
			"The browser opens 9443 (HTTPS) or 9000 (HTTP), logs in, and manages containers through Docker's socket.",
			"ブラウザーが9443番(HTTPS)か9000番(HTTP)を開いて認証し、Dockerのソケット経由でコンテナを管理します。",
		},
		Usual: homeLAN,
		Close: Text{
			"-p 127.0.0.1:9443:9443 and no 9000, from elsewhere an SSH tunnel or a VPN.",
			"-p 127.0.0.1:9443:9443とし、9000番は公開しません。離れた所からはSSHトンネルかVPNを使います。",
		},
	},
	"dockge": {
		Session: Text{
			"The browser opens TCP port 5001 by HTTP, logs in, and edits and starts compose files.",
			"ブラウザーがTCPの5001番をHTTPで開いて認証し、composeファイルの編集と起動をします。",
		},
		Usual: homeLAN,
		Close: Text{
			"127.0.0.1:5001:5001 in its compose.yaml, and a web server with HTTPS before it.",
			"compose.yamlで127.0.0.1:5001:5001とし、HTTPSのWebサーバーを前に置きます。",
		},
	},
	"consul": {
		Session: Text{
			"Programs ask by HTTP at 8500 (8501 with TLS) where a service is; the agents gossip at 8301 and call servers at 8300.",
			"プログラムがHTTPの8500番(TLSは8501番)でサービスの場所を尋ね、エージェントは8301番で連絡し合い、8300番のサーバーを呼びます。",
		},
		Usual: nowhere,
		Close: Text{
			"client_addr = \"127.0.0.1\" (the default), acl { enabled = true }, gossip encryption, and a firewall rule for the members.",
			"既定のclient_addr = \"127.0.0.1\"とし、acl { enabled = true }とゴシップの暗号化を設定し、メンバーだけを許します。",
		},
	},
	"consul-dns": {
		Session: Text{
			"Programs ask names like web.service.consul by DNS at port 8600.",
			"プログラムがweb.service.consulのような名前をDNSで8600番に尋ねます。",
		},
		Usual: nowhere,
		Close: Text{
			"addresses { dns = \"127.0.0.1\" }, or ports { dns = -1 }.",
			"addresses { dns = \"127.0.0.1\" }、またはports { dns = -1 }とします。",
		},
	},
	"nomad": {
		Session: Text{
			"Administrators and programs hand jobs in by HTTP at 4646; servers and clients talk at 4647 and 4648.",
			"管理者やプログラムがHTTPの4646番へジョブを渡し、サーバーとクライアントは4647番と4648番で通信します。",
		},
		Usual: nowhere,
		Close: Text{
			"addresses { http = \"127.0.0.1\" }, acl { enabled = true }, tls, and a firewall rule for the members.",
			"addresses { http = \"127.0.0.1\" }、acl { enabled = true }、tlsを設定し、メンバーだけを許します。",
		},
	},
	"vault": {
		Session: Text{
			"Programs open HTTPS to TCP port 8200, log in, and fetch secrets with a token; servers of a cluster use 8201.",
			"プログラムがTCPの8200番へHTTPSで接続して認証し、トークンで秘密情報を受け取ります。クラスター内は8201番です。",
		},
		Usual: nowhere,
		Close: Text{
			"listener \"tcp\" { address = \"127.0.0.1:8200\" } or the inner address, never tls_disable, and a firewall rule.",
			"listener \"tcp\" { address = \"127.0.0.1:8200\" }か内側のアドレスとし、tls_disableは使わず、ファイアウォールで限ります。",
		},
	},
	"proxmox": {
		Session: Text{
			"The browser opens HTTPS at TCP port 8006, logs in, and keeps a WebSocket for consoles.",
			"ブラウザーがTCPの8006番をHTTPSで開いて認証し、コンソールにはWebSocketを使います。",
		},
		Usual: homeLAN,
		Close: Text{
			"LISTEN_IP=\"192.168.1.10\" and ALLOW_FROM with DENY_FROM=\"all\" in /etc/default/pveproxy, two-factor login, a VPN from outside.",
			"/etc/default/pveproxyでLISTEN_IP=\"192.168.1.10\"、ALLOW_FROMとDENY_FROM=\"all\"を設定し、二要素認証を使い、外からはVPNを使います。",
		},
	},
	"vmware-auth": {
		Session: Text{
			"vCenter and clients connect to TCP port 902 of a host for consoles and copies of disks; the host sends heartbeats by UDP 902.",
			"vCenterやクライアントがホストのTCPの902番へ接続し、コンソールやディスクの複製に使います。ホストはUDPの902番で生存信号を送ります。",
		},
		Usual: nowhere,
		Close: Text{
			"The host's firewall: allowed IP addresses for the rules vSphere client and NFC, a management network of its own.",
			"ホストのファイアウォールの規則に許可アドレスを設定し、管理用ネットワークを分けます。",
		},
	},
	"vcenter-vami": {
		Session: Text{
			"The administrator's browser opens HTTPS at TCP port 5480 and logs in as root.",
			"管理者のブラウザーがTCPの5480番をHTTPSで開き、rootで認証します。",
		},
		Usual: nowhere,
		Close: Text{
			"The appliance's firewall page: accept the administrators' network, reject the rest.",
			"製品のファイアウォール画面で管理者のネットワークだけを許可し、ほかを拒否します。",
		},
	},
	"libvirt": {
		Session: Text{
			"virsh or virt-manager connects to TCP port 16509, logs in by SASL where that is set, and manages virtual machines.",
			"virshやvirt-managerがTCPの16509番へ接続し、設定があればSASLで認証し、仮想マシンを管理します。",
		},
		Usual: nowhere,
		Close: Text{
			"`systemctl disable --now libvirtd-tcp.socket`, and qemu+ssh:// instead.",
			"`systemctl disable --now libvirtd-tcp.socket`で止め、qemu+ssh://を使います。",
		},
	},
	"libvirt-tls": {
		Session: Text{
			"As on 16509, inside TLS with client certificates.",
			"16509番と同じやり取りを、クライアント証明書を使うTLSの中で行います。",
		},
		Usual: nowhere,
		Close: Text{
			"`systemctl disable --now libvirtd-tls.socket`, or tls_allowed_dn_list in libvirtd.conf.",
			"`systemctl disable --now libvirtd-tls.socket`で止めるか、libvirtd.confのtls_allowed_dn_listで限ります。",
		},
	},
	"lxd": {
		Session: Text{
			"The lxc or incus command, or a browser, opens HTTPS to TCP port 8443 with a client certificate that the server trusts.",
			"lxcやincusコマンド、ブラウザーが、サーバーに登録済みのクライアント証明書でTCPの8443番へHTTPSで接続します。",
		},
		Usual: nowhere,
		Close: Text{
			"`lxc config unset core.https_address` (`incus config unset ...`).",
			"`lxc config unset core.https_address`(`incus config unset …`)で止めます。",
		},
	},
	"openstack-id": {
		Session: Text{
			"Programs log in by HTTP at 5000 (35357 of old for administrators) and get a token for the other services.",
			"プログラムがHTTPの5000番(以前の管理者用は35357番)で認証し、ほかのサービスで使うトークンを受け取ります。",
		},
		Usual: nowhere,
		Close: Text{
			"HTTPS before it, the admin endpoints on the management network only.",
			"HTTPSの背後に置き、管理用の口は管理ネットワークだけにします。",
		},
	},
	"salt-master": {
		Session: Text{
			"Minions connect to the master: 4505 tells them what to do, 4506 takes results and files; keys are accepted once by hand.",
			"管理対象がマスターへ接続し、4505番で指示を受け、4506番で結果やファイルをやり取りします。鍵は最初に手動で承認します。",
		},
		Usual: nowhere,
		Close: Text{
			"`interface: 192.168.1.10` in /etc/salt/master, a firewall rule for the minions, and patches; minions open no port.",
			"/etc/salt/masterで`interface: 192.168.1.10`とし、管理対象だけを許し、修正を適用します。管理対象側のポートは不要です。",
		},
	},
	"puppet": {
		Session: Text{
			"Agents open HTTPS to TCP port 8140 of the server every half hour with their certificate and fetch their catalogue.",
			"エージェントが30分ごとに証明書を付けてサーバーのTCPの8140番へHTTPSで接続し、設定一式を受け取ります。",
		},
		Usual: nowhere,
		Close: Text{
			"ssl-host on the inner address in webserver.conf, no autosign, and a firewall rule for the agents.",
			"webserver.confのssl-hostを内側のアドレスとし、autosignを使わず、エージェントだけを許します。",
		},
	},
	"minio": {
		Session: Text{
			"Programs send S3 requests, signed with a key, by HTTP(S) to 9000; the browser opens 9001.",
			"プログラムが鍵で署名したS3の要求をHTTP(S)で9000番へ送り、ブラウザーは9001番を開きます。",
		},
		Usual: homeLAN,
		Close: Text{
			"`--address 127.0.0.1:9000 --console-address 127.0.0.1:9001`, MINIO_ROOT_PASSWORD changed, no public buckets, HTTPS before it.",
			"`--address 127.0.0.1:9000 --console-address 127.0.0.1:9001`とし、MINIO_ROOT_PASSWORDを変え、公開バケットをなくし、HTTPSの背後に置きます。",
		},
	},
	"jenkins-agent": {
		Session: Text{
			"A build agent connects to TCP port 50000 of the controller, proves its secret, and gets orders over the open connection.",
			"ビルドエージェントがコントローラーのTCPの50000番へ接続し、秘密の文字列を示し、開いた接続で指示を受けます。",
		},
		Usual: nowhere,
		Close: Text{
			"Manage Jenkins, Security, TCP port for inbound agents: Disable; agents come by WebSocket over HTTPS.",
			"「Jenkinsの管理」→「セキュリティ」でインバウンドエージェント用TCPポートを無効にし、HTTPS上のWebSocketを使います。",
		},
	},
}
