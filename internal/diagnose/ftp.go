package diagnose

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"sekisho/internal/exposure"
	"sekisho/internal/lang"
	"sekisho/internal/reach"
)

// FTPLook is what the test of FTP found out from one view: the service with its
// facts, and what became of each step in each mode.
type FTPLook struct {
	Service   exposure.Service // Address and View say who asked whom
	Transfers []exposure.Transfer
}

// FTPData is all that is known of the data connections of an FTP server.
type FTPData struct {
	Looks []FTPLook
	// Range is what the machine's packet filter does with newcomers to the ports
	// that the server told for data, by port; for another host it is of the ports
	// at which this machine waited for the server.
	Range map[uint16][]exposure.FirewallAnswer
	// Helped is whether the filter reads control connections and lets in what it
	// finds there: then its answer for a port says nothing.
	Helped bool
}

// The facts of FTP's data connections, as those saw them that the port is for;
// near ones are of the machine itself.
const (
	ftpIn            fact = "ftp-in"
	ftpPassiveFine   fact = "ftp-passive-fine"
	ftpPassiveCut    fact = "ftp-passive-cut"
	ftpRangeBlocked  fact = "ftp-range-blocked"
	ftpToldRight     fact = "ftp-told-right"
	ftpToldElsewhere fact = "ftp-told-elsewhere"
	ftpToldInner     fact = "ftp-told-inner" // to itself, where others come over a router
	ftpActiveFine    fact = "ftp-active-fine"
	ftpActiveCut     fact = "ftp-active-cut"
	ftpNearActiveCut fact = "ftp-near-active-cut"
	ftpNearPassive   fact = "ftp-near-passive"
	ftpUntried       fact = "ftp-untried"
	ftpNoLogin       fact = "ftp-no-login"
)

// ftpCauses are the causes why FTP lets one in and moves no data: the last ones
// on the way. at is that place.
func ftpCauses(at link) []cause {
	return []cause{
		{id: "ftp-passive-blocked", link: at, shown: [][]fact{{ftpRangeBlocked, filterAccepts}}, excludes: []fact{ftpPassiveFine}, hidden: []fact{ftpRangeBlocked}},
		{id: "ftp-passive-address", link: at, shown: [][]fact{{ftpIn, ftpToldElsewhere}}, suggested: [][]fact{{ftpToldInner, outsideOpen}}, excludes: []fact{ftpToldRight, ftpRangeBlocked}, hidden: []fact{ftpToldElsewhere}},
		{id: "ftp-passive-blocked", link: at, shown: [][]fact{{ftpIn, ftpPassiveCut}}, excludes: []fact{ftpPassiveFine}, hidden: []fact{ftpPassiveCut}},
		{id: "ftp-active-blocked", link: at, shown: [][]fact{{ftpIn, ftpActiveCut, ftpPassiveFine}, {ftpNearActiveCut, ftpNearPassive}}, excludes: []fact{ftpActiveFine, ftpPassiveCut}, hidden: []fact{ftpActiveCut, ftpNearActiveCut}},
	}
}

// ftpWords are what became of a data connection that did not come about.
var ftpWords = []string{"silent", "closed", "rejected"}

// learnFTP takes in what was seen of data connections.
func (c Case) learnFTP(known map[fact]said) {
	far := false
	for _, l := range c.FTP.Looks {
		s := l.Service
		if c.Own && (s.View == exposure.ViewLoopback || s.View == exposure.ViewSelf) {
			c.learnFTPNear(known, s)
			continue
		}
		if !c.ftpFrom(s) {
			continue
		}
		if in, _ := s.Facts.Bool("logged_in"); !in {
			known[ftpNoLogin] = say(lang.Text{EN: "{{.At}} lets this user not log in, so that no data connection was tried.", JA: "{{.At}} にこのユーザーではログインできず、データ接続は試していません。"}, "At", s.Address)
			continue
		}
		far = true
		c.learnFTPFar(known, s)
	}
	c.learnFTPRange(known)
	if len(c.FTP.Looks) > 0 && !far {
		known[ftpUntried] = say(lang.Text{EN: "None of those whom it is for has tried to list or to download.", JA: "実際に使う側からは、一覧の表示もファイルの取得も試していません。"})
	}
}

// ftpFrom reports whether a look is that of those whom the port is for.
func (c Case) ftpFrom(s exposure.Service) bool {
	switch {
	case !c.Own:
		return slices.Contains(c.Addresses, s.Address)
	case c.Zone == exposure.ZoneLAN:
		return s.View == exposure.ViewLAN && c.of(s.Address)
	}
	return s.View == exposure.ViewOutside && c.of(s.Address)
}

// ftpModesOf are the modes of a look whose data connection came to one of the
// words.
func ftpModesOf(s exposure.Service, modes []string, words ...string) string {
	var found []string
	for _, m := range modes {
		if slices.Contains(words, s.Facts.Text(m).Raw()) {
			found = append(found, strings.ToUpper(m))
		}
	}
	return strings.Join(found, ", ")
}

var ftpPassiveModes, ftpActiveModes = []string{"pasv", "epsv"}, []string{"port", "eprt"}

func (c Case) learnFTPFar(known map[fact]said, s exposure.Service) {
	pairs := []any{"At", s.Address, "Ports", ftpList(s), "Told", s.Facts.Text("passive_address").Terminal(), "Local", s.Facts.Text("local_address").Terminal()}
	with := func(key, value string) []any { return append(slices.Clone(pairs), key, value) }
	known[ftpIn] = say(lang.Text{EN: "The login at {{.At}} works.", JA: "{{.At}} へのログインはできます。"}, pairs...)
	if cut := ftpModesOf(s, ftpPassiveModes, ftpWords...); cut != "" {
		known[ftpPassiveCut] = say(lang.Text{EN: "{{.Modes}}: none of the data ports that were tried answers as it should ({{.Ports}}).", JA: "{{.Modes}}: データ用のポート({{.Ports}})へ接続できません。"}, with("Modes", cut)...)
		delete(known, ftpPassiveFine)
	} else if fine := ftpModesOf(s, ftpPassiveModes, "ok"); fine != "" && !hasFact(known, ftpPassiveCut) {
		known[ftpPassiveFine] = say(lang.Text{EN: "{{.Modes}}: the data comes.", JA: "{{.Modes}} ではデータを受け取れます。"}, with("Modes", fine)...)
	}
	cut, fine := ftpModesOf(s, ftpActiveModes, ftpWords...), ftpModesOf(s, ftpActiveModes, "ok")
	switch {
	case cut != "" && fine == "":
		known[ftpActiveCut] = say(lang.Text{EN: "{{.Modes}}: the server agreed to connect to {{.Local}} and did not arrive.", JA: "{{.Modes}}: サーバーは {{.Local}} への接続に応じましたが、届きません。"}, with("Modes", cut)...)
		delete(known, ftpActiveFine)
	case fine != "" && !hasFact(known, ftpActiveCut):
		known[ftpActiveFine] = say(lang.Text{EN: "{{.Modes}}: the server's data connection arrives.", JA: "{{.Modes}} では、サーバーからのデータ接続が届きます。"}, with("Modes", fine)...)
	}
	told, err := netip.ParseAddr(s.Facts.Text("passive_address").Raw())
	if s.Address.Unmap().Is6() && err != nil { // EPSV tells none
		known[ftpToldRight] = say(lang.Text{EN: "Over IPv6 the server tells a port and no address.", JA: "IPv6では、サーバーはポートだけを知らせ、アドレスは知らせません。"})
		return
	}
	switch {
	case err != nil:
	case told == s.Address.Unmap().WithZone(""):
		if !hasFact(known, ftpToldElsewhere) {
			known[ftpToldRight] = say(lang.Text{EN: "PASV answers {{.Told}}, where the server was reached.", JA: "PASVの返事のアドレス {{.Told}} は、接続先と一致しています。"}, pairs...)
		}
	case reach.Global(told) && !reach.Global(s.Address):
		// It is set for those outside; whether it is right only they can tell.
	default:
		delete(known, ftpToldRight)
		known[ftpToldElsewhere] = say(lang.Text{EN: "The server was reached at {{.At}}, and PASV sends clients to {{.Told}}.", JA: "サーバーには {{.At}} で届きますが、PASVは {{.Told}} へ接続するように知らせます。"}, pairs...)
	}
}

// learnFTPNear takes in what the machine saw of its own server.
func (c Case) learnFTPNear(known map[fact]said, s exposure.Service) {
	if in, _ := s.Facts.Bool("logged_in"); !in {
		known[ftpNoLogin] = say(lang.Text{EN: "{{.At}} lets this user not log in, so that no data connection was tried.", JA: "{{.At}} にこのユーザーではログインできず、データ接続は試していません。"}, "At", s.Address)
		return
	}
	pairs := []any{"At", s.Address, "Told", s.Facts.Text("passive_address").Terminal()}
	if s.View != exposure.ViewSelf || !c.of(s.Address) && c.Zone == exposure.ZoneLAN {
		return
	}
	if cut := ftpModesOf(s, ftpActiveModes, ftpWords...); cut != "" && ftpModesOf(s, ftpActiveModes, "ok") == "" && !c.Unfiltered {
		known[ftpNearActiveCut] = say(lang.Text{EN: "{{.Modes}}: even to this machine itself the server does not get through with its data connection.", JA: "{{.Modes}}: この機器自身への接続でも、サーバーからのデータ接続が届きません。"}, "Modes", cut)
	}
	if fine := ftpModesOf(s, ftpPassiveModes, "ok"); fine != "" {
		known[ftpNearPassive] = say(lang.Text{EN: "{{.Modes}} works at {{.At}} from this machine itself.", JA: "この機器自身からは、{{.At}} で {{.Modes}} が動きます。"}, append(pairs, "Modes", fine)...)
	}
	told, err := netip.ParseAddr(s.Facts.Text("passive_address").Raw())
	if c.Zone == exposure.ZoneInternetV4 && err == nil && !reach.Global(told) && !slices.ContainsFunc(c.others(), reach.Global) {
		known[ftpToldInner] = say(lang.Text{EN: "PASV answers the inner address {{.Told}}, which people on the Internet cannot use unless the router writes its own over it.", JA: "PASVはLAN内のアドレス {{.Told}} を知らせます。ルーターが書き換えない限り、インターネット側からは使えません。"}, pairs...)
	}
}

// learnFTPRange takes in what the packet filter does with the data ports that
// were told: with all of them alike, or nothing is known.
func (c Case) learnFTPRange(known map[fact]said) {
	if c.FTP.Helped || len(c.FTP.Range) == 0 {
		return
	}
	var (
		ports []int
		rules []exposure.FirewallRule
	)
	for port, answers := range c.FTP.Range {
		of := c
		of.Port, of.Firewall = port, answers
		if !c.Own {
			of.Zone = ftpServerZone(c.Addresses)
		}
		a, ok := of.answer()
		if !ok || a.Verdict != exposure.FirewallDrop && a.Verdict != exposure.FirewallReject {
			return
		}
		ports, rules = append(ports, int(port)), a.Rules
	}
	slices.Sort(ports)
	pairs := []any{"Low", ports[0], "High", ports[len(ports)-1], "Rule", ruleWords(rules)}
	if !c.Own {
		if hasFact(known, ftpActiveCut) {
			known[ftpActiveCut] = say(lang.Text{EN: "In active mode the server agreed to connect and did not arrive: this machine's own packet filter keeps out what comes for the port at which it waited ({{.Rule}}).", JA: "アクティブモードでは、サーバーは接続に応じましたが届きません。この機器自身のパケットフィルターが、待っていたポートへの接続を止めます({{.Rule}})。"}, pairs...)
		}
		return
	}
	known[ftpRangeBlocked] = say(lang.Text{EN: "This machine's packet filter keeps newcomers out of the data ports that the server told ({{.Low}} to {{.High}}): {{.Rule}}.", JA: "この機器のパケットフィルターが、サーバーの知らせるデータ用ポート({{.Low}}〜{{.High}})への接続を止めます({{.Rule}})。"}, pairs...)
}

// ftpServerZone is the zone that a server of another host comes from.
func ftpServerZone(addresses []netip.Addr) exposure.Zone {
	switch {
	case len(addresses) == 0 || !reach.Global(addresses[0]):
		return exposure.ZoneLAN
	case addresses[0].Unmap().Is4():
		return exposure.ZoneInternetV4
	}
	return exposure.ZoneInternetV6
}

func hasFact(known map[fact]said, f fact) bool { _, ok := known[f]; return ok }

// ftpList are the data ports that a server told, in its own words.
func ftpList(s exposure.Service) string {
	var words []string
	for _, t := range s.Facts.Texts("passive_ports") {
		if _, err := strconv.ParseUint(t.Raw(), 10, 16); err == nil {
			words = append(words, t.Raw())
		}
	}
	return strings.Join(words, ", ")
}

// ftpStage is how the data connections went.
func ftpStage(c Case, known map[fact]said) (exposure.StageResult, said) {
	return first(
		cut(ftpRangeBlocked), cut(ftpPassiveCut), cut(ftpToldElsewhere), cut(ftpActiveCut), cut(ftpNearActiveCut), ok(ftpPassiveFine),
		unknown(ftpUntried), unknown(ftpNoLogin),
		otherwise(lang.Text{EN: "No data connection was tried.", JA: "データ接続は試していません。"}))(c, known)
}

// transfers are the steps of all looks.
func (c Case) transfers() []exposure.Transfer {
	var list []exposure.Transfer
	for _, l := range c.FTP.Looks {
		if c.Own || slices.Contains(c.Addresses, l.Service.Address) {
			list = append(list, l.Transfers...)
		}
	}
	return list
}
