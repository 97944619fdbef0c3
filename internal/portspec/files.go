package portspec

// files is the keeping, moving and copying of files.
var files = []Service{
	{
		Name: "ftp", TCP: ports{21}, Cleartext: true, LoginCleartext: true, Successor: "ftps",
		Summary: Text{"FTP control connection: the client logs in and gives commands here; files go over a second connection", "FTPの制御接続。認証と指示(ファイルは別のデータ接続で転送)"},
		Risk: Text{
			"The password and every file can be read on the way, and a forgotten anonymous upload becomes somebody's file store.",
			"パスワードもファイルも途中で読み取られ、匿名で書き込めると他人のファイル置き場にされます。",
		},
	},
	{
		Name: "ftp-data", TCP: ports{20}, Cleartext: true, Successor: "ftps",
		Summary: Text{"FTP data: the port from which the server connects to the client in active mode (PORT); nothing listens here", "FTPのデータ接続。PORT(アクティブ)でサーバーからクライアントへつなぐ際の送信元(待ち受けなし)"},
		Risk: Text{
			"Nothing needs to be let in here; a rule that lets everything from source port 20 pass opens the firewall to anybody.",
			"外から受け付ける必要はなく、送信元20番を無条件に通す規則があるとファイアウォールを素通りされます。",
		},
	},
	{
		Name: "ftps", TCP: ports{990},
		Summary: Text{"FTP over TLS from the first byte (implicit); most servers offer TLS on port 21 with AUTH TLS instead", "最初からTLSで暗号化されたFTP(現在は21番のAUTH TLSが一般的)"},
		Risk: Text{
			"Passwords are tried here, and the data connections need a range of ports of their own.",
			"パスワードが試されるほか、データ接続用に別のポート範囲を開ける必要があります。",
		},
	},
	{
		Name: "ftps-data", TCP: ports{989},
		Summary: Text{"Data connection of FTP over TLS in active mode", "TLSで暗号化されたFTPのデータ接続(PORTのときの送信元)"},
		Risk: Text{
			"Nothing needs to be let in here.",
			"外から受け付ける必要はありません。",
		},
	},
	{
		Name: "rsync", TCP: ports{873}, Cleartext: true, LocalOnly: true, Successor: "ssh",
		Summary: Text{"rsync: copies only what has changed between two folders", "rsync。変更された部分だけを写すファイル同期"},
		Risk: Text{
			"A module without a password gives out, and sometimes takes in, whole folders.",
			"パスワードのないモジュールは、フォルダーを丸ごと読まれ、書き込まれることもあります。",
		},
	},
	{
		Name: "sunrpc", Aliases: []string{"rpcbind", "portmapper", "portmap"}, TCP: ports{111}, UDP: ports{111}, Cleartext: true, LocalOnly: true,
		Summary: Text{"rpcbind: tells at which port NFS and other Unix RPC services listen", "rpcbind。NFSなどUNIXのRPCサービスの待ち受け先の案内"},
		Risk: Text{
			"It lists the machine's services to strangers and multiplies forged requests.",
			"稼働中のサービス一覧を教えてしまい、増幅攻撃の踏み台にもされます。",
		},
	},
	{
		Name: "nfs", TCP: ports{2049}, UDP: ports{2049}, Cleartext: true, LocalOnly: true,
		Summary: Text{"NFS: Unix file sharing that trusts the client's word on who its users are", "NFS。UNIXのファイル共有(利用者が誰かは相手の申告を信じる)"},
		Risk: Text{
			"Whoever may mount it reads the files of everybody by claiming their number.",
			"マウントを許された相手は、利用者番号を名乗るだけで他人のファイルを読めます。",
		},
	},
	{
		Name: "mountd", TCP: ports{20048}, UDP: ports{20048}, Cleartext: true, LocalOnly: true,
		Summary: Text{"NFS mount service: tells which folders are shared and lets clients in", "NFSのmountd。共有フォルダーの一覧とマウントの受け付け"},
		Risk: Text{
			"It lists what is shared and with whom, and is the door to NFS.",
			"共有の内容と相手を教え、NFSへの入り口になります。",
		},
	},
	{
		Name: "afpovertcp", Aliases: []string{"afp"}, TCP: ports{548}, Cleartext: true, LocalOnly: true, Successor: "microsoft-ds",
		Summary: Text{"AFP: file sharing of older Macs, and Time Machine on NAS", "AFP。旧来のMacのファイル共有(NASのTime Machineなど)"},
		Risk: Text{
			"Old servers had holes that gave strangers the machine, and passwords are tried here.",
			"古い実装には乗っ取りにつながる欠陥があり、パスワードも試されます。",
		},
	},
	{
		Name: "iscsi-target", Aliases: []string{"iscsi"}, TCP: ports{3260}, Cleartext: true, LocalOnly: true,
		Summary: Text{"iSCSI: a disk over the network", "iSCSI。ネットワーク越しのディスク"},
		Risk: Text{
			"Without CHAP anybody mounts the disk and reads or overwrites it below the file system.",
			"CHAP認証がないと誰でもディスクをつなぎ、中身を読み書きできます。",
		},
	},
	{
		Name: "git", Aliases: []string{"git-daemon"}, TCP: ports{9418}, Cleartext: true, Successor: "ssh",
		Summary: Text{"Git's own protocol: copies repositories without a login", "Gitの専用プロトコル。認証のないリポジトリの配布"},
		Risk: Text{
			"Everything under its folder is public, with the history, in which passwords are often found.",
			"公開フォルダー以下は履歴ごと誰でも取得でき、過去のパスワードが見つかることもあります。",
		},
	},
	{
		Name: "svn", Aliases: []string{"svnserve", "subversion"}, TCP: ports{3690}, Cleartext: true, Successor: "https",
		Summary: Text{"Subversion's own server: source code and its history", "Subversionの専用サーバー。ソースコードと履歴の管理"},
		Risk: Text{
			"Anonymous reading is often left on, and the content is never encrypted.",
			"匿名での読み取りが許されたままのことが多く、内容は暗号化されません。",
		},
	},
	{
		Name: "uucp", TCP: ports{540}, Cleartext: true, LoginCleartext: true,
		Summary: Text{"UUCP over TCP: passes files and mail between old Unix machines", "UUCP。古いUNIX同士のファイルやメールの受け渡し"},
		Risk: Text{
			"The login crosses in clear, and hardly anybody looks after it.",
			"認証情報が平文で流れ、手入れもほとんどされていません。",
		},
	},
	{
		Name: "syncthing", Aliases: []string{"syncthing-gui"}, TCP: ports{22000}, UDP: ports{22000, 21027},
		Summary: Text{"Syncthing: keeps folders in step between devices, encrypted", "Syncthing。機器間のフォルダー同期(暗号化あり)"},
		Risk: Text{
			"Only known devices get in; strangers learn the device's identity.",
			"登録した機器しか接続できませんが、機器の識別子は知られます。",
		},
	},
	{
		Name: "syncthing-web", TCP: ports{8384}, Cleartext: true, LoginCleartext: true, LocalOnly: true,
		Summary: Text{"Syncthing's own web page", "Syncthingの管理画面"},
		Risk: Text{
			"Without a password anybody adds a device and copies every folder.",
			"パスワードがないと、誰でも機器を追加して全フォルダーを持ち出せます。",
		},
	},
	{
		Name: "bacula-dir", Aliases: []string{"bacula", "bareos"}, TCP: ports{9101, 9102, 9103}, Cleartext: true, LocalOnly: true,
		Summary: Text{"Bacula and Bareos: director, file and storage daemons of the backup", "Bacula・Bareosのバックアップ(管理、取得、保存の各デーモン)"},
		Risk: Text{
			"Whoever gets in reads the backup of everything, or destroys it before asking for ransom.",
			"侵入されるとバックアップを丸ごと読まれ、身代金要求の前に消されます。",
		},
	},
	{
		Name: "ndmp", TCP: ports{10000}, Cleartext: true, LoginCleartext: true,
		Summary: Text{"NDMP: backup of file servers to tape", "NDMP。ファイルサーバーのテープバックアップ"},
		Risk: Text{
			"Weak logins give whole volumes away.",
			"弱い認証のままでは、ボリューム全体を持ち出されます。",
		},
	},
	{
		Name: "gluster", Aliases: []string{"glusterd"}, TCP: ports{24007, 24008}, Cleartext: true, LocalOnly: true,
		Summary: Text{"GlusterFS: storage spread over several servers", "GlusterFS。複数のサーバーにまたがる分散ストレージ"},
		Risk: Text{
			"Whoever reaches it can join as a client and read or delete every volume.",
			"到達できる相手は誰でもクライアントとして参加し、全ボリュームを読み書きできます。",
		},
	},
	{
		Name: "ceph", Aliases: []string{"ceph-mon"}, TCP: ports{3300, 6789}, LocalOnly: true,
		Summary: Text{"Ceph monitor: the map of a storage cluster", "Cephのモニター。分散ストレージの構成情報の管理"},
		Risk: Text{
			"It belongs to the storage network; keys that leaked elsewhere open all data here.",
			"ストレージ専用網に置くもので、鍵が漏れると全データを読まれます。",
		},
	},
	{
		Name: "nbd", TCP: ports{10809}, Cleartext: true, LocalOnly: true,
		Summary: Text{"Network block device: a disk over the network", "NBD。ネットワーク越しのディスク"},
		Risk: Text{
			"Without TLS and certificates anybody reads and overwrites the disk.",
			"TLSと証明書で守らないと、誰でもディスクを読み書きできます。",
		},
	},
	{
		Name: "distcc", TCP: ports{3632}, Cleartext: true, LocalOnly: true,
		Summary: Text{"distcc: compiles programs for other machines", "distcc。ほかの機器のコンパイルの肩代わり"},
		Risk: Text{
			"Older versions run any command for whoever asks.",
			"古い版は、頼まれた任意のコマンドをそのまま実行します。",
		},
	},
	{
		Name: "afs3-fileserver", Aliases: []string{"afs"}, UDP: ports{7000, 7001, 7003}, Cleartext: true,
		Summary: Text{"AFS: file system shared between sites", "AFS。拠点間で共有するファイルシステム"},
		Risk: Text{
			"Most of its traffic is protected by weak old ciphers only.",
			"通信の保護が弱い旧式の暗号に頼っています。",
		},
	},
	{
		Name: "ncp", TCP: ports{524}, UDP: ports{524}, Cleartext: true, LocalOnly: true,
		Summary: Text{"NetWare core protocol: file sharing of Novell servers", "NCP。Novell NetWareのファイル共有"},
		Risk: Text{
			"It tells strangers the names of servers and users.",
			"サーバー名や利用者名を見知らぬ相手に教えてしまいます。",
		},
	},
}
