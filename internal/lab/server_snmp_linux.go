package lab

import "fmt"

// Snmpd says how an SNMP agent is to run.
type Snmpd struct {
	Port   uint16 // 161 when zero
	Config string // snmpd.conf; empty: it answers to the community public
}

// StartSnmpd starts the agent of Net-SNMP.
func (h *Host) StartSnmpd(t T, o Snmpd) *Server {
	t.Helper()
	port := portOr(o.Port, 161)
	if o.Config == "" {
		o.Config = "rocommunity public\nrocommunity6 public\n"
	}
	conf := fmt.Sprintf("/etc/snmp/lab-%d.conf", port)
	h.WriteFile(t, conf, o.Config)
	return h.start(
		t, "snmpd", []wanted{{"udp", port, 2}}, "env", fmt.Sprintf("SNMP_PERSISTENT_DIR=/var/lib/snmp/lab-%d", port), "MIBS=",
		"snmpd", "-f", "-Lo", "-C", "-c", conf, "-p", fmt.Sprintf("/run/snmpd-%d.pid", port), fmt.Sprintf("udp:%d,udp6:%d", port, port),
	)
}

// Snmptrapd says how a receiver of traps is to run.
type Snmptrapd struct {
	Port   uint16 // 162 when zero
	Config string // snmptrapd.conf; empty: it logs what has the community public
}

// StartSnmptrapd starts the receiver of traps of Net-SNMP, whose log holds what
// arrived.
func (h *Host) StartSnmptrapd(t T, o Snmptrapd) *Server {
	t.Helper()
	port := portOr(o.Port, 162)
	if o.Config == "" {
		o.Config = "authCommunity log public\n"
	}
	conf := fmt.Sprintf("/etc/snmp/trap-%d.conf", port)
	h.WriteFile(t, conf, o.Config)
	return h.start(
		t, "snmptrapd", []wanted{{"udp", port, 2}}, "env", fmt.Sprintf("SNMP_PERSISTENT_DIR=/var/lib/snmp/trap-%d", port), "MIBS=",
		"snmptrapd", "-f", "-Lo", "-n", "-C", "-c", conf, "-p", fmt.Sprintf("/run/snmptrapd-%d.pid", port), fmt.Sprintf("udp:%d,udp6:%d", port, port),
	)
}
