package hostnet

import "context"

// firewallQuestion has PowerShell tell the category of each network, the
// profiles of Windows Defender Firewall, and the firewalls of others that are
// registered in Security Center (which servers do not have).
const firewallQuestion = `$ErrorActionPreference = 'SilentlyContinue'
[Console]::OutputEncoding = [Text.Encoding]::UTF8
ConvertTo-Json -Compress -Depth 3 @{
  networks = @(Get-NetConnectionProfile | ForEach-Object { @{ name = $_.Name; interface = $_.InterfaceAlias; category = "$($_.NetworkCategory)" } })
  profiles = @(Get-NetFirewallProfile -PolicyStore ActiveStore | ForEach-Object { @{ name = $_.Name; enabled = "$($_.Enabled)"; incoming = "$($_.DefaultInboundAction)" } })
  products = @(Get-CimInstance -Namespace root/SecurityCenter2 -ClassName FirewallProduct | ForEach-Object { @{ name = $_.displayName } })
}`

// ReadFirewall reads which profile of Windows Defender Firewall is active and
// which other firewalls there are. Their rules are not evaluated: what cannot be
// read must not pass for an open door.
func ReadFirewall(ctx context.Context) (Firewall, []Unseen) {
	told := systemTold(ctx, "powershell.exe", "-NoProfile", "-NonInteractive", "-Command", firewallQuestion)
	return Firewall{Windows: told}, []Unseen{{Kind: UnseenFirewallSystem, Count: 1}}
}
