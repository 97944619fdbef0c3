package portspec

import "fmt"

// trojans is the usual ports of programs that let somebody else into a machine
// without its owner's knowledge, as warnings of their time told them. Each can
// be set to any other port, and honest software uses these numbers too: that
// one of them is open is a hint to look who owns it, and nothing more.
var trojans = []Service{
	trojan("netbus", "NetBus", []uint16{12345, 12346}, nil),
	trojan("subseven", "SubSeven", []uint16{27374, 1243, 6711, 6712, 6713, 6776}, nil),
	trojan("netbus2", "NetBus 2", []uint16{20034}, nil),
	trojan("back-orifice", "Back Orifice", []uint16{31337}, []uint16{31337}),
	trojan("bo2k", "Back Orifice 2000", []uint16{54320, 54321}, []uint16{54320, 54321}),
}

func trojan(name, called string, tcp, udp []uint16) Service {
	return Service{
		Name: name, TCP: tcp, UDP: udp, Cleartext: true, Trojan: true,
		Summary: Text{
			fmt.Sprintf("Usual port of the remote-access trojan %s; other programs use it too", called),
			fmt.Sprintf("遠隔操作型トロイの木馬 %s の既定ポート(ほかの正規のソフトが使うこともある)", called),
		},
		Risk: Text{
			fmt.Sprintf("An open port is only a hint: look which program owns it; if it is %s, somebody else controls the machine.", called),
			fmt.Sprintf("開いているだけでは断定できないため、待ち受けているプログラムを確認してください。%s であれば機器が他人に操作されます。", called),
		},
	}
}
