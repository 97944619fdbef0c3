package portspec

// home is what stands in homes, and what steers machines and buildings.
var home = []Service{
	{
		Name: "mdns", Aliases: []string{"bonjour", "zeroconf"}, UDP: ports{5353}, Cleartext: true, LocalOnly: true,
		Summary: Text{"Multicast DNS: devices of a LAN tell their names and services", "mDNS。LAN内の機器の名前とサービスの通知"},
		Risk: Text{
			"Reached from outside it names the machine and its services, and multiplies forged requests.",
			"外から届くと機器名やサービスを知られ、増幅攻撃にも使われます。",
		},
	},
	{
		Name: "ssdp", Aliases: []string{"upnp"}, UDP: ports{1900}, Cleartext: true, LocalOnly: true,
		Summary: Text{"SSDP: finds UPnP devices of a LAN", "SSDP。LAN内のUPnP機器の検出"},
		Risk: Text{
			"On the Internet it multiplies forged requests thirtyfold, and it names the device.",
			"インターネットに公開すると約30倍の増幅攻撃に使われ、機種も知られます。",
		},
	},
	{
		Name: "upnp-igd", Aliases: []string{"igd"}, TCP: ports{49000, 5431, 52869}, Cleartext: true, LocalOnly: true,
		Summary: Text{"UPnP of routers: programs ask for ports to be opened", "ルーターのUPnP。プログラムからのポート開放の要求"},
		Risk: Text{
			"Reached from outside strangers open ports to the inside, and holes here let worms in.",
			"外から届くと内側へのポートを開けられ、欠陥からワームにも感染します。",
		},
	},
	{
		Name: "synology-dsm", Aliases: []string{"dsm"}, TCP: ports{5001, 5000}, Cleartext: true, LoginCleartext: true,
		Summary: Text{"Synology DSM and other devices; UPnP of Windows XP; on Macs AirPlay", "Synology DSMなどの管理画面(Windows XPのUPnP、MacのAirPlayでも使う番号)"},
		Risk: Text{
			"Ransomware tries passwords and old holes of storage boxes here.",
			"ランサムウェアが、NASのパスワードや古い欠陥を狙います。",
		},
	},
	{
		Name: "home-assistant", Aliases: []string{"hass"}, TCP: ports{8123}, Cleartext: true, LoginCleartext: true,
		Summary: Text{"Home Assistant: the house in the browser", "Home Assistant。ブラウザーによる家の操作"},
		Risk: Text{
			"Whoever gets in switches lights, doors and cameras.",
			"入られると、照明、鍵、カメラまで操作されます。",
		},
	},
	{
		Name: "node-red", TCP: ports{1880}, Cleartext: true, LoginCleartext: true,
		Summary: Text{"Node-RED: programs for devices drawn in the browser", "Node-RED。ブラウザーによる機器の動作の組み立て"},
		Risk: Text{
			"It has no login by default, and whoever reaches it runs programs.",
			"既定では認証がなく、到達できる相手にプログラムを実行されます。",
		},
	},
	{
		Name: "openhab", TCP: ports{8080, 8443}, Cleartext: true, LoginCleartext: true,
		Summary: Text{"openHAB: the house in the browser", "openHAB。ブラウザーによる家の操作"},
		Risk: Text{
			"It has no login for switching by default.",
			"既定では、認証なしで機器を操作できます。",
		},
	},
	{
		Name: "homebridge", TCP: ports{8581, 51826}, Cleartext: true, LoginCleartext: true,
		Summary: Text{"Homebridge: brings devices into Apple Home", "Homebridge。各社の機器とApple Homeの橋渡し"},
		Risk: Text{
			"Older versions come with the password admin.",
			"古い版の初期パスワードはadminです。",
		},
	},
	{
		Name: "matter", UDP: ports{5540}, LocalOnly: true,
		Summary: Text{"Matter: home devices of all makers", "Matter。各社共通の家庭用機器の通信"},
		Risk: Text{
			"It answers only those who belong to the house.",
			"登録した相手にだけ応答します。",
		},
	},
	{
		Name: "echonet", Aliases: []string{"echonet-lite"}, TCP: ports{3610}, UDP: ports{3610}, Cleartext: true, LocalOnly: true,
		Summary: Text{"ECHONET Lite: Japanese household devices, from air conditioner to power meter", "ECHONET Lite。エアコンや電力量計など日本の家電・住宅設備"},
		Risk: Text{
			"It has no login: whoever reaches it switches devices and reads the house's use of power.",
			"認証がなく、到達できる相手に機器を操作され、電気の使用状況も知られます。",
		},
	},
	{
		Name: "esphome", TCP: ports{6053}, LocalOnly: true,
		Summary: Text{"ESPHome: small devices made at home", "ESPHome。自作の小型機器"},
		Risk: Text{
			"Without a key anybody switches them.",
			"鍵を設定しないと、誰でも操作できます。",
		},
	},
	{
		Name: "tuya", TCP: ports{6668}, UDP: ports{6666, 6667}, LocalOnly: true,
		Summary: Text{"Tuya: cheap plugs and lamps of many brands", "Tuya。各社ブランドの安価なプラグや照明"},
		Risk: Text{
			"Whoever knows the device's key switches it.",
			"機器の鍵を知る相手に操作されます。",
		},
	},
	{
		Name: "kasa", Aliases: []string{"tplink-kasa"}, TCP: ports{9999}, UDP: ports{9999}, Cleartext: true, LocalOnly: true,
		Summary: Text{"TP-Link Kasa: plugs and lamps", "TP-Link Kasa。スマートプラグや照明"},
		Risk: Text{
			"Older ones have no login: whoever reaches them switches them.",
			"古いものは認証がなく、到達できる相手に操作されます。",
		},
	},
	{
		Name: "coap", UDP: ports{5683}, Cleartext: true, LocalOnly: true, Successor: "coaps",
		Summary: Text{"CoAP: web for small devices", "CoAP。小型機器向けの簡素なWeb"},
		Risk: Text{
			"Most have no login, and forged requests are multiplied.",
			"多くは認証がなく、増幅攻撃にも使われます。",
		},
	},
	{
		Name: "coaps", UDP: ports{5684},
		Summary: Text{"CoAP over DTLS", "DTLSで暗号化されたCoAP"},
		Risk: Text{
			"Weak shared keys let strangers in.",
			"弱い共有鍵では、見知らぬ相手に入られます。",
		},
	},
	{
		Name: "airplay", Aliases: []string{"raop"}, TCP: ports{7000, 7100}, LocalOnly: true,
		Summary: Text{"AirPlay: sound and pictures to Apple devices", "AirPlay。Apple機器への音声・映像の転送"},
		Risk: Text{
			"Neighbours play, and holes of 2025 ran code on many receivers.",
			"近くの人に再生され、2025年には多くの受信機でコードを実行される欠陥が見つかりました。",
		},
	},
	{
		Name: "chromecast", Aliases: []string{"googlecast"}, TCP: ports{8009, 8008}, Cleartext: true, LocalOnly: true,
		Summary: Text{"Chromecast: pictures and sound to televisions", "Chromecast。テレビへの映像・音声の転送"},
		Risk: Text{
			"Strangers play on the television.",
			"見知らぬ相手に、テレビで再生されます。",
		},
	},
	{
		Name: "roku-ecp", Aliases: []string{"roku"}, TCP: ports{8060}, Cleartext: true, LocalOnly: true,
		Summary: Text{"Roku: remote control of televisions", "Roku。テレビの遠隔操作"},
		Risk: Text{
			"It has no login: whoever reaches it operates the television.",
			"認証がなく、到達できる相手に操作されます。",
		},
	},
	{
		Name: "sonos", TCP: ports{1400, 1443}, Cleartext: true, LocalOnly: true,
		Summary: Text{"Sonos: loudspeakers", "Sonos。スピーカー"},
		Risk: Text{
			"It has no login: whoever reaches it plays, and learns the network's names.",
			"認証がなく、再生されるほか、ネットワーク上の名前も知られます。",
		},
	},
	{
		Name: "plex", TCP: ports{32400},
		Summary: Text{"Plex: films and music", "Plex。動画や音楽の配信"},
		Risk: Text{
			"Old versions run code of whoever is logged in; an administrator's computer was broken into so in 2022.",
			"古い版にはコードを実行される欠陥があり、2022年の大きな侵入事件でも使われました。",
		},
	},
	{
		Name: "jellyfin", Aliases: []string{"emby"}, TCP: ports{8096, 8920}, Cleartext: true, LoginCleartext: true,
		Summary: Text{"Jellyfin and Emby: films and music", "Jellyfin・Emby。動画や音楽の配信"},
		Risk: Text{
			"Passwords are tried here, and cross in clear without HTTPS.",
			"パスワードが試され、HTTPSを使わないと平文で流れます。",
		},
	},
	{
		Name: "minidlna", Aliases: []string{"dlna"}, TCP: ports{8200}, Cleartext: true, LocalOnly: true,
		Summary: Text{"MiniDLNA: films and music for televisions", "MiniDLNA。テレビ向けの動画・音楽配信"},
		Risk: Text{
			"It has no login: whoever reaches it takes everything that is shared.",
			"認証がなく、共有した内容を誰にでも取られます。",
		},
	},
	{
		Name: "daap", Aliases: []string{"itunes"}, TCP: ports{3689}, Cleartext: true, LocalOnly: true,
		Summary: Text{"DAAP: shared music of iTunes", "DAAP。iTunesの音楽共有"},
		Risk: Text{
			"Whoever reaches it hears and lists the music.",
			"到達できる相手に、曲の一覧と再生を許します。",
		},
	},
	{
		Name: "mpd", TCP: ports{6600}, Cleartext: true, LoginCleartext: true, LocalOnly: true,
		Summary: Text{"MPD: plays music", "MPD。音楽の再生"},
		Risk: Text{
			"Without a password anybody plays.",
			"パスワードがないと、誰でも操作できます。",
		},
	},
	{
		Name: "subsonic", Aliases: []string{"navidrome"}, TCP: ports{4040, 4533}, Cleartext: true, LoginCleartext: true,
		Summary: Text{"Subsonic and Navidrome: music", "Subsonic・Navidrome。音楽の配信"},
		Risk: Text{
			"Passwords are tried here, and cross almost readable.",
			"パスワードが試され、読める形に近いまま流れます。",
		},
	},
	{
		Name: "dahua", Aliases: []string{"dahua-dvr"}, TCP: ports{37777}, Cleartext: true, LocalOnly: true,
		Summary: Text{"Dahua: cameras and recorders", "Dahua製カメラ・録画機"},
		Risk: Text{
			"A hole of 2021 passed the login by, and factory passwords are tried.",
			"2021年の欠陥では認証を回避され、初期パスワードも試されます。",
		},
	},
	{
		Name: "xmeye", Aliases: []string{"dvrip"}, TCP: ports{34567}, Cleartext: true, LocalOnly: true,
		Summary: Text{"Xiongmai: cameras and recorders of many brands", "XMEye。各社ブランドのカメラ・録画機"},
		Risk: Text{
			"Most have a factory password that nobody changed, and worms know it.",
			"初期パスワードのままの機器が多く、ワームに知られています。",
		},
	},
	{
		Name: "pihole-ftl", TCP: ports{4711}, Cleartext: true, LocalOnly: true,
		Summary: Text{"Pi-hole: figures of its name server", "Pi-hole。DNSの統計"},
		Risk: Text{
			"It tells which names the household asks for.",
			"家庭内で調べた名前の履歴を知られます。",
		},
	},
	{
		Name: "xbox", Aliases: []string{"xbox-live"}, TCP: ports{3074}, UDP: ports{3074},
		Summary: Text{"Xbox: games with others", "Xbox。ほかの人とのゲーム"},
		Risk: Text{
			"Opened by the console itself; others of the game learn your address.",
			"本体が自動で開けるもので、対戦相手にアドレスを知られます。",
		},
	},
	{
		Name: "ps-remote-play", Aliases: []string{"playstation"}, TCP: ports{9295}, UDP: ports{9296, 9297, 9302},
		Summary: Text{"PlayStation Remote Play", "PlayStationのリモートプレイ"},
		Risk: Text{
			"Only paired devices get in; strangers see that a console is there.",
			"登録した機器しか入れませんが、本体があることは知られます。",
		},
	},
	{
		Name: "steam-in-home", Aliases: []string{"steam-remote-play"}, TCP: ports{27036}, UDP: ports{27031, 27036}, LocalOnly: true,
		Summary: Text{"Steam: games played on another device of the house", "Steam。家の中の別の機器でのプレイ"},
		Risk: Text{
			"It shows the machine and its user to the network.",
			"機器と利用者の名前をネットワークに知らせます。",
		},
	},
	{
		Name: "modbus", Aliases: []string{"mbap"}, TCP: ports{502}, UDP: ports{502}, Cleartext: true, LocalOnly: true,
		Summary: Text{"Modbus: reads and sets values of machines and power plants", "Modbus。制御機器や発電設備の値の読み書き"},
		Risk: Text{
			"It has no login: whoever reaches it steers the machine.",
			"認証がなく、到達できる相手に設備を動かされます。",
		},
	},
	{
		Name: "iso-tsap", Aliases: []string{"s7", "s7comm"}, TCP: ports{102}, Cleartext: true, LocalOnly: true,
		Summary: Text{"Siemens S7 controllers, and MMS of substations", "シーメンスS7などのPLC(変電所のMMSも)"},
		Risk: Text{
			"Old controllers let anybody read, change and stop the program.",
			"古いPLCは、誰でもプログラムを読み、書き換え、止められます。",
		},
	},
	{
		Name: "bacnet", UDP: ports{47808}, Cleartext: true, LocalOnly: true,
		Summary: Text{"BACnet: heating, ventilation and doors of buildings", "BACnet。ビルの空調、換気、出入り口の制御"},
		Risk: Text{
			"It has no login: whoever reaches it steers the building.",
			"認証がなく、到達できる相手に設備を動かされます。",
		},
	},
	{
		Name: "ethernet-ip-2", Aliases: []string{"ethernet-ip", "enip"}, TCP: ports{44818}, UDP: ports{44818, 2222}, Cleartext: true, LocalOnly: true,
		Summary: Text{"EtherNet/IP: controllers of Rockwell and others", "EtherNet/IP。ロックウェルなどのPLC"},
		Risk: Text{
			"It has no login: whoever reaches it steers the machine.",
			"認証がなく、到達できる相手に設備を動かされます。",
		},
	},
	{
		Name: "dnp", Aliases: []string{"dnp3"}, TCP: ports{20000}, UDP: ports{20000}, Cleartext: true, LocalOnly: true,
		Summary: Text{"DNP3: power and water networks", "DNP3。電力や水道の遠隔制御"},
		Risk: Text{
			"Without its secure form, whoever reaches it switches.",
			"保護機能を使わないと、到達できる相手に操作されます。",
		},
	},
	{
		Name: "iec-104", Aliases: []string{"iec60870"}, TCP: ports{2404}, Cleartext: true, LocalOnly: true,
		Summary: Text{"IEC 60870-5-104: power networks", "IEC 60870-5-104。電力網の遠隔制御"},
		Risk: Text{
			"It has no login: whoever reaches it switches.",
			"認証がなく、到達できる相手に操作されます。",
		},
	},
	{
		Name: "opcua-tcp", Aliases: []string{"opc-ua"}, TCP: ports{4840}, UDP: ports{4840}, LocalOnly: true,
		Summary: Text{"OPC UA: data of machines", "OPC UA。生産設備のデータ交換"},
		Risk: Text{
			"Anonymous access and mode None open it to everybody.",
			"匿名接続やセキュリティなしの設定では、誰でも入れます。",
		},
	},
	{
		Name: "knxnet-ip", Aliases: []string{"knx", "eibnet"}, UDP: ports{3671}, Cleartext: true, LocalOnly: true,
		Summary: Text{"KNX: lights, blinds and heating of buildings", "KNX。建物の照明、ブラインド、空調"},
		Risk: Text{
			"It has no login: whoever reaches it switches, and has locked owners out.",
			"認証がなく、操作されるほか、所有者が締め出された例もあります。",
		},
	},
	{
		Name: "fins", Aliases: []string{"omron-fins"}, TCP: ports{9600}, UDP: ports{9600}, Cleartext: true, LocalOnly: true,
		Summary: Text{"FINS: controllers of Omron", "FINS。オムロン製PLC"},
		Risk: Text{
			"It has no login: whoever reaches it steers the machine.",
			"認証がなく、到達できる相手に設備を動かされます。",
		},
	},
	{
		Name: "slmp", Aliases: []string{"melsec"}, TCP: ports{5007, 5006}, UDP: ports{5006, 5007}, Cleartext: true, LocalOnly: true,
		Summary: Text{"SLMP and MC protocol: controllers of Mitsubishi Electric", "SLMP・MCプロトコル。三菱電機製PLC"},
		Risk: Text{
			"Most are set up without a password: whoever reaches it steers the machine.",
			"パスワードなしの設定が多く、到達できる相手に設備を動かされます。",
		},
	},
	{
		Name: "niagara-fox", Aliases: []string{"fox"}, TCP: ports{1911, 4911}, Cleartext: true, LocalOnly: true,
		Summary: Text{"Niagara Fox: control of buildings", "Niagara Fox。ビル設備の制御"},
		Risk: Text{
			"Passwords are tried here, and it tells name, version and place before any login.",
			"パスワードが試され、認証前でも名前、版、設置場所を教えます。",
		},
	},
	{
		Name: "codesys", TCP: ports{2455, 1217}, Cleartext: true, LocalOnly: true,
		Summary: Text{"CODESYS: controllers of many makers", "CODESYS。各社のPLC"},
		Risk: Text{
			"Old ones let anybody load and stop programs.",
			"古いものは、誰でもプログラムを書き込み、止められます。",
		},
	},
	{
		Name: "atg", Aliases: []string{"veeder-root"}, TCP: ports{10001}, Cleartext: true, LocalOnly: true,
		Summary: Text{"Gauges of fuel tanks", "給油所などのタンク液面計"},
		Risk: Text{
			"It has no login: whoever reaches it reads and changes the gauges.",
			"認証がなく、到達できる相手に値を読まれ、変えられます。",
		},
	},
}
