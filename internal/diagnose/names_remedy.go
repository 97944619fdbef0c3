package diagnose

import (
	"net/netip"
	"slices"

	"sekisho/internal/exposure"
	"sekisho/internal/lang"
)

// nameRemedy is what to do about a name: the record to set and to which address,
// and how long the world keeps what it was told before.
func (c Case) nameRemedy(id string) []said {
	if id == "dns-failure" {
		return []said{
			say(lang.Text{EN: "Look at the DNS servers that this machine is set to, and ask another one.", JA: "この機器に設定されたDNSサーバーを確かめ、別のDNSサーバーでも試します。"}),
			say(lang.Text{EN: "A server whose answers differ from those of the zone may be a filter: of a carrier, of parents, against advertisements. Look at its list.", JA: "ゾーンの権威サーバーと答えが違うDNSサーバーは、フィルタリング(回線事業者、保護者向け、広告除け)をしている場合があります。その一覧を確かめます。"}),
		}
	}
	if !c.Own {
		if id == "name-missing" {
			return []said{say(lang.Text{EN: "Look at the spelling of the name. Whoever runs its zone has to add the record: A for IPv4, AAAA for IPv6.", JA: "名前の綴りを確かめます。レコードはその名前のゾーンの管理者が加えます(IPv4はA、IPv6はAAAA)。"})}
		}
		steps := []said{say(lang.Text{EN: "Have this machine ask a resolver that says what the zone says, and take a stale line out of its hosts file.", JA: "ゾーンと同じ答えを返すDNSサーバーを使うように設定し、hostsファイルに古い行があれば消します。"})}
		return append(steps, c.wait(exposure.NameResolver)...)
	}
	var steps []said
	for _, n := range c.Names {
		for _, r := range c.recordsOf() {
			w, ok := c.spoken(n, r)
			if ok && slices.ContainsFunc(w.addresses, c.here) || !ok && len(n.Answers) > 0 {
				continue
			}
			if outer := c.outer(r.v4); len(outer) > 0 {
				steps = append(steps, say(lang.Text{EN: "In the zone of {{.Name}} set its {{.Record}} record to {{.At}}.", JA: "{{.Name}} の {{.Record}} レコードを {{.At}} に設定します。"}, "Name", n.Name, "Record", r.name, "At", outer[0]))
			} else if len(w.addresses) > 0 {
				steps = append(steps, say(lang.Text{EN: "In the zone of {{.Name}} set its {{.Record}} record to the address that the router has outside.", JA: "{{.Name}} の {{.Record}} レコードを、ルーターの外側のアドレスに設定します。"}, "Name", n.Name, "Record", r.name))
			}
		}
	}
	if len(steps) == 0 {
		steps = append(steps, say(lang.Text{EN: "Add the record to the zone of the name: A for IPv4, AAAA for IPv6.", JA: "名前のゾーンにレコードを加えます(IPv4はA、IPv6はAAAA)。"}))
	}
	steps = append(steps, say(lang.Text{EN: "Where the address changes by itself, let a dynamic DNS client keep the record: of the router, or ddclient.", JA: "アドレスが変わる回線では、ルーターの機能やddclientなどのダイナミックDNS更新でレコードを保ちます。"}))
	steps = append(steps, c.wait(c.sources()...)...)
	return append(steps, again(c))
}

// wait is how long the old answer is still kept by those who asked before.
func (c Case) wait(sources ...exposure.NameSource) []said {
	var longest uint32
	for _, n := range c.Names {
		for _, a := range n.Answers {
			right := slices.ContainsFunc(a.Addresses, func(x netip.Addr) bool { return c.Own && c.here(x) })
			if a.TTL != nil && !right && slices.Contains(sources, a.Source) {
				longest = max(longest, *a.TTL)
			}
		}
	}
	if longest == 0 {
		return nil
	}
	return []said{say(lang.Text{EN: "Whoever asked before keeps the old answer for up to {{.Seconds}} s.", JA: "先に尋ねた機器は、古い答えを最長{{.Seconds}}秒覚えています。"}, "Seconds", int64(longest))}
}
