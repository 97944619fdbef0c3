package probe

import "sekisho/internal/exposure"

func init() {
	for name, ports := range oneWay {
		register(oneWayProbe(name, ports))
	}
}

// oneWayProbe is a probe of what answers nobody.
func oneWayProbe(name string, ports []uint16, tests ...Test) Probe {
	return Probe{
		Name: name, Transport: exposure.UDP, Ports: ports, Silent: true, Tests: tests,
		Hello: func(uint64) []byte { return nil },
		Match: func(_, _ []byte) bool { return false },
	}
}

// oneWay are protocols whose receivers answer nobody who sends a datagram from
// outside: they take reports, or talk among those who hold a key, or speak by
// multicast only. They are sent an empty datagram, which none of them stores or
// acts on, and which still has a closed port tell that it is closed.
var oneWay = map[string][]uint16{
	"netbios-dgm": {138},        // RFC 1002 section 5.3
	"who":         {513},        // broadcasts of rwhod
	"ptp":         {319, 320},   // IEEE 1588 annex C: multicast
	"hsrp":        {1985},       // RFC 2281: multicast
	"ldp":         {646},        // RFC 5036 section 2.4: hellos of neighbours
	"ipp":         {631},        // CUPS browsing; what it believes it calls back
	"wazuh":       {1514},       // encrypted under the key of an enrolled agent
	"netflow":     {2055, 9995}, // RFC 3954
	"ipfix":       {4739},       // RFC 7011
	"sflow":       {6343},       // sFlow version 5
	"vxlan":       {4789, 8472}, // RFC 7348
	"geneve":      {6081},       // RFC 8926
	"opcua":       {4840},       // OPC 10000-14: UADP messages of publishers
	"tuya":        {6666, 6667}, // broadcasts of the devices
	"swarm":       {7946},       // encrypted under the key of the cluster
	"zerotier":    {9993},       // packets are keyed to both identities
	"tailscale":   {41641},      // WireGuard, and what is sealed for a known peer
	"syncthing":   {21027},      // broadcasts of the devices
	"vmware-auth": {902},        // heartbeats of hypervisors
	"ganglia":     {8649},       // measurements by multicast
	"collectd":    {25826},      // measurements
	"statsd":      {8125},       // measurements
	"graphite":    {2003},       // measurements
	"gelf":        {12201},      // log messages
	"bootpc":      {68},         // RFC 2131 section 4.1: only what it asked for
	"dhcpv6":      {546},        // RFC 8415 section 18.2.10: likewise
}
