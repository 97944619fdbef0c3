package rules_test

import (
	"maps"

	"sekisho/internal/exposure"
)

func init() {
	with := func(facts exposure.Facts, more ...any) exposure.Facts {
		all := maps.Clone(facts)
		for i := 0; i < len(more); i += 2 {
			all[more[i].(string)] = more[i+1]
		}
		return all
	}
	plain := func(*exposure.TLS, *exposure.Certificate) {}
	online := exposure.Facts{"players": 2, "players_most": 20}
	tables["stream"] = []judged{
		{"irc_ngircd_open", port(6667, fromLAN, seenOnLAN("irc", "ngIRCd", "", unlockedFacts)), afar, []string{"medium irc-cleartext", "low irc-for-everybody"}},
		{"irc_inspircd_sts", port(6667, fromLAN, seenOnLAN("irc", "InspIRCd", "", with(unlockedFacts, "tls_port", 6697))), afar, []string{"low irc-cleartext", "low irc-for-everybody"}},
		{"irc_unreal_locked", port(6667, fromLAN, seenOnLAN("irc", "UnrealIRCd", "", lockedFacts)), afar, []string{"medium irc-cleartext"}},
		{"irc_unknown_product", port(6667, fromLAN, seenOnLAN("irc", "ZNC", "", lockedFacts)), afar, []string{"medium irc-cleartext"}},
		{"irc_refused_unknown", port(6667, fromLAN, seenOnLAN("irc", "", "", exposure.Facts{"refused": text("Access denied")})), afar, []string{"medium irc-cleartext"}},
		{"irc_demands_tls", port(6667, fromLAN, seenOnLAN("irc", "", "", exposure.Facts{"tls_required": true})), afar, nil},
		{"irc_in_tls", port(6697, fromLAN, secured(seenOnLAN("irc", "ngIRCd", "", unlockedFacts), plain)), afar, []string{"low irc-for-everybody"}},
		{"irc_on_loopback", port(6667, bound("127.0.0.1", "ngircd", "ngircd.service"), seenFrom(exposure.ViewLoopback, spoke("irc", "ngIRCd", "", "", unlockedFacts))), here, []string{"info irc-for-everybody"}},
		{"minecraft_offline", port(25565, fromLAN, seenOnLAN("minecraft", "Paper", "", with(online, "online_mode", false))), afar, []string{"high minecraft-offline-mode"}},
		{"minecraft_offline_listed", port(25565, fromLAN, seenOnLAN("minecraft", "Minecraft", "", with(online, "online_mode", false, "allow_list", true))), afar, []string{"medium minecraft-offline-mode"}},
		{"minecraft_online", port(25565, fromLAN, seenOnLAN("minecraft", "Minecraft", "", with(online, "online_mode", true, "player_names", texts("Alice", "Bob\x1b[31m")))), afar, []string{"info minecraft-players-told"}},
		{"finger_forwards", port(79, fromLAN, seenOnLAN("finger", "", "Login Name", exposure.Facts{"forwards": true})), afar, []string{"medium finger-forwards"}},
		{"finger_keeps_to_itself", port(79, fromLAN, seenOnLAN("finger", "", "Login Name", exposure.Facts{"forwards": false})), afar, nil},
		{"ident_makes_names_up", port(113, fromLAN, seenOnLAN("ident", "", "113, 1 : USERID : UNIX : foobar", exposure.Facts{"tells_users": true, "made_up": true})), afar, nil},
		{"minecraft_unknown", port(25565, fromLAN, seenOnLAN("minecraft", "Minecraft", "", online)), afar, nil},
	}
}
