package hostnet

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"sekisho/internal/exposure"
)

// The form is that of Apple's documentation; no machine of Apple's was there to
// record it on.
const scutilForm = `<dictionary> {
  ExceptionsList : <array> {
    0 : *.local
    1 : 169.254/16
  }
  HTTPEnable : 1
  HTTPPort : 8080
  HTTPProxy : proxy.example
  ProxyAutoConfigEnable : 1
  ProxyAutoConfigURLString : http://wpad.example/proxy.pac
  SOCKSEnable : 0
  SOCKSProxy : 192.0.2.1
}
`

func TestScutilProxies(t *testing.T) {
	want := []exposure.ProxySetting{
		{Source: "macos", Kind: "http", URL: "http://proxy.example:8080"},
		{Source: "macos", Kind: "pac", URL: "http://wpad.example/proxy.pac"},
		{Source: "macos", Kind: "exempt", Hosts: []string{"*.local", "169.254/16"}},
	}
	if d := cmp.Diff(want, scutilProxies([]byte(scutilForm))); d != "" {
		t.Error(d)
	}
}

func FuzzScutilProxies(f *testing.F) {
	f.Add([]byte(scutilForm))
	f.Fuzz(func(t *testing.T, b []byte) {
		if list := scutilProxies(b); len(list) > 7 {
			t.Fatalf("%d settings", len(list))
		}
	})
}
