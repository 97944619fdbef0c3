//go:build linux && lab

package probe_test

import (
	"net/netip"
	"strings"
	"testing"

	"sekisho/internal/exposure"
	"sekisho/internal/lab"
	"sekisho/internal/probe"
)

// recordDatagrams is recordAgain for a recording over UDP, which may not be
// there yet.
func recordDatagrams(t *testing.T, from *lab.Host, at netip.AddrPort, path, product, pkg string) {
	t.Helper()
	t.Run(strings.ReplaceAll(path, "/", "-"), func(t *testing.T) {
		probe.Recorder{Enter: from.Do, To: at, Path: path, From: debian(t, product, pkg), Transport: exposure.UDP, Port: at.Port()}.Run(t)
	})
}

// TestClocksRecordedAgain records NTP again.
func TestClocksRecordedAgain(t *testing.T) {
	l := lab.New(t)
	h := l.Home
	at := netip.AddrPortFrom(h.V4, 123)
	s := h.StartChrony(t, lab.Chrony{})
	recordDatagrams(t, l.LAN, at, "ntp/happy-chrony", "chrony", "chrony")
	s.Stop()
	s = h.StartNTPsec(t, lab.NTPsec{Config: "unrestrict default noquery limited"})
	recordDatagrams(t, l.LAN, at, "ntp/happy-ntpsec", "NTPsec", "ntpsec")
	s.Stop()
	h.StartNTPsec(t, lab.NTPsec{})
	recordDatagrams(t, l.LAN, at, "ntp/happy-ntpsec-closed", "NTPsec", "ntpsec")
}

// TestManagersRecordedAgain records SNMP in its three versions again.
func TestManagersRecordedAgain(t *testing.T) {
	l := lab.New(t)
	h := l.Home
	h.StartSnmpd(t, lab.Snmpd{Config: "rocommunity public\nsysLocation Rack 4\nsysContact admin@home.example\nsysName home\n"})
	for _, version := range []string{"snmpv1", "snmpv2c", "snmpv3"} {
		recordDatagrams(t, l.LAN, netip.AddrPortFrom(h.V4, 161), version+"/happy", "snmpd", "snmpd")
	}
	h.StartSnmptrapd(t, lab.Snmptrapd{})
	recordDatagrams(t, l.LAN, netip.AddrPortFrom(h.V4, 162), "snmptrap/happy-inform", "snmptrapd", "snmptrapd")
}

// TestControllerRecordedAgain records what Samba as a domain controller says
// again, in datagrams and in streams.
func TestControllerRecordedAgain(t *testing.T) {
	l := lab.New(t)
	h := l.Home
	h.StartSambaController(t, lab.SambaController{})
	h.AwaitNetBIOS(t)
	for port, path := range map[uint16]string{389: "cldap/happy-samba", 137: "netbios-ns/happy-samba", 88: "kerberos/udp-samba", 464: "kpasswd/happy-samba"} {
		recordDatagrams(t, l.LAN, netip.AddrPortFrom(h.V4, port), path, "Samba", "samba")
	}
	for _, of := range []struct {
		path string
		port uint16
	}{{"smb", 445}, {"netbios-ssn", 139}, {"msrpc", 135}, {"ldap", 389}, {"kerberos", 88}} {
		recordAgain(t, l.LAN, netip.AddrPortFrom(h.V4, of.port), of.path+"/happy-samba", "Samba", "samba")
	}
}

// TestTunnelsRecordedAgain records IKE, DHCP, OpenVPN and RADIUS again.
func TestTunnelsRecordedAgain(t *testing.T) {
	l := lab.New(t)
	h := l.Home
	at := func(port uint16) netip.AddrPort { return netip.AddrPortFrom(h.V4, port) }
	for path, port := range map[string]uint16{"ikev1": 500, "ikev2": 500, "ikev1-nat-t": 4500, "ikev2-nat-t": 4500} {
		// One that knows our cookie answers where it did before.
		s := h.StartCharon(t, lab.Charon{Proposals: "aes256-sha256-modp2048,3des-sha1-modp1024"})
		recordDatagrams(t, l.LAN, at(port), path+"/happy-charon", "strongSwan", "charon-systemd")
		s.Stop()
		s = h.StartCharon(t, lab.Charon{Unused: true})
		recordDatagrams(t, l.LAN, at(port), path+"/happy", "strongSwan", "charon-systemd")
		s.Stop()
	}
	h.StartDnsmasq(t, "dhcp-range=192.168.77.100,192.168.77.110,1h\ndhcp-option=option:router,192.168.77.1\ndomain=home.example\n")
	recordDatagrams(t, l.LAN, at(67), "dhcp/happy-inform", "dnsmasq", "dnsmasq-base")
	h.StartOpenVPN(t, 1194)
	recordDatagrams(t, l.LAN, at(1194), "openvpn/happy", "OpenVPN", "openvpn")
	h.StartFreeRADIUS(t, "correct-horse")
	recordDatagrams(t, l.LAN, at(1812), "radius/happy-freeradius", "FreeRADIUS", "freeradius")
}

// TestSharesRecordedAgain records TFTP, memcached, the port mapper and NFS
// over UDP again.
func TestSharesRecordedAgain(t *testing.T) {
	l := lab.New(t)
	h := l.Home
	at := func(port uint16) netip.AddrPort { return netip.AddrPortFrom(h.V4, port) }
	h.StartTftpd(t, lab.Tftpd{})
	recordDatagrams(t, l.LAN, at(69), "tftp/happy", "tftpd-hpa", "tftpd-hpa")
	h.StartMemcachedUDP(t, 11211)
	recordDatagrams(t, l.LAN, at(11211), "memcached/happy", "memcached", "memcached")
	h.StartRpcbind(t)
	recordDatagrams(t, l.LAN, at(111), "rpcbind/happy", "rpcbind", "rpcbind")
	h.StartGanesha(t, "")
	recordDatagrams(t, l.LAN, at(2049), "nfs/happy", "NFS-Ganesha", "nfs-ganesha")
	recordDatagrams(t, l.LAN, at(20048), "mountd/happy", "NFS-Ganesha", "nfs-ganesha")
}

// TestGatewaysRecordedAgain records what telephones, routers and things in a
// home speak again.
func TestGatewaysRecordedAgain(t *testing.T) {
	l := lab.New(t)
	h := l.Home
	at := func(port uint16) netip.AddrPort { return netip.AddrPortFrom(h.V4, port) }
	h.StartKamailio(t, lab.Kamailio{})
	recordDatagrams(t, l.LAN, at(5060), "sip/happy", "Kamailio", "kamailio")
	t.Run("sip-happy-tcp", func(t *testing.T) {
		probe.Recorder{Enter: l.LAN.Do, To: at(5060), Path: "sip/happy-tcp", From: debian(t, "Kamailio", "kamailio"), Transport: exposure.TCP, Port: 5060}.Run(t)
	})
	h.StartCoturn(t, lab.Coturn{})
	recordDatagrams(t, l.LAN, at(3478), "stun/happy", "coturn", "coturn")
	h.StartMiniupnpd(t)
	recordDatagrams(t, l.LAN, at(1900), "ssdp/happy", "MiniUPnPd", "miniupnpd-nftables")
	recordDatagrams(t, l.LAN, at(5351), "nat-pmp/happy", "MiniUPnPd", "miniupnpd-nftables")
	recordDatagrams(t, l.LAN, at(5351), "pcp/happy", "MiniUPnPd", "miniupnpd-nftables")
	h.StartAvahi(t)
	recordDatagrams(t, l.LAN, at(5353), "mdns/happy", "Avahi", "avahi-daemon")
	h.StartCoAP(t, 0)
	recordDatagrams(t, l.LAN, at(5683), "coap/happy", "libcoap", "libcoap3-bin")
	recordDatagrams(t, l.LAN, at(5684), "dtls/happy", "libcoap", "libcoap3-bin")
	h.StartCaddy(t)
	recordDatagrams(t, l.LAN, at(443), "quic/happy-caddy", "Caddy", "caddy")
}

// TestSimpleServicesRecordedAgain records the small services of inetd again.
func TestSimpleServicesRecordedAgain(t *testing.T) {
	l := lab.New(t)
	h := l.Home
	h.StartSimpleServices(t)
	for name, port := range map[string]uint16{"echo": 7, "daytime": 13, "chargen": 19, "time": 37, "qotd": 17} {
		at := netip.AddrPortFrom(h.V4, port)
		if name != "qotd" {
			recordDatagrams(t, l.LAN, at, name+"/happy", "inetutils-inetd", "inetutils-inetd")
		}
		t.Run(name+"-happy-tcp", func(t *testing.T) {
			// Chargen does not end: three lines of it are enough.
			until := func(said []byte) int {
				if len(said) < 222 {
					return -1
				}
				return 222
			}
			probe.Recorder{
				Enter: l.LAN.Do, To: at, Path: name + "/happy-tcp", From: debian(t, "inetutils-inetd", "inetutils-inetd"),
				Transport: exposure.TCP, Port: port, Until: until,
			}.Run(t)
		})
	}
}

// TestNamesAndKeysRecordedAgain records NetBIOS and Kerberos of other servers
// than a domain controller again.
func TestNamesAndKeysRecordedAgain(t *testing.T) {
	l := lab.New(t)
	h := l.Home
	at := func(port uint16) netip.AddrPort { return netip.AddrPortFrom(h.V4, port) }
	h.StartNmbd(t)
	recordDatagrams(t, l.LAN, at(137), "netbios-ns/happy", "Samba nmbd", "samba")
	h.StartKrb5(t)
	recordDatagrams(t, l.LAN, at(88), "kerberos/happy", "MIT krb5kdc", "krb5-kdc")
	recordDatagrams(t, l.LAN, at(464), "kpasswd/happy", "MIT kadmind", "krb5-admin-server")
	h.StartRsyslog(t, lab.Rsyslog{})
	recordDatagrams(t, l.LAN, at(514), "syslog/happy-rsyslog", "rsyslog", "rsyslog")
}
