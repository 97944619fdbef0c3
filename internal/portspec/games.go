package portspec

// games is servers of games.
var games = []Service{
	{
		Name: "minecraft", TCP: ports{25565}, UDP: ports{25565},
		Summary: Text{"Minecraft (Java edition)", "Minecraft(Java版)のサーバー"},
		Risk: Text{
			"Without an allow list strangers come in; old versions fell to Log4Shell.",
			"許可リストがないと誰でも入れ、古い版はLog4Shellの影響を受けます。",
		},
	},
	{
		Name: "minecraft-rcon", Aliases: []string{"rcon"}, TCP: ports{25575}, Cleartext: true, LoginCleartext: true, LocalOnly: true,
		Summary: Text{"Minecraft's remote console", "Minecraftの遠隔コンソール"},
		Risk: Text{
			"The password crosses in clear, and whoever has it gives any command of the server.",
			"パスワードが平文で流れ、知られるとサーバーの全コマンドを使われます。",
		},
	},
	{
		Name: "minecraft-bedrock", Aliases: []string{"bedrock"}, UDP: ports{19132, 19133},
		Summary: Text{"Minecraft (Bedrock edition)", "Minecraft(統合版)のサーバー"},
		Risk: Text{
			"Without an allow list strangers come in; forged requests are multiplied a little.",
			"許可リストがないと誰でも入れ、わずかながら増幅攻撃にも使われます。",
		},
	},
	{
		Name: "source-engine", Aliases: []string{"steam", "valve"}, TCP: ports{27015, 27016}, UDP: ports{27015, 27016, 27005}, Cleartext: true,
		Summary: Text{"Games of Valve's Source engine, and many others of Steam", "ValveのSourceエンジンなどSteam系ゲームのサーバー"},
		Risk: Text{
			"Its console on the same port is tried for passwords; forged questions are multiplied on old servers.",
			"同じ番号の遠隔コンソールのパスワードが試され、古いサーバーは増幅攻撃に使われます。",
		},
	},
	{
		Name: "quake", UDP: ports{26000}, Cleartext: true,
		Summary: Text{"Quake and its descendants", "Quakeとその派生ゲームのサーバー"},
		Risk: Text{
			"Forged questions are multiplied.",
			"偽の問い合わせを増幅します。",
		},
	},
	{
		Name: "quake3", UDP: ports{27960}, Cleartext: true,
		Summary: Text{"Quake III and its descendants", "Quake IIIとその派生ゲームのサーバー"},
		Risk: Text{
			"Forged questions are multiplied more than sixtyfold.",
			"偽の問い合わせを60倍以上に増幅します。",
		},
	},
	{
		Name: "unreal-engine", Aliases: []string{"terraria", "ark", "satisfactory"}, TCP: ports{7777}, UDP: ports{7777, 7778},
		Summary: Text{"Games of the Unreal engine, Terraria, ARK, Satisfactory", "Unreal Engine系、Terraria、ARK、Satisfactoryなどのゲームサーバー"},
		Risk: Text{
			"Without a password strangers come in.",
			"パスワードがないと、誰でも入れます。",
		},
	},
	{
		Name: "palworld", TCP: ports{8212}, UDP: ports{8211},
		Summary: Text{"Palworld; 8212 is its programming interface", "Palworldのサーバー(8212番はAPI)"},
		Risk: Text{
			"The interface takes the administrator's password in clear.",
			"APIの管理者パスワードは平文で流れます。",
		},
	},
	{
		Name: "valheim", UDP: ports{2456, 2457},
		Summary: Text{"Valheim", "Valheimのサーバー"},
		Risk: Text{
			"Without a password strangers come in.",
			"パスワードがないと、誰でも入れます。",
		},
	},
	{
		Name: "rust-game", TCP: ports{28016}, UDP: ports{28015},
		Summary: Text{"Rust; 28016 is its remote console", "Rustのサーバー(28016番は遠隔コンソール)"},
		Risk: Text{
			"Passwords of the console are tried here.",
			"遠隔コンソールのパスワードが試されます。",
		},
	},
	{
		Name: "factorio", UDP: ports{34197},
		Summary: Text{"Factorio", "Factorioのサーバー"},
		Risk: Text{
			"Without a password strangers come in.",
			"パスワードがないと、誰でも入れます。",
		},
	},
	{
		Name: "fivem", TCP: ports{30120}, UDP: ports{30120},
		Summary: Text{"FiveM and RedM", "FiveM・RedMのサーバー"},
		Risk: Text{
			"It lists players and their identifiers to whoever asks.",
			"参加者とその識別子を誰にでも教えます。",
		},
	},
	{
		Name: "seven-days-to-die", TCP: ports{26900, 8081}, UDP: ports{26900, 26901, 26902}, Cleartext: true,
		Summary: Text{"7 Days to Die", "7 Days to Dieのサーバー"},
		Risk: Text{
			"Its TELNET console on 8081 has a weak password or none.",
			"8081番のTELNETコンソールは、パスワードが弱いか未設定のことがあります。",
		},
	},
	{
		Name: "project-zomboid", Aliases: []string{"zomboid"}, TCP: ports{16261}, UDP: ports{16261, 16262},
		Summary: Text{"Project Zomboid", "Project Zomboidのサーバー"},
		Risk: Text{
			"Without a password strangers come in.",
			"パスワードがないと、誰でも入れます。",
		},
	},
	{
		Name: "dont-starve", UDP: ports{10999},
		Summary: Text{"Don't Starve Together", "Don't Starve Togetherのサーバー"},
		Risk: Text{
			"Without a password strangers come in.",
			"パスワードがないと、誰でも入れます。",
		},
	},
	{
		Name: "luanti", Aliases: []string{"minetest"}, UDP: ports{30000},
		Summary: Text{"Luanti, once Minetest", "Luanti(旧Minetest)のサーバー"},
		Risk: Text{
			"Without a password strangers come in.",
			"パスワードがないと、誰でも入れます。",
		},
	},
	{
		Name: "openttd", TCP: ports{3979}, UDP: ports{3979},
		Summary: Text{"OpenTTD", "OpenTTDのサーバー"},
		Risk: Text{
			"Without a password strangers come in.",
			"パスワードがないと、誰でも入れます。",
		},
	},
	{
		Name: "blizzard", Aliases: []string{"battle-net", "wow"}, TCP: ports{3724, 6112, 1119}, UDP: ports{3724, 6112},
		Summary: Text{"Games of Blizzard", "Blizzardのゲーム"},
		Risk: Text{
			"Nothing needs to be let in, except by those who host old games themselves.",
			"旧作を自分で主催する場合を除き、外から受け付ける必要はありません。",
		},
	},
}
