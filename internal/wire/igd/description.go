package igd

import (
	"bytes"
	"encoding/xml"
	"io"
	"slices"
	"strings"
)

// Description is the document that a device describes itself with (UDA 1.1
// section 2.3).
type Description struct {
	URLBase string `xml:"URLBase"`
	Device  Device `xml:"device"`
}

// Device is a device of a description, with those in it.
type Device struct {
	FriendlyName string    `xml:"friendlyName"`
	Manufacturer string    `xml:"manufacturer"`
	ModelName    string    `xml:"modelName"`
	ModelNumber  string    `xml:"modelNumber"`
	Presentation string    `xml:"presentationURL"` // its page for people
	Services     []Service `xml:"serviceList>service"`
	Devices      []Device  `xml:"deviceList>device"`
}

// Service is one service of a device.
type Service struct {
	Type    string `xml:"serviceType"`
	Control string `xml:"controlURL"`
}

const (
	// deepest is how deep elements may lie in one another: a gateway's lie
	// eleven deep.
	deepest = 32
	// deepestDevice is how deep devices lie in one another; a gateway has three
	// levels.
	deepestDevice = 4
	// mostServices bounds the services that are looked at; a gateway has ten.
	mostServices = 64
)

// ParseDescription reads a description.
func ParseDescription(text []byte) (Description, error) {
	var d Description
	return d, parse(text, &d)
}

// All are the services of a device and of those in it.
func (d Device) All() []Service { return d.all(0) }

func (d Device) all(depth int) []Service {
	list := slices.Clone(d.Services)
	if depth < deepestDevice {
		for _, inner := range d.Devices {
			list = append(list, inner.all(depth+1)...)
		}
	}
	return list[:min(len(list), mostServices)]
}

// The kinds of services of a gateway that are of use here, without version.
const (
	wanIP       = "urn:schemas-upnp-org:service:WANIPConnection:"
	wanPPP      = "urn:schemas-upnp-org:service:WANPPPConnection:"
	wanFirewall = "urn:schemas-upnp-org:service:WANIPv6FirewallControl:"
)

// Connection reports whether a service is a connection to the Internet, which
// forwards ports.
func (s Service) Connection() bool {
	return strings.HasPrefix(s.Type, wanIP) || strings.HasPrefix(s.Type, wanPPP)
}

// Firewall6 reports whether a service is the filter of a gateway for IPv6.
func (s Service) Firewall6() bool { return strings.HasPrefix(s.Type, wanFirewall) }

// parse reads a document whose elements do not lie too deep in one another, in
// whatever character set it says that it is: those of devices are ASCII where it
// matters. Nothing but the document itself is read: encoding/xml knows no
// external entities and expands none of a document's own.
func parse(text []byte, into any) error {
	depth := 0
	for d := decoder(text); ; {
		token, err := d.RawToken()
		if err != nil {
			break // what is wrong with it, the reading below says
		}
		switch token.(type) {
		case xml.StartElement:
			if depth++; depth > deepest {
				return ErrDeep
			}
		case xml.EndElement:
			depth--
		}
	}
	if err := decoder(text).Decode(into); err != nil {
		return ErrDocument
	}
	return nil
}

func decoder(text []byte) *xml.Decoder {
	d := xml.NewDecoder(bytes.NewReader(text))
	d.CharsetReader = func(_ string, r io.Reader) (io.Reader, error) { return r, nil }
	return d
}
