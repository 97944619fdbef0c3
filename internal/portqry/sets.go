package portqry

import (
	"maps"
	"slices"
	"strings"

	"sekisho/internal/exposure"
)

// portEPM is where the endpoint mapper listens.
const portEPM = 135

func tcpPorts(ports ...uint16) []Asked { return over(exposure.TCP, ports) }

func udpPorts(ports ...uint16) []Asked { return over(exposure.UDP, ports) }

func over(t exposure.Transport, ports []uint16) []Asked {
	asked := make([]Asked, len(ports))
	for i, port := range ports {
		asked[i] = Asked{t, port}
	}
	return asked
}

// sets are the ports of a server of one kind, after the predefined services of
// PortQry's window: a domain controller, a mail server, a database, a web
// server.
var sets = map[string][]Asked{
	"ad": slices.Concat(
		tcpPorts(135, 389), udpPorts(389), tcpPorts(636, 3268, 3269, 53), udpPorts(53), tcpPorts(88), udpPorts(88),
		tcpPorts(445), udpPorts(137, 138), tcpPorts(139, 464), udpPorts(464), tcpPorts(42),
	),
	"exchange": tcpPorts(25, 587, 110, 995, 143, 993, 80, 443, 135, 389, 3268),
	"sql":      slices.Concat(tcpPorts(135, 1433), udpPorts(1434)),
	"web":      tcpPorts(80, 443),
}

// setName reads the name of a set.
func setName(word, value string) (string, error) {
	name := strings.ToLower(value)
	if sets[name] == nil {
		return "", wrong("%s %q: the sets are %s", word, value, strings.Join(slices.Sorted(maps.Keys(sets)), ", "))
	}
	return name, nil
}
