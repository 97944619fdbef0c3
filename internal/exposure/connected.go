package exposure

import (
	"net/netip"
	"time"
)

// ConnectSchema is the name of the document of connect, in its schema key.
const ConnectSchema = "sekisho/connect/1"

// ServerRole is what a server of a connect test is for.
type ServerRole string

// The roles.
const (
	RoleHost  ServerRole = "host"
	RoleProxy ServerRole = "proxy"
	RoleIn    ServerRole = "mail-in"
	RoleOut   ServerRole = "mail-out"
	RoleNews  ServerRole = "news"
)

// ConnectedServer is one server that was tried.
type ConnectedServer struct {
	Role     ServerRole `json:"role"`
	Host     string     `json:"host"` // as it was written
	Port     uint16     `json:"port"`
	Address  netip.Addr `json:"address,omitzero"` // absent when the name has none
	State    State      `json:"state"`
	Reason   Reason     `json:"reason,omitempty"`
	Expected string     `json:"expected,omitempty"` // the protocol that belongs to the role or the port; absent when none does
	Service  *Service   `json:"service,omitempty"`
	Source   string     `json:"source,omitempty"` // where the setting is from: flag, a variable, a desktop
	Error    string     `json:"error,omitempty"`  // why it could not be tried
}

// Really reports whether what answers is what belongs there; known is false
// when nothing told what it is, or nothing belongs there.
func (s ConnectedServer) Really() (really, known bool) {
	if s.Service == nil || s.Expected == "" || s.Service.Protocol == "" {
		return false, false
	}
	return s.Service.Protocol == s.Expected, true
}

// ConnectDocument is the document of connect -f json.
type ConnectDocument struct {
	Schema  string            `json:"schema"`
	Version string            `json:"version"`
	SeenAt  time.Time         `json:"seen_at"`
	Servers []ConnectedServer `json:"servers"`
	// Proxies are the proxy settings that were found, of connect proxy.
	Proxies []ProxySetting `json:"proxies,omitempty"`
	// Past is the host that was asked about and goes past every proxy.
	Past string `json:"past,omitempty"`
	// Dialogue is what was typed with --interactive, and what came back.
	Dialogue *Dialogue `json:"dialogue,omitempty"`
}

// ProxySetting is a proxy that a program of this machine would use, or a word
// about it, by where it is set.
type ProxySetting struct {
	Source string `json:"source"` // the variable, or gnome, kde, windows, winhttp, macos
	// Kind is what goes through it: http, https, ftp, socks or all; or pac (a
	// file that names proxies, in URL), detect (to be found by itself) or
	// exempt (what goes past it, in Hosts).
	Kind  string   `json:"kind"`
	URL   string   `json:"url,omitempty"` // a password in it is left out
	Hosts []string `json:"hosts,omitempty"`
}
