package probe

import (
	"fmt"
	"time"

	"sekisho/internal/exposure"
	"sekisho/internal/untrusted"
	"sekisho/internal/wire/ntlm"
)

// ntlmFacts keeps who a server is, as the challenge tells that it sends before
// it would check a password, which nobody sends.
func ntlmFacts(svc *exposure.Service, c ntlm.Challenge) {
	for name, value := range map[string]string{
		"computer": c.Computer, "domain": c.Domain,
		"dns_computer": c.DNSComputer, "dns_domain": c.DNSDomain, "dns_forest": c.DNSForest,
	} {
		if value != "" {
			svc.Facts[name] = untrusted.New(value, maxFact)
		}
	}
	if !c.Time.IsZero() {
		ntlmClock(svc.Facts, c.Time)
	}
	switch {
	case c.Major == 0:
	case c.Build == 0:
		// No Windows is without a number; Samba says 6.1 and no number.
		svc.Product = untrusted.New("Samba", maxProduct)
	default:
		version := fmt.Sprintf("%d.%d.%d", c.Major, c.Minor, c.Build)
		svc.Facts["os_build"] = untrusted.New(version, maxFact)
		svc.Product, svc.Version = untrusted.New("Windows", maxProduct), untrusted.New(version, maxProduct)
		if name := ntlmReleases[c.Build]; name != "" {
			svc.Facts["os_release"] = untrusted.New(name, maxFact)
		}
	}
}

// ntlmClock keeps what time a server has, and how far that is from ours, in
// seconds: Kerberos refuses more than 300.
func ntlmClock(facts exposure.Facts, at time.Time) {
	facts["time"] = untrusted.New(at.UTC().Format(time.RFC3339), maxFact)
	facts["clock_offset_s"] = int(time.Until(at).Round(time.Second) / time.Second)
}

// ntlmReleases are the Windows that have a number, after Microsoft's release
// information.
var ntlmReleases = map[uint16]string{
	2195:  "Windows 2000",
	2600:  "Windows XP",
	3790:  "Windows Server 2003",
	6002:  "Windows Vista, Server 2008",
	6003:  "Windows Server 2008",
	7600:  "Windows 7, Server 2008 R2",
	7601:  "Windows 7, Server 2008 R2",
	9200:  "Windows 8, Server 2012",
	9600:  "Windows 8.1, Server 2012 R2",
	10240: "Windows 10",
	10586: "Windows 10",
	14393: "Windows 10, Server 2016",
	15063: "Windows 10",
	16299: "Windows 10",
	17134: "Windows 10",
	17763: "Windows 10, Server 2019",
	18362: "Windows 10",
	18363: "Windows 10",
	19041: "Windows 10",
	19042: "Windows 10",
	19043: "Windows 10",
	19044: "Windows 10",
	19045: "Windows 10",
	20348: "Windows Server 2022",
	22000: "Windows 11",
	22621: "Windows 11",
	22631: "Windows 11",
	25398: "Windows Server, version 23H2",
	26100: "Windows 11, Server 2025",
	26200: "Windows 11",
}
