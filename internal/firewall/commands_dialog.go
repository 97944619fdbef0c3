package firewall

import (
	"fmt"
	"slices"
	"strings"

	"sekisho/internal/exposure"
	"sekisho/internal/lang"
)

// window is the way through the window of Windows 10 and 11, for people who
// click, in the words of the window.
func (o *order) window() {
	o.step(lang.Text{
		EN: "Or by clicking (Windows 10 and 11): press Windows+R, type wf.msc and press Enter. \"Windows Defender Firewall with Advanced Security\" opens. Then:",
		JA: "または、画面で設定します(Windows 10・11)。Windows キー+R を押し、wf.msc と入力して Enter を押すと、「セキュリティが強化された Windows Defender ファイアウォール」が開きます。続いて:",
	}, "wf.msc")
	list := lang.Text{EN: "Inbound Rules", JA: "[受信の規則]"}
	ports := lang.Text{EN: "Specific local ports", JA: "[特定のローカル ポート]"}
	if o.Out {
		list = lang.Text{EN: "Outbound Rules", JA: "[送信の規則]"}
		ports = lang.Text{EN: "Specific remote ports", JA: "[特定のリモート ポート]"}
	}
	if o.Action == ActionClose {
		o.clicks(lang.Text{
			EN: "{{.List}}: select the rule that lets the port through, then Disable Rule or Delete. To block the port whatever other rules say, make a new rule:",
			JA: "{{.List}}で、ポートを許可している規則を選び、[規則の無効化] または [削除] を押します。ほかの規則にかかわらずブロックするには、新しい規則を作ります。",
		}, "List", list.In(o.tag))
	}
	o.clicks(lang.Text{
		EN: "{{.List}} > New Rule... > Port > Next",
		JA: "{{.List}} > [新しい規則...] > [ポート] > [次へ]",
	}, "List", list.In(o.tag))
	var rounds int
	for _, t := range []exposure.Transport{exposure.TCP, exposure.UDP} {
		var numbers []string
		for _, p := range o.Ports {
			if p.Transport == t {
				numbers = append(numbers, fmt.Sprint(p.Port))
			}
		}
		if len(numbers) == 0 {
			continue
		}
		if rounds++; rounds > 1 {
			o.clicks(lang.Text{
				EN: "UDP needs a rule of its own: go the same way once more, with",
				JA: "UDP は別の規則にします。同じ手順をもう一度行い、次を選びます。",
			})
		}
		o.clicks(lang.Text{
			EN: "{{.Protocol}} > {{.Ports}}: {{.Numbers}} > Next",
			JA: "[{{.Protocol}}] > {{.Ports}}: {{.Numbers}} > [次へ]",
		}, "Protocol", upper(t), "Ports", ports.In(o.tag), "Numbers", strings.Join(numbers, ", "))
	}
	switch {
	case o.Action == ActionClose:
		o.clicks(lang.Text{EN: "Block the connection > Next", JA: "[接続をブロックする] > [次へ]"})
	case o.IfSecure:
		o.clicks(lang.Text{EN: "Allow the connection if it is secure > Next", JA: "[セキュリティで保護されている場合のみ接続を許可する] > [次へ]"})
		// The window then has pages of its own; that of users is there for what comes in.
		if !o.Out {
			o.clicks(lang.Text{EN: "Users: leave as it is, or tick who may > Next", JA: "[ユーザー]: そのまま、または許可するユーザーを選んで > [次へ]"})
		}
		o.clicks(lang.Text{EN: "Computers: leave as it is, or tick which may > Next", JA: "[コンピューター]: そのまま、または許可するコンピューターを選んで > [次へ]"})
	default:
		o.clicks(lang.Text{EN: "Allow the connection > Next", JA: "[接続を許可する] > [次へ]"})
	}
	o.clicks(lang.Text{
		EN: "Profile: tick {{.Profiles}} > Next",
		JA: "[プロファイル]: {{.Profiles}} にチェック > [次へ]",
	}, "Profiles", o.profileWords())
	name := o.allowed(o.Ports[0])
	if o.Action == ActionClose {
		name = o.denied(o.Ports[0])
	}
	o.clicks(lang.Text{EN: "Name: {{.Name}} > Finish", JA: "[名前]: {{.Name}} > [完了]"}, "Name", name)
	switch o.Zone {
	case "":
	case exposure.ZoneLAN:
		o.clicks(lang.Text{
			EN: "For the LAN only: double-click the new rule > Scope > Remote IP address > These IP addresses > Add... > Predefined set of computers > Local subnet > OK",
			JA: "LAN だけにするには、できた規則をダブルクリック > [スコープ] > [リモート IP アドレス] > [これらの IP アドレス] > [追加...] > [定義済みのコンピューター セット] > [ローカル サブネット] > [OK]",
		})
	default:
		o.clicks(lang.Text{
			EN: "For these addresses only: double-click the new rule > Scope > Remote IP address > These IP addresses > Add... > This IP address range, or This IP address or subnet: {{.Networks}} > OK",
			JA: "このアドレスだけにするには、できた規則をダブルクリック > [スコープ] > [リモート IP アドレス] > [これらの IP アドレス] > [追加...] > [この IP アドレスの範囲] または [この IP アドレスまたはサブネット]: {{.Networks}} > [OK]",
		}, "Networks", o.windowsPeers())
	}
}

// clicks is a step of the window: nothing to type.
func (o *order) clicks(words lang.Text, pairs ...any) {
	o.steps = append(o.steps, CommandStep{Words: words.In(o.tag, pairs...)})
}

// profileWords are the profiles to tick, all when none is asked for.
func (o *order) profileWords() string {
	var list []string
	for _, p := range []struct {
		word string
		text lang.Text
	}{
		{"domain", lang.Text{EN: "Domain", JA: "[ドメイン]"}},
		{"private", lang.Text{EN: "Private", JA: "[プライベート]"}},
		{"public", lang.Text{EN: "Public", JA: "[パブリック]"}},
	} {
		if len(o.Profiles) == 0 || slices.Contains(o.Profiles, p.word) {
			list = append(list, p.text.In(o.tag))
		}
	}
	return strings.Join(list, ", ")
}
