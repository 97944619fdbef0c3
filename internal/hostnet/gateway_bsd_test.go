//go:build !linux && !windows

package hostnet

import "testing"

const routeText = `   route to: default
destination: default
       mask: default
    gateway: 192.168.1.1
  interface: no-such0
      flags: <UP,GATEWAY,DONE,STATIC,PRCLONING>
`

func FuzzRouteTold(f *testing.F) {
	f.Add([]byte(routeText))
	f.Fuzz(func(t *testing.T, text []byte) {
		if n := routeTold(text); len(n.Routes) != len(n.Devices) {
			t.Errorf("%+v", n)
		}
	})
}
