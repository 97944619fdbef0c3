package portspec

// containers is what runs other programs: containers, clusters and virtual machines.
var containers = []Service{
	{
		Name: "docker", Aliases: []string{"docker-api"}, TCP: ports{2375}, Cleartext: true, LocalOnly: true, Successor: "docker-s",
		Summary: Text{"Docker's programming interface, without encryption or login", "DockerのAPI(暗号化も認証もなし)"},
		Risk: Text{
			"Whoever reaches it is root of the machine; miners find it within minutes.",
			"到達できる相手は機器のroot権限を得られ、数分で採掘ソフトを入れられます。",
		},
	},
	{
		Name: "docker-s", Aliases: []string{"docker-tls"}, TCP: ports{2376}, LocalOnly: true, Successor: "ssh",
		Summary: Text{"Docker's programming interface over TLS", "TLSで暗号化されたDockerのAPI"},
		Risk: Text{
			"Only the check of client certificates stands between a stranger and root.",
			"クライアント証明書の確認だけが、root権限との間を隔てています。",
		},
	},
	{
		Name: "swarm", Aliases: []string{"docker-swarm"}, TCP: ports{2377, 7946}, UDP: ports{7946}, LocalOnly: true,
		Summary: Text{"Docker Swarm: the machines of a cluster among themselves", "Docker Swarm。クラスターの機器同士の接続"},
		Risk: Text{
			"Whoever has a join token takes part.",
			"参加用トークンを得た相手に加わられます。",
		},
	},
	{
		Name: "kubernetes-api", Aliases: []string{"kube-apiserver", "k8s"}, TCP: ports{6443},
		Summary: Text{"Kubernetes: the cluster's programming interface", "KubernetesのAPI。クラスター全体の操作"},
		Risk: Text{
			"It shows version and certificate names; a lost token or rights for anonymous users give the cluster away.",
			"版や証明書の名前が知られ、トークンの漏えいや匿名への権限付与でクラスターを奪われます。",
		},
	},
	{
		Name: "kubelet", TCP: ports{10250}, LocalOnly: true,
		Summary: Text{"Kubelet: runs the containers of one machine of a cluster", "kubelet。クラスターの各機器でのコンテナ実行"},
		Risk: Text{
			"With anonymous access anybody runs commands in every container.",
			"匿名の利用を許していると、全コンテナで任意のコマンドを実行されます。",
		},
	},
	{
		Name: "kubelet-readonly", TCP: ports{10255}, Cleartext: true, LocalOnly: true,
		Summary: Text{"Kubelet, for reading only", "kubeletの読み取り専用口"},
		Risk: Text{
			"It shows what runs there, with names and settings, to whoever asks.",
			"稼働中の内容を、名前や設定ごと誰にでも見せます。",
		},
	},
	{
		Name: "kube-proxy", TCP: ports{10256, 10249}, Cleartext: true, LocalOnly: true,
		Summary: Text{"Kubernetes: health and figures of its network part", "Kubernetesのネットワーク部の状態と統計"},
		Risk: Text{
			"It tells details of the cluster.",
			"クラスターの内部情報を知られます。",
		},
	},
	{
		Name: "docker-registry", Aliases: []string{"registry"}, TCP: ports{5000}, Cleartext: true, LoginCleartext: true, Successor: "https",
		Summary: Text{"Registry of container images", "コンテナイメージの保管庫"},
		Risk: Text{
			"Without a login anybody takes images, with the secrets in them, and puts changed ones in their place.",
			"認証がないと、秘密情報ごとイメージを取られ、改ざんしたものに置き換えられます。",
		},
	},
	{
		Name: "portainer", TCP: ports{9443, 9000}, Cleartext: true, LoginCleartext: true,
		Summary: Text{"Portainer: containers in the browser", "Portainer。ブラウザーによるコンテナ管理"},
		Risk: Text{
			"Whoever gets in is root of every machine that it manages.",
			"入られると、管理下の全機器でroot権限を握られます。",
		},
	},
	{
		Name: "dockge", Aliases: []string{"dockge-web"}, TCP: ports{5001}, Cleartext: true, LoginCleartext: true,
		Summary: Text{"Dockge: containers in the browser", "Dockge。ブラウザーによるコンテナ管理"},
		Risk: Text{
			"Whoever gets in is root of the machine.",
			"入られると、機器のroot権限を握られます。",
		},
	},
	{
		Name: "consul", TCP: ports{8500, 8300, 8301, 8302, 8501}, UDP: ports{8301, 8302}, Cleartext: true, LocalOnly: true,
		Summary: Text{"Consul: tells services where the others are", "Consul。サービス同士の所在の管理"},
		Risk: Text{
			"Without access rules anybody reads the settings and often runs commands.",
			"アクセス制御がないと設定を読まれ、コマンドまで実行されることがあります。",
		},
	},
	{
		Name: "consul-dns", TCP: ports{8600}, UDP: ports{8600}, Cleartext: true, LocalOnly: true,
		Summary: Text{"Consul: its name server", "ConsulのDNS"},
		Risk: Text{
			"It tells names and addresses of every service inside.",
			"内部の全サービスの名前とアドレスを教えてしまいます。",
		},
	},
	{
		Name: "nomad", TCP: ports{4646, 4647, 4648}, UDP: ports{4648}, Cleartext: true, LocalOnly: true,
		Summary: Text{"Nomad: runs programs over many machines", "Nomad。多数の機器でのプログラム実行"},
		Risk: Text{
			"Without access rules anybody runs programs on the cluster.",
			"アクセス制御がないと、誰でもクラスター上でプログラムを実行できます。",
		},
	},
	{
		Name: "vault", Aliases: []string{"hashicorp-vault"}, TCP: ports{8200, 8201}, LocalOnly: true,
		Summary: Text{"Vault: keeps secrets", "Vault。秘密情報の保管"},
		Risk: Text{
			"A lost token opens every secret; it belongs inside.",
			"トークンが漏れると全秘密情報を開けられるため、内側に置くべきです。",
		},
	},
	{
		Name: "proxmox", Aliases: []string{"pve"}, TCP: ports{8006},
		Summary: Text{"Proxmox VE: virtual machines in the browser", "Proxmox VE。ブラウザーによる仮想マシン管理"},
		Risk: Text{
			"Passwords are tried here; whoever gets in holds every virtual machine.",
			"パスワードが試され、入られると全仮想マシンを握られます。",
		},
	},
	{
		Name: "vmware-auth", Aliases: []string{"vmware", "esxi"}, TCP: ports{902}, UDP: ports{902}, LocalOnly: true,
		Summary: Text{"VMware ESXi: consoles and copies of virtual machines", "VMware ESXi。仮想マシンのコンソールや複製"},
		Risk: Text{
			"Passwords are tried here, and ransomware aims at ESXi itself.",
			"パスワードが試され、ランサムウェアがESXiそのものを狙っています。",
		},
	},
	{
		Name: "vcenter-vami", Aliases: []string{"vami"}, TCP: ports{5480}, LocalOnly: true,
		Summary: Text{"VMware appliances: their administration page", "VMware製品の管理画面"},
		Risk: Text{
			"Passwords are tried here; whoever gets in holds every virtual machine.",
			"パスワードが試され、入られると全仮想マシンを握られます。",
		},
	},
	{
		Name: "libvirt", TCP: ports{16509}, Cleartext: true, LocalOnly: true, Successor: "libvirt-tls",
		Summary: Text{"libvirt: virtual machines of Linux, without encryption", "libvirt。Linuxの仮想マシン管理(暗号化なし)"},
		Risk: Text{
			"Without SASL anybody starts, stops and reads every virtual machine.",
			"SASL認証がないと、誰でも全仮想マシンを操作し、中身を読めます。",
		},
	},
	{
		Name: "libvirt-tls", TCP: ports{16514}, LocalOnly: true,
		Summary: Text{"libvirt over TLS", "TLSで暗号化されたlibvirt"},
		Risk: Text{
			"Only the check of client certificates stands in the way.",
			"クライアント証明書の確認だけが守りです。",
		},
	},
	{
		Name: "lxd", Aliases: []string{"incus"}, TCP: ports{8443}, LocalOnly: true,
		Summary: Text{"LXD and Incus: containers and virtual machines", "LXD・Incus。コンテナと仮想マシンの管理"},
		Risk: Text{
			"Whoever is trusted there is root of the machine.",
			"信頼された相手は、機器のroot権限を得られます。",
		},
	},
	{
		Name: "openstack-id", Aliases: []string{"keystone"}, TCP: ports{35357, 5000}, Cleartext: true, LoginCleartext: true,
		Summary: Text{"OpenStack Keystone: logins of a private cloud", "OpenStackのKeystone。プライベートクラウドの認証"},
		Risk: Text{
			"Passwords are tried here; whoever gets in rents your machines.",
			"パスワードが試され、入られると計算資源を使われます。",
		},
	},
	{
		Name: "salt-master", Aliases: []string{"salt"}, TCP: ports{4505, 4506}, LocalOnly: true,
		Summary: Text{"Salt: sets up many machines from one", "Salt。多数の機器の一括設定"},
		Risk: Text{
			"Holes of 2020 let strangers run commands on every machine that it manages.",
			"2020年の欠陥では、管理下の全機器で任意のコマンドを実行されました。",
		},
	},
	{
		Name: "puppet", TCP: ports{8140}, LocalOnly: true,
		Summary: Text{"Puppet: sets up many machines from one", "Puppet。多数の機器の一括設定"},
		Risk: Text{
			"It hands settings and secrets to every machine whose certificate it signed.",
			"署名した証明書を持つ機器に、設定と秘密情報を渡してしまいます。",
		},
	},
	{
		Name: "minio", TCP: ports{9000, 9001}, Cleartext: true, LoginCleartext: true,
		Summary: Text{"MinIO: object store that speaks S3 (9001 is its web page)", "MinIO。S3互換のオブジェクトストレージ(9001番は管理画面)"},
		Risk: Text{
			"Factory keys and buckets open to everybody give the data away.",
			"初期の鍵や公開設定のバケットから、データを取られます。",
		},
	},
	{
		Name: "jenkins-agent", TCP: ports{50000}, Cleartext: true,
		Summary: Text{"Jenkins: where its build agents call in", "Jenkinsのビルドエージェントの接続口"},
		Risk: Text{
			"Holes of the past let strangers run code on the controller.",
			"過去の欠陥では、コントローラー上でコードを実行されました。",
		},
	},
}
