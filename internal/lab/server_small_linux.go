package lab

import (
	"fmt"
	"strings"
)

// StartTinyproxy starts tinyproxy on all addresses of IPv4, for the clients that
// it is told to allow, and for nobody else.
func (h *Host) StartTinyproxy(t T, port uint16, allow ...string) *Server {
	t.Helper()
	conf := fmt.Sprintf("/etc/tinyproxy-lab-%d.conf", port)
	var config strings.Builder
	config.WriteString(fmt.Sprintf("User nobody\nGroup nogroup\nPort %d\nListen 0.0.0.0\nTimeout 20\nMaxClients 10\nAllow 127.0.0.1\n", port))
	for _, a := range allow {
		config.WriteString("Allow " + a + "\n")
	}
	h.WriteFile(t, conf, config.String())
	return h.start(t, "tinyproxy", []wanted{{"tcp", port, 1}}, "tinyproxy", "-d", "-c", conf)
}

// StartZNC starts ZNC, which keeps people's connections to servers of IRC, on all
// addresses. Its user app has the password secret and a network that is
// not there.
func (h *Host) StartZNC(t T, port uint16) *Server {
	t.Helper()
	const dir = "/var/lib/znc-lab"
	h.WriteFile(t, dir+"/configs/znc.conf", fmt.Sprintf(`Version = 1.8.2
<Listener lab>
Port = %d
IPv4 = true
IPv6 = true
SSL = false
</Listener>
<User app>
Pass = plain#secret
Admin = true
Nick = app
<Network nowhere>
Server = 127.0.0.1 1
IRCConnectEnabled = false
</Network>
</User>
`, port))
	h.Run(t, "chown", "-R", "nobody:nogroup", dir)
	return h.start(t, "znc", []wanted{{"tcp", port, 1}}, "setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups",
		"znc", "--foreground", "--datadir", dir)
}

// StartInfluxDB starts InfluxDB on all addresses, for everybody unless it is
// locked.
func (h *Host) StartInfluxDB(t T, locked bool) *Server {
	t.Helper()
	const dir = "/var/lib/influxdb-lab"
	h.WriteFile(t, dir+"/influxdb.conf", strings.ReplaceAll(fmt.Sprintf(`reporting-disabled = true
bind-address = "127.0.0.1:8089"
[meta]
dir = "DIR/meta"
[data]
dir = "DIR/data"
wal-dir = "DIR/wal"
[monitor]
store-enabled = false
[http]
bind-address = ":8086"
auth-enabled = %v
`, locked), "DIR", dir))
	return h.start(t, "influxd", []wanted{{"tcp", 8086, 1}}, "influxd", "run", "-config", dir+"/influxdb.conf")
}
