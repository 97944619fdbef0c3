package book

// ftpActive and ftpPassive are the two ways of FTP's data connection.
var ftpActive = Diagram{
	Title:   Text{"Active mode (PORT): the server connects back", "アクティブモード(PORT): サーバーから接続"},
	Parties: []Text{{"client", "クライアント"}, {"server", "サーバー"}},
	Steps: []Step{
		{0, 1, Text{"control: from 4001 to 21", "制御接続 4001番から21番へ"}},
		{0, 1, Text{"PORT: I wait at 4002", "PORT 4002番で待つ"}},
		{0, 1, Text{"LIST", "LIST"}},
		{1, 0, Text{"data: from 20 to 4002", "データ接続 20番から4002番へ"}},
		{1, 0, Text{"the list of files", "ファイル一覧"}},
		{0, 1, Text{"PORT 4003, RETR file", "PORT 4003番、RETR ファイル名"}},
		{1, 0, Text{"data: from 20 to 4003", "データ接続 20番から4003番へ"}},
		{1, 0, Text{"the file", "ファイルの中身"}},
	},
}

var ftpPassive = Diagram{
	Title:   Text{"Passive mode (PASV): the client connects", "パッシブモード(PASV): クライアントから接続"},
	Parties: []Text{{"client", "クライアント"}, {"server", "サーバー"}},
	Steps: []Step{
		{0, 1, Text{"control: from 4001 to 21", "制御接続 4001番から21番へ"}},
		{0, 1, Text{"PASV", "PASV"}},
		{1, 0, Text{"227: I wait at 50001", "227 50001番で待つ"}},
		{0, 1, Text{"data: from 4002 to 50001", "データ接続 4002番から50001番へ"}},
		{0, 1, Text{"LIST, on the control line", "LIST(制御接続で)"}},
		{1, 0, Text{"the list of files", "ファイル一覧"}},
		{0, 1, Text{"PASV, then from 4003 to 50002", "PASVのあと4003番から50002番へ"}},
		{1, 0, Text{"the file", "ファイルの中身"}},
	},
}

// files is the lessons of moving and sharing files.
var files = lessons{
	"ftp": {
		Session: Text{
			"The client connects to TCP port 21 and logs in with USER and PASS: that is the control connection, and it stays. Each list and each file goes over a data connection of its own, which is closed behind it. In active mode the server opens it, from port 20 to the port that the client named; in passive mode the client opens it, to the port (1024 or above) that the server named.",
			"クライアントがTCPの21番へ接続し、USERとPASSで認証します。これが制御接続で、最後まで続きます。一覧やファイルは、そのつど張って閉じるデータ接続で運ばれます。アクティブモードではサーバーが、自分の20番からクライアントの知らせたポートへ接続し、パッシブモードではクライアントが、サーバーの知らせたポート(1024番以上)へ接続します。",
		},
		Usual: homeLAN,
		Close: Text{
			"`systemctl disable --now vsftpd` (proftpd, pure-ftpd); Windows: stop the site in IIS. Use SFTP (port 22). Where it has to stay: TLS required (ssl_enable=YES, force_local_logins_ssl=YES), a fixed passive range (pasv_min_port, pasv_max_port) and only that range and 21 forwarded.",
			"`systemctl disable --now vsftpd`(proftpd、pure-ftpd)、WindowsはIISのサイトを停止し、SFTP(22番)を使います。残す場合はTLSを必須にし(ssl_enable=YES、force_local_logins_ssl=YES)、パッシブ用の範囲を固定して(pasv_min_port、pasv_max_port)、その範囲と21番だけを転送します。",
		},
		Upgrade: "AUTH TLS",
		Facts: []Text{
			{
				"In active mode the server connects, with 20 as its source port. A firewall or NAT router before the client sees a connection from outside and stops it; the server's own filter must let connections out from source port 20 to any port.",
				"アクティブモードで接続するのはサーバーで、送信元ポートが20番になります。クライアント側のファイアウォールやNATルーターには外からの接続に見えるため遮断されます。サーバー側のフィルターでは、送信元20番・あて先任意の外向きの接続を通す必要があります。",
			},
			{
				"In passive mode both connections go from the client to the server, and its ports change with every transfer. Home routers and firewalls that read the control connection open them by themselves, as long as it is not encrypted; a server behind NAT has to name its global address (pasv_address).",
				"パッシブモードでは両方の接続がクライアントからサーバーへ向かい、サーバー側のポートは転送のたびに変わります。制御接続を読むルーターやファイアウォールは自動で通しますが、暗号化されていると読めません。NATの内側のサーバーは、グローバルアドレスを知らせる設定(pasv_address)が必要です。",
			},
			{
				"Port 21 being open says nothing about the data connections: sekisho test ftp tries both modes.",
				"21番が開いていても、データ接続が通るとは限りません。sekisho test ftp は両方のモードを試します。",
			},
		},
		Diagrams: []Diagram{ftpActive, ftpPassive},
	},
	"ftp-data": {
		Session: Text{
			"Nobody connects to port 20. In active mode the FTP server connects out, from its source port 20 to the port that the client named with PORT, once for each list and each file. In passive mode 20 plays no part.",
			"20番へ接続してくる者はいません。アクティブモードで、FTPサーバーが送信元ポート20番から、クライアントがPORTで知らせたポートへ接続します。一覧やファイルのたびに1回です。パッシブモードでは使いません。",
		},
		Usual: Usual{Closed, Closed, Closed, Closed},
		Close: Text{
			"Nothing listens here, so nothing needs to be forwarded to it; a server of active mode only needs connections out from source port 20. Never write a rule that lets everything in which comes from port 20: anybody can choose that source port.",
			"待ち受けはないので、20番の転送は不要です。アクティブモードのサーバーに要るのは、送信元20番の外向きの接続だけです。「送信元が20番なら受け入れる」という規則は作らないでください。送信元ポートは誰でも選べます。",
		},
		Diagrams: []Diagram{ftpActive},
	},
	"ftps": {
		Session: Text{
			"The client connects to TCP port 990 and TLS begins at once; inside it goes the conversation of port 21, and the data connections are encrypted too (PROT P).",
			"クライアントがTCPの990番へ接続すると最初からTLSで始まり、その中で21番と同じやり取りをします。データ接続も暗号化されます(PROT P)。",
		},
		Usual: Usual{Closed, Closed, Closed, Closed},
		Close: Text{
			"vsftpd: `implicit_ssl=NO`, or stop the server. Most use 21 with AUTH TLS, or SFTP on 22.",
			"vsftpdは`implicit_ssl=NO`とするか、サーバーを止めます。多くは21番のAUTH TLSか、22番のSFTPを使います。",
		},
		Facts: []Text{{
			"A router cannot read the encrypted control connection, so the passive range has to be forwarded by hand.",
			"暗号化された制御接続はルーターが読めないため、パッシブ用の範囲を手動で転送する必要があります。",
		}},
	},
	"ftps-data": {
		Session: Text{
			"The source port of the data connections of implicit FTPS in active mode: the server connects from 989 to the client. Nobody connects to it.",
			"暗黙のFTPSのアクティブモードで、データ接続の送信元になるポートです。サーバーが989番からクライアントへ接続し、ここへ接続してくる者はいません。",
		},
		Usual: nowhere,
		Close: Text{
			"Nothing listens here: no rule and no forwarding is needed.",
			"待ち受けはないので、許可も転送も不要です。",
		},
	},
	"rsync": {
		Session: Text{
			"The client connects to TCP port 873, both name a version, the client names a module (or asks for the list), proves a password where one is set, and only what differs is sent.",
			"クライアントがTCPの873番へ接続し、版を名乗り、モジュールを指定して(または一覧を求めて)、必要なら認証し、違いのある部分だけを転送します。",
		},
		Usual: homeLAN,
		Close: Text{
			"`systemctl disable --now rsync` and use rsync over SSH; or `address = 192.168.1.10`, `hosts allow`, `auth users` and `read only = yes` in /etc/rsyncd.conf.",
			"`systemctl disable --now rsync`で止め、SSH経由のrsyncを使います。残す場合は/etc/rsyncd.confで`address = 192.168.1.10`、`hosts allow`、`auth users`、`read only = yes`を設定します。",
		},
	},
	"sunrpc": {
		Session: Text{
			"The client asks port 111 at which port a program (NFS, mountd, NIS) listens, and then connects there.",
			"クライアントが111番に、目的のプログラム(NFS、mountd、NISなど)のポートを問い合わせ、そこへ接続します。",
		},
		Usual: homeLAN,
		Close: Text{
			"`systemctl disable --now rpcbind.socket rpcbind`: NFS version 4 works without it. Otherwise pass 111 from the LAN only.",
			"`systemctl disable --now rpcbind.socket rpcbind`で止めます。NFSバージョン4には不要です。必要な場合もLANからだけ通します。",
		},
	},
	"nfs": {
		Session: Text{
			"The client mounts a folder: version 4 talks to TCP port 2049 alone, older ones ask rpcbind and mountd first. The server believes the address and the user number that the client names, unless Kerberos is used.",
			"クライアントがフォルダーをマウントします。バージョン4はTCPの2049番だけを使い、それ以前はまずrpcbindとmountdに問い合わせます。Kerberosを使わない限り、サーバーはクライアントの名乗るアドレスと利用者番号を信じます。",
		},
		Usual: homeLAN,
		Close: Text{
			"`systemctl disable --now nfs-server`; or name single addresses in /etc/exports, keep root_squash, and pass 2049 from the LAN only.",
			"`systemctl disable --now nfs-server`で止めます。残す場合は/etc/exportsに個別のアドレスを書き、root_squashを保ち、2049番はLANからだけ通します。",
		},
	},
	"mountd": {
		Session: Text{
			"A client of NFS version 3 asks here for the list of exported folders and for the handle of one; the files themselves go over 2049.",
			"NFSバージョン3のクライアントが、公開フォルダーの一覧と、目的のフォルダーのハンドルを求めます。ファイルそのものは2049番を通ります。",
		},
		Usual: homeLAN,
		Close: Text{
			"Version 4 alone needs none: `[nfsd] vers3=n` in /etc/nfs.conf and `systemctl mask nfs-mountd` where nothing uses it; else the LAN only.",
			"バージョン4だけなら不要です。/etc/nfs.confで`[nfsd] vers3=n`とし、使わなければ`systemctl mask nfs-mountd`、使う場合はLANだけに限ります。",
		},
	},
	"afpovertcp": {
		Session: Text{
			"A Mac connects to TCP port 548, logs in and mounts a volume; Time Machine of old used it.",
			"MacがTCPの548番へ接続し、認証してボリュームをマウントします。以前はTime Machineにも使われました。",
		},
		Usual: homeLAN,
		Close: Text{
			"Switch AFP off in the NAS and share by SMB, which macOS prefers since 10.9; `systemctl disable --now netatalk`.",
			"NASの設定でAFPを切り、macOS 10.9以降が優先するSMBで共有します。止めるには`systemctl disable --now netatalk`です。",
		},
	},
	"iscsi-target": {
		Session: Text{
			"The initiator connects to TCP port 3260, logs in (CHAP, if set), and reads and writes the blocks of a disk as if it were its own.",
			"イニシエーターがTCPの3260番へ接続してログインし(設定があればCHAP認証)、ディスクのブロックを自分のもののように読み書きします。",
		},
		Usual: homeLAN,
		Close: Text{
			"Let the portal listen on the storage network's address only (targetcli: portals/ create 192.168.50.1), with CHAP and access lists by initiator.",
			"ポータルはストレージ用ネットワークのアドレスだけで待ち受けさせ(targetcliのportals/ create 192.168.50.1)、CHAPとイニシエーターごとの許可を設定します。",
		},
	},
	"git": {
		Session: Text{
			"The client connects to TCP port 9418, names a repository, and fetches what it lacks; anybody may read, nobody proves who he is.",
			"クライアントがTCPの9418番へ接続し、リポジトリを指定して不足分を取得します。認証はなく、誰でも読めます。",
		},
		Usual: nowhere,
		Close: Text{
			"`systemctl disable --now git-daemon` and serve over SSH or HTTPS; remove git-daemon-export-ok from what is not public.",
			"`systemctl disable --now git-daemon`で止め、SSHかHTTPSで提供します。公開しないものからはgit-daemon-export-okを消します。",
		},
	},
	"svn": {
		Session: Text{
			"The client connects to TCP port 3690, both tell what they can, the user proves a password by CRAM-MD5, and files go in clear.",
			"クライアントがTCPの3690番へ接続し、機能を知らせ合い、CRAM-MD5で認証します。ファイルは平文で流れます。",
		},
		Usual: nowhere,
		Close: Text{
			"Stop svnserve (`systemctl disable --now svnserve`) and use svn+ssh:// or Apache with HTTPS; or `--listen-host` with the LAN address.",
			"svnserveを止め(`systemctl disable --now svnserve`)、svn+ssh://かHTTPSのApacheを使います。残す場合は`--listen-host`でLAN側のアドレスに限ります。",
		},
	},
	"uucp": {
		Session: Text{
			"A neighbour connects to TCP port 540, logs in in clear, and both hand over the mails and files that wait.",
			"隣接サイトがTCPの540番へ接続して平文で認証し、たまっているメールやファイルを渡し合います。",
		},
		Usual: nowhere,
		Close: Text{
			"Remove the line uucp from /etc/inetd.conf and the package; carry UUCP over SSH where it still runs.",
			"/etc/inetd.confのuucpの行とパッケージを削除します。今も使う場合はSSHの中を通します。",
		},
	},
	"syncthing": {
		Session: Text{
			"Each device connects to the others at port 22000 (TCP, or QUIC over UDP) by TLS, and only devices whose certificate was accepted exchange files; UDP 21027 finds them in the LAN.",
			"各機器が互いの22000番(TCP、またはUDP上のQUIC)へTLSで接続し、証明書を承認した機器とだけファイルを交換します。LAN内の発見にはUDPの21027番を使います。",
		},
		Usual: Usual{LAN, Open, Closed, Closed},
		Close: Text{
			"`systemctl disable --now syncthing@USER`; or set the listen address to tcp://192.168.1.10:22000 and switch NAT traversal off: relays work without an open port.",
			"`systemctl disable --now syncthing@USER`で止めるか、待ち受けアドレスをtcp://192.168.1.10:22000とし、NAT越えを切ります。中継サーバー経由なら開けなくても動きます。",
		},
	},
	"syncthing-web": {
		Session: Text{
			"The browser opens TCP port 8384, by HTTP unless TLS was chosen, and manages the folders.",
			"ブラウザーがTCPの8384番を開き(TLSを選ばなければHTTP)、フォルダーを管理します。",
		},
		Usual: nowhere,
		Close: Text{
			"GUI listen address 127.0.0.1:8384 (the default), a password and HTTPS; reach it by `ssh -L 8384:localhost:8384`.",
			"GUIの待ち受けアドレスを既定の127.0.0.1:8384とし、パスワードとHTTPSを設定します。離れた所からは`ssh -L 8384:localhost:8384`を使います。",
		},
	},
	"bacula-dir": {
		Session: Text{
			"The director (9101) connects to each client's file daemon (9102) and tells it to send its files to the storage daemon (9103); a shared password proves both.",
			"ディレクター(9101番)が各クライアントのファイルデーモン(9102番)へ接続し、ストレージデーモン(9103番)へファイルを送るよう指示します。双方は共通のパスワードで認証します。",
		},
		Usual: homeLAN,
		Close: Text{
			"DirAddress, FDAddress and SDAddress on the LAN address in the .conf files, TLS between them, and the firewall open to the director only.",
			"各.confのDirAddress、FDAddress、SDAddressをLAN側のアドレスとし、相互をTLSで保護し、ファイアウォールはディレクターからだけ通します。",
		},
	},
	"ndmp": {
		Session: Text{
			"The backup program connects to TCP port 10000 of the NAS, logs in, and tells it to write to a tape or to another NAS.",
			"バックアップソフトがNASのTCPの10000番へ接続して認証し、テープや別のNASへの書き出しを指示します。",
		},
		Usual: nowhere,
		Close: Text{
			"Switch NDMP off in the NAS, or allow the address of the backup server alone and use MD5 logins.",
			"NASの設定でNDMPを切るか、バックアップサーバーのアドレスだけを許可し、MD5認証を使います。",
		},
	},
	"gluster": {
		Session: Text{
			"Clients and the other servers connect to TCP port 24007, get the map of the volume, and then talk to each brick at 49152 and above.",
			"クライアントやほかのサーバーがTCPの24007番へ接続してボリュームの構成を受け取り、その後49152番以上の各ブリックと通信します。",
		},
		Usual: homeLAN,
		Close: Text{
			"Firewall: the storage network only; `gluster volume set VOL auth.allow 192.168.50.*` and TLS for management and data.",
			"ファイアウォールでストレージ用ネットワークだけに限り、`gluster volume set VOL auth.allow 192.168.50.*`とし、管理とデータをTLSにします。",
		},
	},
	"ceph": {
		Session: Text{
			"Clients connect to a monitor (3300, or 6789 of old), prove their key by cephx, get the map, and talk to the disks' daemons at 6800 to 7300.",
			"クライアントがモニター(3300番、旧方式は6789番)へ接続し、cephxで鍵を証明して構成図を受け取り、6800〜7300番のOSDと通信します。",
		},
		Usual: homeLAN,
		Close: Text{
			"`public_network` and `cluster_network` in ceph.conf on networks of their own, and no route to them from outside.",
			"ceph.confの`public_network`と`cluster_network`を専用のネットワークにし、外部からの経路を作りません。",
		},
	},
	"nbd": {
		Session: Text{
			"The client connects to TCP port 10809, names an export, and reads and writes it as a disk; TLS only where both are set to it.",
			"クライアントがTCPの10809番へ接続し、エクスポートを指定してディスクとして読み書きします。TLSは双方に設定した場合だけです。",
		},
		Usual: nowhere,
		Close: Text{
			"`listenaddr = 127.0.0.1` in /etc/nbd-server/config and an SSH tunnel, or an authfile with the addresses that may.",
			"/etc/nbd-server/configで`listenaddr = 127.0.0.1`としてSSHトンネルを使うか、authfileで許可するアドレスを定めます。",
		},
	},
	"distcc": {
		Session: Text{
			"The compiling machine connects to TCP port 3632 of a helper, sends the source and the compiler's command line, and gets the object file.",
			"コンパイルする機器が手伝う機器のTCPの3632番へ接続し、ソースとコンパイラーのコマンドラインを送り、オブジェクトファイルを受け取ります。",
		},
		Usual: nowhere,
		Close: Text{
			"ALLOWEDNETS and LISTENER in /etc/default/distcc with the LAN, or `systemctl disable --now distcc`; over SSH it needs no port.",
			"/etc/default/distccのALLOWEDNETSとLISTENERをLANに限るか、`systemctl disable --now distcc`で止めます。SSH経由ならポートは不要です。",
		},
	},
	"afs3-fileserver": {
		Session: Text{
			"The client (7001) asks the location server (7003) where a volume is and the file server (7000) for its files, by UDP with Kerberos tickets.",
			"クライアント(7001番)がボリュームの場所を7003番に、ファイルを7000番のファイルサーバーに求めます。UDPを使い、Kerberosのチケットで認証します。",
		},
		Usual: nowhere,
		Close: Text{
			"`systemctl disable --now openafs-fileserver`, or pass it for the cell's networks only.",
			"`systemctl disable --now openafs-fileserver`で止めるか、セルに属するネットワークだけに限ります。",
		},
	},
	"ncp": {
		Session: Text{
			"A NetWare client connects to port 524, logs in to the directory and mounts volumes.",
			"NetWareのクライアントが524番へ接続し、ディレクトリに認証してボリュームをマウントします。",
		},
		Usual: nowhere,
		Close: Text{
			"Keep it inside: pass 524 from the firm's network only, and move to SMB, since NetWare is no longer looked after.",
			"社内だけに限り、524番は社内からだけ通します。NetWareは保守が終わっているため、SMBへ移行します。",
		},
	},
}
