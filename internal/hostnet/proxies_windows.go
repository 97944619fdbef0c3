package hostnet

import (
	"context"
	"encoding/binary"
	"strings"

	"golang.org/x/sys/windows/registry"

	"sekisho/internal/exposure"
)

// The keys of the registry: what Internet Explorer, and with it most programs
// of the user, take, and what services take (WinHTTP).
const (
	internetSettings = `Software\Microsoft\Windows\CurrentVersion\Internet Settings`
	winHTTPSettings  = `SOFTWARE\Microsoft\Windows\CurrentVersion\Internet Settings\Connections`
)

// desktopProxies reads the settings of the user and those of WinHTTP.
func desktopProxies(context.Context, func(string) string) []exposure.ProxySetting {
	var found []exposure.ProxySetting
	if k, err := registry.OpenKey(registry.CURRENT_USER, internetSettings, registry.QUERY_VALUE); err == nil {
		defer k.Close()
		on, _, _ := k.GetIntegerValue("ProxyEnable") // a value that is missing is 0
		server, _, _ := k.GetStringValue("ProxyServer")
		past, _, _ := k.GetStringValue("ProxyOverride")
		if on != 0 {
			found = windowsProxies("windows", server, past)
		}
		if pac, _, err := k.GetStringValue("AutoConfigURL"); err == nil && pac != "" {
			found = append(found, exposure.ProxySetting{Source: "windows", Kind: "pac", URL: withoutPassword(pac)})
		}
		if auto, _, err := k.GetIntegerValue("AutoDetect"); err == nil && auto != 0 {
			found = append(found, exposure.ProxySetting{Source: "windows", Kind: "detect"})
		}
	}
	if k, err := registry.OpenKey(registry.LOCAL_MACHINE, winHTTPSettings, registry.QUERY_VALUE); err == nil {
		defer k.Close()
		if b, _, err := k.GetBinaryValue("WinHttpSettings"); err == nil {
			server, past := winHTTP(b)
			found = append(found, windowsProxies("winhttp", server, past)...)
		}
	}
	return found
}

// windowsProxies reads ProxyServer, HOST:PORT for everything or KIND=HOST:PORT
// between semicolons, and the hosts that go past it.
func windowsProxies(source, server, past string) []exposure.ProxySetting {
	var found []exposure.ProxySetting
	for _, word := range hostList(server) {
		kind, host, named := strings.Cut(word, "=")
		if !named {
			kind, host = "all", word
		}
		scheme := "http"
		if kind == "socks" {
			scheme = "socks4"
		}
		if !strings.Contains(host, "://") {
			host = scheme + "://" + host
		}
		found = append(found, exposure.ProxySetting{Source: source, Kind: strings.ToLower(kind), URL: withoutPassword(host)})
	}
	if hosts := hostList(past); len(found) > 0 && len(hosts) > 0 {
		found = append(found, exposure.ProxySetting{Source: source, Kind: "exempt", Hosts: hosts})
	}
	return found
}

// winHTTP reads the value that netsh winhttp set proxy writes: three numbers of
// 32 bits, of which the third has bit 1 where a proxy is set, then the server
// and the hosts past it, each behind its length.
func winHTTP(b []byte) (server, past string) {
	const head, proxy = 12, 2
	if len(b) < head || binary.LittleEndian.Uint32(b[8:])&proxy == 0 {
		return "", ""
	}
	text := func() string {
		if len(b) < 4 {
			return ""
		}
		n := int(binary.LittleEndian.Uint32(b))
		if b = b[4:]; n < 0 || n > len(b) {
			return ""
		}
		word := string(b[:n])
		b = b[n:]
		return word
	}
	b = b[head:]
	server = text()
	return server, text()
}
