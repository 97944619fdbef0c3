package probe

import (
	"bytes"
	"testing"

	"sekisho/internal/exposure"
)

// What the protocols of Windows have recordings of.
func init() {
	all := []string{"happy", "wrong", "silent", "hangup", "endless", "garbled"}
	for _, name := range []string{"smb", "netbios-ssn", "ldap", "mssql", "vnc", "winrm", "msrpc", "kerberos", "rdp"} {
		recordingsOf[name] = all
	}
	datagrams := []string{"happy", "wrong", "silent", "unreach"}
	for _, name := range []string{"netbios-ns", "cldap", "mc-sqlr"} {
		recordingsOf[name] = datagrams
	}
}

func FuzzSMB(f *testing.F)            { fuzzProbe(f, "smb", exposure.TCP) }
func FuzzNetBIOSSession(f *testing.F) { fuzzProbe(f, "netbios-ssn", exposure.TCP) }
func FuzzNetBIOSNames(f *testing.F)   { fuzzProbe(f, "netbios-ns", exposure.UDP) }
func FuzzMSRPC(f *testing.F)          { fuzzProbe(f, "msrpc", exposure.TCP) }
func FuzzMSRPCDatagram(f *testing.F)  { fuzzProbe(f, "msrpc", exposure.UDP) }
func FuzzLDAP(f *testing.F)           { fuzzProbe(f, "ldap", exposure.TCP) }
func FuzzCLDAP(f *testing.F)          { fuzzProbe(f, "cldap", exposure.UDP) }
func FuzzKerberos(f *testing.F)       { fuzzProbe(f, "kerberos", exposure.TCP) }
func FuzzKerberosUDP(f *testing.F)    { fuzzProbe(f, "kerberos", exposure.UDP) }
func FuzzRDP(f *testing.F)            { fuzzProbe(f, "rdp", exposure.TCP) }
func FuzzVNC(f *testing.F)            { fuzzProbe(f, "vnc", exposure.TCP) }
func FuzzMSSQL(f *testing.F)          { fuzzProbe(f, "mssql", exposure.TCP) }
func FuzzMCSQLR(f *testing.F)         { fuzzProbe(f, "mc-sqlr", exposure.UDP) }
func FuzzWinRM(f *testing.F)          { fuzzProbe(f, "winrm", exposure.TCP) }

// FuzzLDAPMessage reads messages without a server around them.
func FuzzLDAPMessage(f *testing.F) {
	addRecorded(f, "ldap")
	addRecorded(f, "cldap")
	f.Fuzz(func(t *testing.T, b []byte) {
		_, _, content, ok := ldapOperation(b)
		if !ok {
			content = b
		}
		_, attributes, _ := parseLDAPEntry(content)
		if len(attributes) > maxLDAPAttributes {
			t.Errorf("%d attributes", len(attributes))
		}
		parseLDAPResult(content)
		ldapDomain(string(b))
		ldapSite(string(b))
	})
}

// FuzzKerberosError reads errors without a server around them.
func FuzzKerberosError(f *testing.F) {
	addRecorded(f, "kerberos")
	f.Fuzz(func(t *testing.T, b []byte) {
		before := bytes.Clone(b)
		parseKerberos(b)
		kerberosReplies(nil, b)
		if !bytes.Equal(before, b) {
			t.Error("changed what it read")
		}
	})
}

// FuzzWinRMAnswer reads what a server says of itself.
func FuzzWinRMAnswer(f *testing.F) {
	addRecorded(f, "winrm")
	f.Fuzz(func(_ *testing.T, b []byte) {
		winrmProduct(b)
		_, _ = winrmChallenge(string(b))
		winrmMethods([]string{string(b)})
	})
}
