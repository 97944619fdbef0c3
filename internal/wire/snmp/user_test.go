package snmp

import "testing"

func TestCredentials(t *testing.T) {
	secret := func() (string, error) { return "password1\r\npassword2\n", nil }
	for _, c := range []struct{ auth, priv, wantAuth, wantPriv string }{
		{"sha", "", "SHA", ""},
		{"SHA1", "aes128", "SHA", "AES"},
		{"sha-512", "DES", "SHA-512", "DES"},
		{"sha_256", "AES-128", "SHA-256", "AES"},
		{"md5", "none", "MD5", ""},
		{"sha", "aes192", "SHA", "AES-192"},
		{"sha-224", "AES-256", "SHA-224", "AES-256"},
		{"sha", "aes256c", "SHA", "AES-256-C"},
		{"sha", "AES-192-Cisco", "SHA", "AES-192-C"},
		{"none", "", "", ""},
	} {
		u, err := Credentials("me", c.auth, c.priv, secret)
		if err != nil || u.Name != "me" || u.Auth.Name != c.wantAuth || u.Priv.Name != c.wantPriv {
			t.Errorf("%s %s: %s %s, %v", c.auth, c.priv, u.Auth.Name, u.Priv.Name, err)
		}
	}
	for _, c := range []struct{ auth, priv, secret string }{
		{"none", "AES", "password1"}, {"SHA", "", "short"}, {"SHA", "AES", "password1\nshort"}, {"rot13", "", "password1"}, {"SHA", "3DES", "password1"},
	} {
		if u, err := Credentials("me", c.auth, c.priv, func() (string, error) { return c.secret, nil }); err == nil {
			t.Errorf("%v makes %s %s", c, u.Auth.Name, u.Priv.Name)
		}
	}
}

func FuzzCredentials(f *testing.F) {
	f.Add("SHA", "AES", "password1\r\npassword2")
	f.Add("none", "", "")
	f.Fuzz(func(t *testing.T, auth, priv, secret string) {
		u, err := Credentials("me", auth, priv, func() (string, error) { return secret, nil })
		if err == nil && u.Priv.Name != "" && u.Auth.Name == "" {
			t.Error("encrypts without signing")
		}
	})
}
