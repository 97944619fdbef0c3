package portspec

import "fmt"

// trojans is the usual ports of programs that let somebody else into a machine
// without its owner's knowledge, and of doors that worms left open, as the
// warnings of their time told them. Only those are here that wait for a
// connection on the victim's side; later ones call out. Each could be set to
// another port, and honest software uses these numbers too: that one of them
// is open is a hint to look who owns it, and nothing more.
var trojans = []Service{
	trojan("netbus", "NetBus", ports{12345, 12346}, nil),
	trojan("netbus-pro", "NetBus 2 Pro", ports{20034}, nil),
	trojan("subseven", "SubSeven", ports{27374, 1243, 6711, 6712, 6713, 6776, 27573}, nil),
	trojan("back-orifice", "Back Orifice", ports{31337}, ports{31337, 31338}),
	trojan("bo2k", "Back Orifice 2000", ports{54320, 54321}, ports{54320, 54321}),
	trojan("deep-throat", "Deep Throat", ports{6670, 6671, 41}, ports{2140, 3150}),
	trojan("girlfriend", "GirlFriend", ports{21554, 21544}, nil),
	trojan("masters-paradise", "Master's Paradise", ports{40421, 40422, 40423, 40426, 3129}, nil),
	trojan("netsphere", "NetSphere", ports{30100, 30101, 30102}, nil),
	trojan("hack-a-tack", "Hack'a'Tack", ports{31785, 31787}, ports{31789, 31791}),
	trojan("portal-of-doom", "Portal of Doom", ports{9872, 9873, 9874, 9875, 3700}, ports{10067, 10167}),
	trojan("sockets-de-troie", "Socket de Troie", ports{50505, 5001, 30303}, nil),
	trojan("gatecrasher", "GateCrasher", ports{6969, 6970}, nil),
	trojan("prosiak", "Prosiak", ports{22222, 33333}, nil),
	trojan("millenium", "Millenium", ports{20001}, nil),
	trojan("kuang2", "Kuang2", ports{17300}, nil),
	trojan("whack-a-mole", "Whack-a-Mole", ports{12361, 12362, 12363}, nil),
	trojan("evil-ftp", "Evil FTP", ports{23456}, nil),
	trojan("bionet", "BioNet", ports{12349}, nil),
	trojan("wincrash", "WinCrash", ports{5742, 2583, 3024}, nil),
	trojan("doly", "Doly Trojan", ports{1011, 1012, 1015, 1016}, nil),
	trojan("blade-runner", "Blade Runner", ports{5400, 5401, 5402}, nil),
	trojan("ini-killer", "Ini-Killer", ports{9989}, nil),
	trojan("stealth-spy", "Stealth Spy", ports{555}, nil),
	trojan("satanz-backdoor", "Satanz Backdoor", ports{666}, nil),
	trojan("silencer", "Silencer", ports{1001}, nil),
	trojan("shivka-burka", "Shivka-Burka", ports{1600}, nil),
	trojan("spysender", "SpySender", ports{1807}, nil),
	trojan("shockrave", "ShockRave", ports{1981}, nil),
	trojan("trojan-cow", "Trojan Cow", ports{2001}, nil),
	trojan("ripper", "Ripper", ports{2023}, nil),
	trojan("bugs", "Bugs", ports{2115}, nil),
	trojan("phineas-phucker", "Phineas Phucker", ports{2801}, nil),
	trojan("robo-hack", "Robo-Hack", ports{5569}, nil),
	trojan("senna-spy", "Senna Spy", ports{11000}, nil),
	trojan("delta-source", "Delta Source", nil, ports{26274, 47262}),
	trojan("optix-pro", "Optix Pro", ports{3410}, nil),
	trojan("prorat", "ProRat", ports{5110, 5112}, nil),
	trojan("trinoo", "Trinoo", ports{27665}, ports{27444, 31335}),
	trojan("stacheldraht", "Stacheldraht", ports{16660, 65000}, nil),
	trojan("mydoom", "MyDoom", ports{3127}, nil),
	trojan("bagle", "Bagle", ports{2745}, nil),
	trojan("sasser", "Sasser", ports{5554, 9996}, nil),
	trojan("blaster", "Blaster", ports{4444}, nil),
}

// trojan makes the entry of a program that its users called so.
func trojan(name, called string, tcp, udp ports) Service {
	return Service{
		Name: name, TCP: tcp, UDP: udp, Cleartext: true, Trojan: true,
		Summary: Text{
			fmt.Sprintf("Usual port of the remote-access trojan or worm %s; honest programs use the number too", called),
			fmt.Sprintf("遠隔操作型トロイの木馬やワーム(%s)の既定ポート。正規のソフトが使うこともある番号", called),
		},
		Risk: Text{
			fmt.Sprintf("An open port is only a hint: look which program owns it. If it is %s, somebody else controls the machine.", called),
			fmt.Sprintf("開いているだけでは断定できないため、待ち受けているプログラムを確認してください。%s であれば、機器を他人に操作されます。", called),
		},
	}
}
