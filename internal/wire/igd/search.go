// Package igd is what a UPnP Internet Gateway Device says of itself: its reply
// to a search (SSDP), its description, and its answers to SOAP calls that change
// nothing (UPnP Device Architecture 1.1; WANIPConnection:1 and :2,
// WANPPPConnection:1, WANIPv6FirewallControl:1). It has no I/O and no clock.
package igd

import (
	"bufio"
	"bytes"
	"cmp"
	"errors"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
)

// SearchPort is where devices wait for a search (UDA 1.1 section 1.1).
const SearchPort = 1900

// Group is the address of all devices of a network.
var Group = netip.AddrFrom4([4]byte{239, 255, 255, 250})

// Targets of a search: any root device, which answers once and not for all that
// it has, and the gateway of version 1, as which those of version 2 answer too.
const (
	RootDevice = "upnp:rootdevice"
	Gateway    = "urn:schemas-upnp-org:device:InternetGatewayDevice:1"
)

// Search is an M-SEARCH for a target (section 1.3.2). It may be sent to one
// device as well as to all.
func Search(target string) []byte {
	return []byte("M-SEARCH * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\nMAN: \"ssdp:discover\"\r\nMX: 1\r\nST: " + target + "\r\n\r\n")
}

// Found is a device's reply to a search (section 1.3.3).
type Found struct {
	Target   string // ST
	Location string // where its description is, in its own words
	Server   string // system, version of UPnP, product
}

// Errors of what a device sent.
var (
	ErrReply    = errors.New("no reply to a search")
	ErrDocument = errors.New("no such document")
	ErrDeep     = errors.New("elements lie too deep in one another")
)

// maxReply bounds a reply: a datagram of a frame.
const maxReply = 4096

// ParseReply reads a reply to a search.
func ParseReply(b []byte) (Found, error) {
	if len(b) > maxReply {
		return Found{}, ErrReply
	}
	r, err := http.ReadResponse(bufio.NewReader(bytes.NewReader(b)), nil)
	if err != nil || r.StatusCode != http.StatusOK || r.Header.Get("St") == "" {
		return Found{}, ErrReply
	}
	return Found{Target: r.Header.Get("St"), Location: r.Header.Get("Location"), Server: r.Header.Get("Server")}, nil
}

// At reads the address of a description or of a service and reports whether it
// lies at host itself, over plain HTTP: what a device says may lead anywhere.
func At(location string, host netip.Addr) (at netip.AddrPort, path string, ok bool) {
	u, err := url.Parse(location)
	if err != nil || u.Scheme != "http" || u.User != nil {
		return netip.AddrPort{}, "", false
	}
	port, err := strconv.ParseUint(cmp.Or(u.Port(), "80"), 10, 16)
	if err != nil || port == 0 {
		return netip.AddrPort{}, "", false
	}
	named, err := netip.ParseAddr(u.Hostname())
	if err != nil || named.WithZone("").Unmap() != host.WithZone("").Unmap() {
		return netip.AddrPort{}, "", false
	}
	path = u.RequestURI()
	return netip.AddrPortFrom(host, uint16(port)), path, strings.HasPrefix(path, "/")
}

// Control is where calls to a service go: its control URL, relative to the
// URLBase of the description or, without one, to where that was read.
func (d Description) Control(s Service, location string) string {
	base, err := url.Parse(cmp.Or(strings.TrimSpace(d.URLBase), location))
	if err != nil {
		return ""
	}
	at, err := base.Parse(strings.TrimSpace(s.Control))
	if err != nil {
		return ""
	}
	return at.String()
}
