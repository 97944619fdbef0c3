package snmp

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"time"
)

// Engine is what the id of an SNMP engine tells (RFC 3411 section 5).
type Engine struct {
	Enterprise uint32     // whose format it is
	Format     string     // ipv4, ipv6, mac, text, octets, net-snmp, enterprise or old
	Address    netip.Addr // of ipv4 and ipv6
	MAC        string     // of mac, 00:1b:21:0a:0b:0c
	Text       string     // of text, as it came
	Created    time.Time  // of net-snmp, when the id was made
}

// netSNMP is the number of the project, whose ids are random and dated.
const netSNMP = 8072

// ParseEngine takes an id apart. What does not hold what its format says is of
// no format.
func ParseEngine(id []byte) (Engine, error) {
	if len(id) < 5 || len(id) > maxEngineID {
		return Engine{}, fmt.Errorf("engine id of %d bytes: %w", len(id), ErrRange)
	}
	first := binary.BigEndian.Uint32(id)
	e := Engine{Enterprise: first &^ (1 << 31)}
	if first>>31 == 0 {
		e.Format = "old"
		return e, nil
	}
	rest := id[5:]
	switch {
	case id[4] == 1 && len(rest) == 4:
		e.Format = "ipv4"
		e.Address, _ = netip.AddrFromSlice(rest)
	case id[4] == 2 && len(rest) == 16:
		e.Format = "ipv6"
		e.Address, _ = netip.AddrFromSlice(rest)
	case id[4] == 3 && len(rest) >= 6:
		e.Format, e.MAC = "mac", Hex(rest[:6])
	case id[4] == 4 && len(rest) > 0:
		e.Format, e.Text = "text", string(rest)
	case id[4] == 5:
		e.Format = "octets"
	case id[4] == 128 && e.Enterprise == netSNMP && len(rest) == 12:
		// Four random bytes, then the time in the byte order of the machine, in
		// eight bytes of which the first four tell on nearly all.
		e.Format = "net-snmp"
		e.Created = time.Unix(int64(binary.LittleEndian.Uint32(rest[4:])), 0).UTC()
	case id[4] >= 128:
		e.Format = "enterprise"
	}
	return e, nil
}

// enterprises are private enterprise numbers of makers whose agents one meets.
var enterprises = map[uint32]string{
	2: "IBM", 9: "Cisco", 11: "Hewlett-Packard", 36: "DEC", 42: "Sun", 43: "3Com", 63: "Apple", 111: "Oracle",
	116: "Hitachi", 119: "NEC", 122: "Sony", 171: "D-Link", 207: "Allied Telesis", 211: "Fujitsu", 232: "Compaq / HPE",
	236: "Samsung", 246: "Furukawa Electric", 253: "Xerox", 258: "Panasonic", 297: "Fujifilm Business Innovation (Fuji Xerox)",
	311: "Microsoft", 318: "APC", 343: "Intel", 367: "Ricoh", 368: "Axis", 476: "Vertiv", 534: "Eaton", 641: "Lexmark",
	674: "Dell", 789: "NetApp", 800: "Alcatel", 850: "Tripp Lite", 890: "Zyxel", 1129: "Toshiba Tec", 1182: "Yamaha",
	1248: "Seiko Epson", 1347: "Kyocera", 1588: "Brocade", 1602: "Canon", 1916: "Extreme Networks", 1991: "Foundry Networks",
	2001: "Oki Data", 2011: "Huawei", 2021: "UCD-SNMP", 2356: "LANCOM", 2385: "Sharp", 2435: "Brother", 2620: "Check Point",
	2636: "Juniper Networks", 3224: "NetScreen", 3375: "F5", 3417: "Blue Coat", 3808: "CyberPower", 3902: "ZTE", 4329: "Siemens",
	4413: "Broadcom", 4526: "Netgear", 4881: "Ruijie", 5227: "Buffalo", 5624: "Enterasys", 6027: "Force10", 6141: "Ciena",
	6486: "Alcatel-Lucent Enterprise", 6574: "Synology", 6876: "VMware", 6889: "Avaya", 7779: "Infoblox", netSNMP: "Net-SNMP",
	8691: "Moxa", 8741: "SonicWall", 10418: "Avocent", 11863: "TP-Link", 12325: "FreeBSD bsnmpd", 12356: "Fortinet",
	13742: "Raritan", 14179: "Airespace", 14823: "Aruba", 14988: "MikroTik", 17163: "Riverbed", 17713: "Cambium Networks",
	18334: "Konica Minolta", 19046: "Lenovo", 20376: "Century Systems", 21317: "ATEN", 21839: "AlaxalA", 24681: "QNAP",
	25053: "Ruckus", 25461: "Palo Alto Networks", 25506: "H3C", 29671: "Meraki", 30065: "Arista", 30155: "OpenBSD",
	33049: "Mellanox", 40310: "Cumulus Networks", 41112: "Ubiquiti", 44641: "VyOS", 47196: "HPE Aruba",
}

// Enterprise is the maker that a number belongs to, empty when it is none of
// those known here.
func Enterprise(n uint32) string { return enterprises[n] }

// privateEnterprises is where makers have their objects (RFC 2578 section 4).
var privateEnterprises = OID{1, 3, 6, 1, 4, 1}

// EnterpriseOf is the number of the maker below whose name an object stands.
func EnterpriseOf(o OID) (uint32, bool) {
	if !o.Below(privateEnterprises) || len(o) == len(privateEnterprises) {
		return 0, false
	}
	return o[len(privateEnterprises)], true
}

// Product is what sysObjectID says of the agents and systems that do not say
// it in sysDescr: those of Net-SNMP name the system that they were built for.
func Product(o OID) string {
	agents := OID{1, 3, 6, 1, 4, 1, netSNMP, 3, 2}
	if o.Below(agents) {
		return "Net-SNMP"
	}
	return ""
}
