package mssql

import "testing"

func TestPrelogin(t *testing.T) {
	s, err := ParsePrelogin([]byte("\x00\x00\x0b\x00\x06\x01\x00\x11\x00\x01\xff\x10\x00\x03\xe8\x00\x06\x03"))
	if err != nil || s.Version != "16.0.1000.6" || s.Encryption != EncryptionMust || !s.Told || Release(s.Version) != "2022" {
		t.Errorf("read %+v, error %v", s, err)
	}
	if s, err := ParsePrelogin(Prelogin()[Header:]); err != nil || s.Version != "0.0.0.0" || s.Encryption != EncryptionOff {
		t.Errorf("our own message is read as %+v, error %v", s, err)
	}
	for version, want := range map[string]string{"10.50.6000.34": "2008 R2", "10.0.5500.0": "2008", "99.0.0.0": ""} {
		if got := Release(version); got != want {
			t.Errorf("%s is called %q, want %q", version, got, want)
		}
	}
}

// TestInstances reads the example of MC-SQLR section 4.
func TestInstances(t *testing.T) {
	const text = `ServerName;ILSUNG1;InstanceName;YUKONSTD;IsClustered;No;Version;9.00.1399.06;tcp;57137;;` +
		`ServerName;ILSUNG1;InstanceName;YUKONDEV;IsClustered;Yes;Version;9.00.1399.06;np;\\ILSUNG1\pipe\MSSQL$YUKONDEV\sql\query;;`
	all, err := ParseInstances(append([]byte{5, byte(len(text)), 0}, text...))
	want := []Instance{
		{Server: "ILSUNG1", Name: "YUKONSTD", Version: "9.00.1399.06", TCP: "57137"},
		{Server: "ILSUNG1", Name: "YUKONDEV", Version: "9.00.1399.06", Clustered: true, Pipe: `\\ILSUNG1\pipe\MSSQL$YUKONDEV\sql\query`},
	}
	if err != nil || len(all) != 2 || all[0] != want[0] || all[1] != want[1] {
		t.Errorf("read %+v, error %v", all, err)
	}
}

func FuzzAnswers(f *testing.F) {
	f.Add(Prelogin())
	f.Add([]byte("\x05\x58\x00ServerName;HOME;InstanceName;MSSQLSERVER;IsClustered;No;Version;16.0.1000.6;tcp;1433;;"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if s, err := ParsePrelogin(b); err == nil {
			_ = Release(s.Version)
		}
		if all, err := ParseInstances(b); err == nil && (len(all) == 0 || len(all) > maxInstances) {
			t.Errorf("%d instances", len(all))
		}
		if len(b) >= Header {
			if n, ok := Length([Header]byte(b)); ok && n <= Header {
				t.Errorf("length %d", n)
			}
		}
	})
}
