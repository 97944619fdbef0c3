package igd

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"
)

// The calls that are made. None of them changes anything.
const (
	GetExternalIPAddress            = "GetExternalIPAddress"
	GetStatusInfo                   = "GetStatusInfo"
	GetGenericPortMappingEntry      = "GetGenericPortMappingEntry"
	GetSpecificPortMappingEntry     = "GetSpecificPortMappingEntry"
	GetFirewallStatus               = "GetFirewallStatus"
	namespaceEnvelope               = "http://schemas.xmlsoap.org/soap/envelope/"
	invalidIndex, noSuchEntry   int = 713, 714 // WANIPConnection:1 section 2.4.14
)

// Argument is one of a call.
type Argument struct{ Name, Value string }

// Call is the SOAP document of a call (UDA 1.1 section 3.2.1), and Action the
// header SOAPACTION that goes with it.
func Call(service, action string, arguments ...Argument) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, `<?xml version="1.0"?><s:Envelope xmlns:s="%s" s:encodingStyle="http://schemas.xmlsoap.org/soap/encoding/"><s:Body><u:%s xmlns:u="`, namespaceEnvelope, action)
	_ = xml.EscapeText(&b, []byte(service)) // a buffer takes everything
	b.WriteString(`">`)
	for _, a := range arguments {
		fmt.Fprintf(&b, "<%s>", a.Name)
		_ = xml.EscapeText(&b, []byte(a.Value))
		fmt.Fprintf(&b, "</%s>", a.Name)
	}
	fmt.Fprintf(&b, "</u:%s></s:Body></s:Envelope>", action)
	return b.Bytes()
}

// Action is the header SOAPACTION of a call. The service's type is the device's
// word: what would end the header is left out.
func Action(service, action string) string {
	return `"` + strings.Map(func(r rune) rune {
		if r <= ' ' || r > '~' || r == '"' {
			return -1
		}
		return r
	}, service) + "#" + action + `"`
}

// Fault is a device's refusal of a call (section 3.2.2).
type Fault struct {
	Code        int // of UPnP; 0 when it told none
	Description string
}

// Error tells the refusal.
func (f *Fault) Error() string { return fmt.Sprintf("refused: %d %q", f.Code, f.Description) }

// End reports whether a refusal says that the list of mappings has no further
// entry. Devices use either code for it.
func (f *Fault) End() bool { return f.Code == invalidIndex || f.Code == noSuchEntry }

// envelope is an answer: the arguments of a response or a fault.
type envelope struct {
	Body struct {
		Fault *struct {
			Code        string `xml:"detail>UPnPError>errorCode"`
			Description string `xml:"detail>UPnPError>errorDescription"`
		} `xml:"Fault"`
		Response struct {
			XMLName   xml.Name
			Arguments []struct {
				XMLName xml.Name
				Text    string `xml:",chardata"`
			} `xml:",any"`
		} `xml:",any"`
	} `xml:"Body"`
}

// Answer holds the arguments of a response by their names.
type Answer map[string]string

// ParseAnswer reads the answer to a call. A refusal is a *Fault.
func ParseAnswer(text []byte, action string) (Answer, error) {
	var e envelope
	if err := parse(text, &e); err != nil {
		return nil, err
	}
	if f := e.Body.Fault; f != nil {
		code, err := strconv.Atoi(strings.TrimSpace(f.Code))
		if err != nil {
			code = 0
		}
		return nil, &Fault{Code: code, Description: strings.TrimSpace(f.Description)}
	}
	if e.Body.Response.XMLName.Local != action+"Response" {
		return nil, ErrDocument
	}
	a := Answer{}
	for _, argument := range e.Body.Response.Arguments {
		a[argument.XMLName.Local] = strings.TrimSpace(argument.Text)
	}
	return a, nil
}

// Address is the outer address in the answer to GetExternalIPAddress, not valid
// when the device has none: some say 0.0.0.0, some nothing.
func (a Answer) Address() netip.Addr {
	address, err := netip.ParseAddr(a["NewExternalIPAddress"])
	if err != nil || address.IsUnspecified() || address.Zone() != "" {
		return netip.Addr{}
	}
	return address.Unmap()
}

// Connected reports whether the answer to GetStatusInfo says that the
// connection is up.
func (a Answer) Connected() bool { return strings.EqualFold(a["NewConnectionStatus"], "Connected") }

// Firewall6 are the answers to GetFirewallStatus: whether IPv6 is filtered, and
// whether programs may open it (WANIPv6FirewallControl:1 section 2.5.1).
func (a Answer) Firewall6() (enabled, pinholes, ok bool) {
	enabled, known := truth(a["FirewallEnabled"])
	pinholes, _ = truth(a["InboundPinholeAllowed"])
	return enabled, pinholes, known
}

// truth reads a boolean of UPnP (UDA 1.1 section 2.5).
func truth(word string) (value, ok bool) {
	switch strings.ToLower(word) {
	case "1", "true", "yes":
		return true, true
	case "0", "false", "no":
		return false, true
	}
	return false, false
}

// Mapping is one entry of a gateway's list (WANIPConnection:1 section 2.2).
type Mapping struct {
	Remote      netip.Addr // whom alone it is for; not valid for everybody
	Outer       uint16     // 0 stands for every port that no other entry names
	UDP         bool
	To          netip.AddrPort
	Enabled     bool
	Description string
	Lease       time.Duration // what is left of it; 0: until it is deleted
}

// Mapping reads the answer to GetGenericPortMappingEntry, or, with what was
// asked put in, to GetSpecificPortMappingEntry.
func (a Answer) Mapping() (Mapping, error) {
	m := Mapping{Description: a["NewPortMappingDescription"]}
	switch strings.ToUpper(a["NewProtocol"]) {
	case "TCP":
	case "UDP":
		m.UDP = true
	default:
		return Mapping{}, ErrDocument
	}
	outer, err := strconv.ParseUint(a["NewExternalPort"], 10, 16)
	if err != nil {
		return Mapping{}, ErrDocument
	}
	inner, err := strconv.ParseUint(a["NewInternalPort"], 10, 16)
	if err != nil {
		return Mapping{}, ErrDocument
	}
	to, err := netip.ParseAddr(a["NewInternalClient"])
	if err != nil || to.Zone() != "" {
		return Mapping{}, ErrDocument
	}
	m.Outer, m.To = uint16(outer), netip.AddrPortFrom(to.Unmap(), uint16(inner))
	if remote := a["NewRemoteHost"]; remote != "" && remote != "*" {
		if m.Remote, err = netip.ParseAddr(remote); err != nil || m.Remote.Zone() != "" {
			return Mapping{}, ErrDocument
		}
		if m.Remote = m.Remote.Unmap(); m.Remote.IsUnspecified() {
			m.Remote = netip.Addr{}
		}
	}
	enabled, ok := truth(a["NewEnabled"])
	m.Enabled = enabled || !ok
	if seconds, err := strconv.ParseUint(a["NewLeaseDuration"], 10, 32); err == nil {
		m.Lease = time.Duration(seconds) * time.Second
	}
	return m, nil
}
