package diagnose

import (
	"strings"

	"sekisho/internal/lang"
)

// remedy is what to do about a cause, step by step, each the words of a step
// and then lines to type. A filter is never advised to be switched off.
func remedy(c Case, id string) []said {
	var steps []said
	switch id {
	case "host-firewall":
		if !c.Own {
			return []said{
				say(lang.Text{EN: "On that machine, see what its firewall does with the port, and the command that opens it:\nsekisho local\nsekisho firewall open {{.Port}}/{{.Transport}}", JA: "その機器で、ファイアウォールの扱いと、開けるコマンドを表示します。\nsekisho local\nsekisho firewall open {{.Port}}/{{.Transport}}"}, c.pairs()...),
			}
		}
		if step, ok := c.thatRule(); ok {
			return []said{c.letIn(), step, again(c)}
		}
		return []said{c.letIn(), again(c)}
	case "tls-broken":
		if c.stalls() {
			return c.stallRemedy()
		}
	case "ftp-passive-address", "ftp-passive-blocked", "ftp-active-blocked":
		return c.ftpRemedy(id)
	case "carrier-block", "map-e-port":
		return c.otherPort()
	case "name-missing", "name-elsewhere", "dns-failure":
		return c.nameRemedy(id)
	case "router-no-forward":
		return c.routerForm()
	case "no-route":
		if steps := c.routeRemedy(); steps != nil {
			return steps
		}
		if c.Way != nil && c.Way.Ruled {
			return []said{say(lang.Text{EN: "See which rule it is, and take it away:\nip rule\nip -6 rule\nip route get {{.Address}} ipproto {{.Transport}} dport {{.Port}}", JA: "どの規則かを確かめ、外します。\nip rule\nip -6 rule\nip route get {{.Address}} ipproto {{.Transport}} dport {{.Port}}"}, c.pairs()...)}
		}
	case "inconclusive":
		if steps := c.unlikeRemedy(); steps != nil {
			return steps
		}
	case "not-listening", "forward-elsewhere", "host-down":
		if a, ok := c.answer(); ok && c.Own && a.To.IsValid() {
			return c.redirectRemedy(a)
		}
	case "opened-by-upnp":
		return c.leaseRemedy()
	case "loopback-only", "wrong-address", "wrong-family":
		if unit := c.unit(); unit != "" {
			return append([]said{c.listen()}, say(lang.Text{EN: "Make it read the change:\nsystemctl restart {{.Unit}}", JA: "設定を読み直させます。\nsystemctl restart {{.Unit}}"}, "Unit", unit), again(c))
		}
		return []said{c.listen(), again(c)}
	}
	for _, t := range remedies[id] {
		steps = append(steps, said{t, append(c.pairs(), "Expected", c.Expected)})
	}
	return steps
}

// again is the step after every change.
func again(c Case) said {
	return say(lang.Text{EN: "Look again:\nsekisho diagnose {{.Port}}/{{.Transport}}", JA: "もう一度調べます。\nsekisho diagnose {{.Port}}/{{.Transport}}"}, c.pairs()...)
}

// unit is the systemd unit of the port's process, when its name is fit to be
// typed.
func (c Case) unit() string {
	for _, l := range c.Listeners {
		if l.Unit != "" && !strings.ContainsFunc(l.Unit, func(r rune) bool { return r <= ' ' || r > '~' || strings.ContainsRune("'\"`$;&|<>\\", r) }) {
			return l.Unit
		}
	}
	return ""
}

// listen is where a product is told which addresses to listen on.
func (c Case) listen() said {
	if t, ok := listenSettings[c.process()]; ok {
		return said{t, c.pairs()}
	}
	return say(lang.Text{EN: "Have the program listen on every address, 0.0.0.0 and [::], or on the one that others use.", JA: "プログラムが 0.0.0.0 と [::](または相手が使うアドレス)で待ち受けるように設定します。"})
}

// listenSettings are the settings of the address that products listen on, by
// their process.
var listenSettings = map[string]lang.Text{
	"sshd":         {EN: "In /etc/ssh/sshd_config take the ListenAddress lines out, or add the address that others use.", JA: "/etc/ssh/sshd_config の ListenAddress の行を外すか、相手が使うアドレスを加えます。"},
	"nginx":        {EN: "In the server block write, for every address:\nlisten {{.Port}};\nlisten [::]:{{.Port}};", JA: "server ブロックに、全アドレス向けの行を書きます。\nlisten {{.Port}};\nlisten [::]:{{.Port}};"},
	"apache2":      {EN: "In /etc/apache2/ports.conf write:\nListen {{.Port}}", JA: "/etc/apache2/ports.conf に書きます。\nListen {{.Port}}"},
	"vsftpd":       {EN: "In /etc/vsftpd.conf, for both families at once:\nlisten=NO\nlisten_ipv6=YES", JA: "/etc/vsftpd.conf に、両方の種類のアドレスを受ける設定を書きます。\nlisten=NO\nlisten_ipv6=YES"},
	"master":       {EN: "Postfix listens on all addresses with:\npostconf -e inet_interfaces=all inet_protocols=all", JA: "Postfixに全アドレスで待ち受けさせます。\npostconf -e inet_interfaces=all inet_protocols=all"},
	"dovecot":      {EN: "In /etc/dovecot/dovecot.conf write:\nlisten = *, ::", JA: "/etc/dovecot/dovecot.conf に書きます。\nlisten = *, ::"},
	"named":        {EN: "In the options of named.conf write:\nlisten-on { any; };\nlisten-on-v6 { any; };", JA: "named.conf の options に書きます。\nlisten-on { any; };\nlisten-on-v6 { any; };"},
	"mariadbd":     {EN: "In the [mysqld] section, if others really need the database:\nbind-address = *", JA: "本当に他の機器から使う場合だけ、[mysqld] に書きます。\nbind-address = *"},
	"postgres":     {EN: "In postgresql.conf, if others really need the database:\nlisten_addresses = '*'", JA: "本当に他の機器から使う場合だけ、postgresql.conf に書きます。\nlisten_addresses = '*'"},
	"redis-server": {EN: "Redis belongs on the loopback. If others need it, give it a password and the address of the LAN alone with bind in redis.conf.", JA: "Redisは自機内だけで使うのが原則です。必要な場合はパスワードを設定し、redis.conf の bind にLANのアドレスだけを書きます。"},
}

// remedies are the steps of the causes whose cure does not depend on a product.
var remedies = map[string][]lang.Text{
	"not-listening": {
		{EN: "Start the service that should have port {{.Port}}, and look into its log when it ends again.", JA: "{{.Port}} 番を使うはずのサービスを起動します。すぐ終了する場合はログを読みます。"},
		{EN: "Look what is bound:\nsekisho local", JA: "待ち受けを確かめます。\nsekisho local"},
	},
	"adaptive-firewall": {
		{EN: "Something like fail2ban shut this caller out after several connections. On that machine see whom, and let the caller in again:\nfail2ban-client banned\nfail2ban-client unban --all\nnft list ruleset", JA: "fail2banなどの仕組みが、続けて接続した相手を締め出しています。その機器で誰が対象かを確かめ、解除します。\nfail2ban-client banned\nfail2ban-client unban --all\nnft list ruleset"},
		{EN: "Put addresses that must always get in on its list of exceptions (ignoreip in /etc/fail2ban/jail.local), and look again less often.", JA: "常に接続させたいアドレスは例外の一覧(/etc/fail2ban/jail.local の ignoreip)に加え、調べ直すときは間隔を空けます。"},
	},
	"service-silent":  {{EN: "Look into the log of the service, and restart it when it hangs.", JA: "サービスのログを読み、止まっている場合は再起動します。"}},
	"service-refuses": {{EN: "Look into the service's own access list (hosts.allow, allow/deny, pg_hba.conf, mynetworks …) and its log.", JA: "サービス自身のアクセス制限(hosts.allow、allow/deny、pg_hba.conf、mynetworksなど)とログを確かめます。"}},
	"service-wrong":   {{EN: "Another program has the port. Stop it, or give one of the two another port.", JA: "別のプログラムがこの番号を使っています。止めるか、どちらかの番号を変えます。"}},
	"tls-broken":      {{EN: "Renew the certificate, or have the server show the one for this name:\nsekisho test tls {{.Address}} -p {{.Port}}", JA: "証明書を更新するか、この名前の証明書を使うように設定します。\nsekisho test tls {{.Address}} -p {{.Port}}"}},
	"cgnat": {
		{EN: "No forward on the router helps: the carrier's translator stands before it. Ask the carrier for a global IPv4 address, or offer the service over IPv6.", JA: "事業者の変換装置が手前にあるため、ルーターのポート転送では届きません。回線事業者にグローバルIPv4アドレスを申し込むか、IPv6で公開します。"},
	},
	"ds-lite": {
		{EN: "Over IPv4 nothing that begins outside comes in by DS-Lite, and no setting of the router changes that. Offer the service over IPv6: an AAAA record, and the port let through on the router's IPv6 filter.", JA: "DS-LiteではIPv4の外からの通信は届かず、ルーターの設定では変えられません。IPv6で公開します(AAAAレコードを登録し、ルーターのIPv6フィルターで許可)。"},
		{EN: "Where IPv4 is needed: a contract with a fixed IPv4 address over IPv6, or PPPoE beside it for the server alone.", JA: "IPv4が必要なら、固定IPv4アドレスのIPoE契約にするか、サーバー用にPPPoEを併用します。"},
	},
	"double-nat": {
		{EN: "Forward the port on the outer router to the inner one too, or set one of them to bridge mode.", JA: "外側のルーターでも内側のルーターへ転送するか、どちらかをブリッジモードにします。"},
	},
	"forward-elsewhere": {{EN: "Change the router's forward to {{.Address}}, port {{.Port}}, {{.Transport}}.", JA: "ルーターの転送先を {{.Address}} の {{.Port}} 番({{.Transport}})に直します。"}},
	"router-filter":     {{EN: "Let {{.Transport}} port {{.Port}} through on the filter of the router before the host; for IPv6 that is a list of its own.", JA: "手前のルーターのフィルターで {{.Transport}} の {{.Port}} 番を許可します。IPv6は別の設定です。"}},
	"vantage-egress-block": {
		{EN: "The vantage's own provider may cut this port. Look from another one.", JA: "観測点の側の回線がこの番号を止めているかもしれません。別の観測点から調べます。"},
	},
	"egress-blocked": {
		{EN: "See what this machine's own firewall does with what is sent, and the command that lets it out:\nsekisho firewall show {{.Port}}/{{.Transport}} --direction out\nsekisho firewall open {{.Port}}/{{.Transport}} --direction out", JA: "この機器自身のファイアウォールが送信をどう扱うかと、送信を許可するコマンドを表示します。\nsekisho firewall show {{.Port}}/{{.Transport}} --direction out\nsekisho firewall open {{.Port}}/{{.Transport}} --direction out"},
		{EN: "If it is not this machine, the network lets the port out for nobody, or for a proxy only. Ask who runs it.", JA: "この機器のファイアウォールでない場合は、ネットワーク全体でこの番号の送信が止められています(プロキシ経由だけの場合もあります)。管理者に確かめます。"},
	},
	"all-ports-answer": {
		{EN: "Something before the host takes every connection: a SYN proxy, a load balancer, a tarpit, or the firewall of a carrier. Look on that device which ports it hands on, and whether {{.Transport}} port {{.Port}} is among them.", JA: "その機器の手前で、SYNプロキシ、ロードバランサー、タールピット、回線側のファイアウォールなどがすべての接続を受け付けています。{{.Transport}} の {{.Port}} 番を実際に転送しているかを、その装置で確かめます。"},
	},
	"host-down": {{EN: "Switch the host on, look at its cable or Wi-Fi, and at the address that it really has.", JA: "相手の機器の電源、ケーブルやWi-Fi、実際のアドレスを確かめます。"}},
	"no-route":  {{EN: "Give this machine an address and a gateway of this family:\nsekisho local", JA: "この機器のアドレスとゲートウェイ(IPv4/IPv6)を設定します。\nsekisho local"}},
	"no-arrival": {
		{EN: "Look at the router's list of forwards for {{.Transport}} port {{.Port}}; for IPv6 at its packet filter.", JA: "ルーターのポート転送の一覧で {{.Transport}} の {{.Port}} 番を確かめます。IPv6ならパケットフィルターの設定です。"},
		{EN: "Look at the router's packet filter, and whether another router stands before it (its outer address is private or one of 100.64.0.0/10).", JA: "ルーターのフィルター設定と、その先にもう一台ルーターがないか(外側のアドレスがプライベートか 100.64.0.0/10 か)を確かめます。"},
		{EN: "Ask the carrier whether it cuts the port: 25, 80, 135-139 and 445 often are. Try a free one from 1024 on.", JA: "回線事業者がこの番号を止めていないか確かめます(25、80、135〜139、445は止められていることがあります)。1024番以上の空いた番号でも試します。"},
		{EN: "Look from another vantage: the first one's own provider may cut the port.", JA: "別の観測点からも調べます(観測点の側の回線が止めている場合があります)。"},
		{EN: "Watch while you change the router:\nsekisho diagnose {{.Port}}/{{.Transport}} --watch", JA: "ルーターの設定を変えながら見続けます。\nsekisho diagnose {{.Port}}/{{.Transport}} --watch"},
	},
	"reply-lost": {
		{EN: "The service and this machine's firewall are in order. On the router look for a filter of what goes out, and let answers of known connections pass (established, related).", JA: "サービスとこの機器のファイアウォールは正常です。ルーターの送信側のフィルターを確かめ、確立済みの接続の返事を通します(established、related)。"},
		{EN: "With two routers or a VPN, have answers leave by the way that the question came by:\nip route get {{.Address}}", JA: "ルーターが二台ある場合やVPNを使っている場合は、届いたのと同じ経路で返事が出るようにします。\nip route get {{.Address}}"},
	},
	"hairpin-missing":     {{EN: "From outside it works. At home use the inner address {{.Address}}, or a name that leads there in your own DNS.", JA: "外からは使えます。宅内では内側のアドレス {{.Address}} を使うか、宅内のDNSでその名前を向けます。"}},
	"container-published": {{EN: "Publish the port for this machine only, which is 127.0.0.1:{{.Port}}: before it in docker run -p or in the compose file. A deny of ufw does not hold for it.", JA: "docker run -p や compose の公開先を 127.0.0.1:{{.Port}}: で始め、自機内だけに限ります。ufwの拒否はコンテナの公開には効きません。"}},
	"firewall-off":        {{EN: "Switch the firewall on, with what should be reachable let in first:\nsekisho firewall show {{.Port}}/{{.Transport}}", JA: "必要なものを許可してから、ファイアウォールを有効にします。\nsekisho firewall show {{.Port}}/{{.Transport}}"}},
	"allow-rule":          {{EN: "Take the rule away:\nsekisho firewall close {{.Port}}/{{.Transport}}", JA: "その規則を外します。\nsekisho firewall close {{.Port}}/{{.Transport}}"}},
	"router-dmz":          {{EN: "Switch the router's DMZ host off and forward only the ports that are needed.", JA: "ルーターのDMZ設定を無効にし、必要なポートだけを転送します。"}},
	"ipv6-unfiltered":     {{EN: "Switch the filter for IPv6 on at the router (often called IPv6 SPI, IPv6 packet filter or IPv6 firewall), and open only the ports that are needed.", JA: "ルーターのIPv6フィルター(「IPv6 SPI」「IPv6パケットフィルター」「IPv6ファイアウォール」など)を有効にし、必要なポートだけを開けます。"}, {EN: "Or keep newcomers out on this machine, over IPv6 too:\nsekisho firewall close {{.Port}}/{{.Transport}} --from internet-v6", JA: "または、この機器のファイアウォールで、IPv6からも届かないようにします。\nsekisho firewall close {{.Port}}/{{.Transport}} --from internet-v6"}},
	"router-itself":       {{EN: "Switch management from outside off on the router.", JA: "ルーターの、外からの管理(設定画面)の許可を無効にします。"}},
	"ok":                  {},
	"inconclusive":        {{EN: "Look from another host of the network, or from outside:\nsekisho scan {{.Address}} -p {{.Ports}}", JA: "LAN内の別の機器か、インターネット側から調べます。\nsekisho scan {{.Address}} -p {{.Ports}}"}},
}
