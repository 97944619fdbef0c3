package netbios

// The suffixes that programs ask for by themselves.
const (
	SuffixWorkstation = 0x00
	SuffixMessenger   = 0x03
	SuffixDomain      = 0x1b
	SuffixControllers = 0x1c
	SuffixMaster      = 0x1d
	SuffixElection    = 0x1e
	SuffixServer      = 0x20
)

// Meaning is what a name stands for, a word of ours.
type Meaning string

// The meanings, after the list of suffixes that Microsoft publishes (Knowledge
// Base 163409).
const (
	Unknown       Meaning = ""
	Workstation   Meaning = "workstation"
	Domain        Meaning = "domain"
	Messenger     Meaning = "messenger"
	RASServer     Meaning = "ras-server"
	RASClient     Meaning = "ras-client"
	MasterOfAll   Meaning = "domain-master-browser"
	Controllers   Meaning = "domain-controllers"
	MasterBrowser Meaning = "master-browser"
	Election      Meaning = "browser-election"
	NetDDE        Meaning = "netdde"
	FileServer    Meaning = "file-server"
	Exchange      Meaning = "exchange"
	Modem         Meaning = "modem-sharing"
	SMSClient     Meaning = "sms-client"
	Monitor       Meaning = "network-monitor"
	MSBrowse      Meaning = "browser-service"
	IIS           Meaning = "iis"
	Lotus         Meaning = "lotus-notes"
)

type suffix struct {
	suffix byte
	group  bool
}

var meanings = map[suffix]Meaning{
	{0x00, false}: Workstation,
	{0x00, true}:  Domain,
	{0x01, false}: Messenger,
	{0x01, true}:  MSBrowse,
	{0x03, false}: Messenger,
	{0x06, false}: RASServer,
	{0x1b, false}: MasterOfAll,
	{0x1b, true}:  MasterOfAll,
	{0x1c, true}:  Controllers,
	{0x1d, false}: MasterBrowser,
	{0x1e, true}:  Election,
	{0x1f, false}: NetDDE,
	{0x20, false}: FileServer,
	{0x21, false}: RASClient,
	{0x22, false}: Exchange, {0x23, false}: Exchange, {0x24, false}: Exchange,
	{0x2b, false}: Lotus,
	{0x30, false}: Modem, {0x31, false}: Modem,
	{0x43, false}: SMSClient, {0x44, false}: SMSClient, {0x45, false}: SMSClient, {0x46, false}: SMSClient,
	{0x6a, false}: Exchange, {0x87, false}: Exchange,
	{0xbe, false}: Monitor, {0xbf, false}: Monitor,
}

// Meaning is what the name stands for; Unknown where nobody says.
func (h Held) Meaning() Meaning {
	if h.Group && h.Suffix == SuffixControllers && h.Text == "INet~Services" ||
		!h.Group && len(h.Text) > 3 && h.Text[:3] == "IS~" && h.Suffix == 0 {
		return IIS
	}
	return meanings[suffix{h.Suffix, h.Group}]
}

// Computer is the name of the node itself, empty when it does not tell.
func (s Status) Computer() string {
	for _, want := range []byte{SuffixServer, SuffixWorkstation} {
		for _, h := range s.Names {
			if h.Suffix == want && !h.Group && h.Meaning() != IIS {
				return h.Text
			}
		}
	}
	return ""
}

// Workgroup is the workgroup or domain of the node, empty when it does not tell.
func (s Status) Workgroup() string {
	for _, h := range s.Names {
		if h.Group && h.Suffix == SuffixWorkstation {
			return h.Text
		}
	}
	return ""
}

// Users are those to whom messages may be sent at the node: who is logged on.
// The node takes messages for itself, too.
func (s Status) Users() []string {
	var users []string
	computer := s.Computer()
	for _, h := range s.Names {
		if h.Suffix == SuffixMessenger && !h.Group && h.Text != computer && h.Text != computer+"$" {
			users = append(users, h.Text)
		}
	}
	return users
}

// Is reports whether one of the node's names has the meaning.
func (s Status) Is(m Meaning) bool {
	for _, h := range s.Names {
		if h.Meaning() == m {
			return true
		}
	}
	return false
}
