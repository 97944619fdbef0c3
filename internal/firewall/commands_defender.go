package firewall

import (
	"fmt"
	"strings"

	"sekisho/internal/exposure"
	"sekisho/internal/lang"
)

// windows writes the commands of Windows Defender Firewall: those of netsh and of
// PowerShell, either of which does, and the way through its window.
func (o *order) windows() {
	switch o.Action {
	case ActionOpen:
		o.step(lang.Text{
			EN: "In a command prompt opened with \"Run as administrator\", take away what blocks the port under our name (a block wins over an allow), and let it in:",
			JA: "「管理者として実行」で開いたコマンド プロンプトで、この名前のブロック規則を消してから(ブロックは許可より優先)、許可します。",
		}, o.each(func(p CommandPort) []string {
			return []string{o.netshDelete(p, o.denied(p)), o.netshAdd(p, "allow", o.allowed(p))}
		})...)
		o.step(lang.Text{
			EN: "Or the same in PowerShell, opened with \"Run as administrator\":",
			JA: "または、「管理者として実行」で開いた PowerShell で同じことをします。",
		}, o.each(func(p CommandPort) []string {
			return []string{powershellRemove(o.denied(p)), o.powershellNew(p, "Allow", o.allowed(p))}
		})...)
		o.window()
	case ActionClose:
		o.step(lang.Text{
			EN: "In a command prompt opened with \"Run as administrator\", take the rule away:",
			JA: "「管理者として実行」で開いたコマンド プロンプトで、規則を消します。",
		}, o.each(func(p CommandPort) []string {
			return each(o.names(p), func(name string) string { return o.netshDelete(p, name) })
		})...)
		o.step(lang.Text{
			EN: "If another rule still lets it through, block it; a block wins over an allow:",
			JA: "ほかの規則でまだ許可されているときは、ブロックします。ブロックは許可より優先されます。",
		}, o.each(func(p CommandPort) []string { return []string{o.netshAdd(p, "block", o.denied(p))} })...)
		o.step(lang.Text{
			EN: "Or in PowerShell, opened with \"Run as administrator\", take the rule away:",
			JA: "または、「管理者として実行」で開いた PowerShell で、規則を消します。",
		}, o.each(func(p CommandPort) []string { return each(o.names(p), powershellRemove) })...)
		o.step(lang.Text{
			EN: "And if need be, block it in PowerShell:",
			JA: "必要であれば、PowerShell でブロックします。",
		}, o.each(func(p CommandPort) []string { return []string{o.powershellNew(p, "Block", o.denied(p))} })...)
		o.window()
	}
	o.step(lang.Text{
		EN: "See the rules for the port in PowerShell, and which profile is active:",
		JA: "PowerShell で、このポートの規則と有効なプロファイルを確かめます。",
	}, append(o.each(func(p CommandPort) []string {
		return []string{fmt.Sprintf("Get-NetFirewallPortFilter -Protocol %s | Where-Object %s -contains '%d' | Get-NetFirewallRule | Format-Table DisplayName,Enabled,Direction,Action,Profile",
			upper(p.Transport), o.portSide("LocalPort", "RemotePort"), p.Port)}
	}), "Get-NetConnectionProfile | Format-Table InterfaceAlias,NetworkCategory")...)
	o.step(lang.Text{
		EN: "Or in a command prompt:",
		JA: "または、コマンド プロンプトで確かめます。",
	}, "netsh advfirewall firewall show rule name=all dir="+o.portSide("in", "out")+" verbose", "netsh advfirewall show currentprofile")
}

// each writes a line for each word of a list.
func each(list []string, line func(string) string) []string {
	var lines []string
	for _, s := range list {
		lines = append(lines, line(s))
	}
	return lines
}

// names are those of the rules that let in: of each zone when none is asked for.
func (o *order) names(p CommandPort) []string {
	names := []string{o.allowed(p)}
	if o.Name == "" && o.Zone == "" {
		for _, z := range []exposure.Zone{exposure.ZoneLAN, exposure.ZoneInternetV4, exposure.ZoneInternetV6, exposure.ZoneLoopback} {
			of := *o
			of.Zone = z
			names = append(names, of.allowed(p))
		}
	}
	return names
}

func upper(t exposure.Transport) string { return strings.ToUpper(t.String()) }

func (o *order) portSide(in, out string) string {
	if o.Out {
		return out
	}
	return in
}

func (o *order) netshDelete(p CommandPort, name string) string {
	return fmt.Sprintf(`netsh advfirewall firewall delete rule name="%s" dir=%s protocol=%s %s=%d`,
		name, o.portSide("in", "out"), upper(p.Transport), o.portSide("localport", "remoteport"), p.Port)
}

func (o *order) netshAdd(p CommandPort, action, name string) string {
	line := fmt.Sprintf(`netsh advfirewall firewall add rule name="%s" dir=%s action=%s protocol=%s %s=%d`,
		name, o.portSide("in", "out"), action, upper(p.Transport), o.portSide("localport", "remoteport"), p.Port)
	if peers := o.windowsPeers(); peers != "" {
		line += " remoteip=" + peers
	}
	if len(o.Profiles) > 0 {
		line += " profile=" + strings.Join(o.Profiles, ",")
	}
	if o.IfSecure && action == "allow" {
		line += " security=authenticate"
	}
	return line
}

// powershellQuote makes one word of a text for PowerShell.
func powershellQuote(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

func powershellRemove(name string) string {
	return "Remove-NetFirewallRule -DisplayName " + powershellQuote(name) + " -ErrorAction SilentlyContinue"
}

func (o *order) powershellNew(p CommandPort, action, name string) string {
	line := fmt.Sprintf("New-NetFirewallRule -DisplayName %s -Direction %s -Action %s -Protocol %s -%s %d",
		powershellQuote(name), o.portSide("Inbound", "Outbound"), action, upper(p.Transport), o.portSide("LocalPort", "RemotePort"), p.Port)
	if peers := o.windowsPeers(); peers != "" {
		line += " -RemoteAddress " + peers
	}
	if len(o.Profiles) > 0 {
		var words []string
		for _, profile := range o.Profiles {
			words = append(words, strings.ToUpper(profile[:1])+profile[1:])
		}
		line += " -Profile " + strings.Join(words, ",")
	}
	if o.IfSecure && action == "Allow" {
		line += " -Authentication Required"
	}
	return line
}

// windowsPeers are the networks as Windows takes them, empty for anybody. It knows
// its own LAN by a word, of both families.
func (o *order) windowsPeers() string {
	switch {
	case o.Zone == exposure.ZoneLAN && len(o.LAN) == 0:
		return "LocalSubnet"
	case o.Zone == exposure.ZoneInternetV4: // it takes no network of length 0
		return "0.0.0.0-255.255.255.255"
	case len(o.peers()) > 0:
		return prefixes(o.peers(), ",")
	}
	return ""
}
