// Package nmapxml reads and writes the XML in which nmap keeps a scan (nmap -oX),
// as its document type definition nmap.dtd has it. No I/O and no clock.
package nmapxml

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
)

// Version is the version of the form (nmaprun's xmloutputversion) that is
// written.
const Version = "1.05"

// Run is a whole scan.
type Run struct {
	XMLName   xml.Name   `xml:"nmaprun"`
	Scanner   string     `xml:"scanner,attr"` // the definition allows nmap only
	Args      string     `xml:"args,attr"`
	Start     int64      `xml:"start,attr"` // seconds since 1970
	StartText string     `xml:"startstr,attr,omitempty"`
	Version   string     `xml:"version,attr"`
	Form      string     `xml:"xmloutputversion,attr"`
	ScanInfo  []ScanInfo `xml:"scaninfo"`
	Verbose   Level      `xml:"verbose"`
	Debugging Level      `xml:"debugging"`
	Hosts     []Host     `xml:"host"`
	Stats     Stats      `xml:"runstats"`
}

// ScanInfo is which ports of one protocol were asked.
type ScanInfo struct {
	Type     string `xml:"type,attr"` // syn, connect, udp
	Protocol string `xml:"protocol,attr"`
	Count    int    `xml:"numservices,attr"`
	Services string `xml:"services,attr"` // ranges
}

// Level is a number that nobody needs.
type Level struct {
	Level int `xml:"level,attr"`
}

// Host is one address.
type Host struct {
	Start     int64     `xml:"starttime,attr,omitempty"`
	End       int64     `xml:"endtime,attr,omitempty"`
	Comment   string    `xml:"comment,attr,omitempty"`
	Status    Status    `xml:"status"`
	Addresses []Address `xml:"address"`
	Names     *Names    `xml:"hostnames"`
	Ports     *Ports    `xml:"ports"`
}

// Status is whether a host is up, and how that is known.
type Status struct {
	State  string `xml:"state,attr"` // up, down, unknown, skipped
	Reason string `xml:"reason,attr"`
	TTL    int    `xml:"reason_ttl,attr"`
}

// Address is an address of a host.
type Address struct {
	Address string `xml:"addr,attr"`
	Type    string `xml:"addrtype,attr"` // ipv4, ipv6, mac
}

// Names are the names of a host.
type Names struct {
	Names []Name `xml:"hostname"`
}

// Name is a name of a host: that the user wrote, or of its address (PTR).
type Name struct {
	Name string `xml:"name,attr"`
	Type string `xml:"type,attr"`
}

// Ports are the ports of a host, many that are alike counted only.
type Ports struct {
	Extra []Extra `xml:"extraports"`
	Ports []Port  `xml:"port"`
}

// Extra counts ports of one state.
type Extra struct {
	State   string        `xml:"state,attr"`
	Count   int           `xml:"count,attr"`
	Reasons []ExtraReason `xml:"extrareasons"`
}

// ExtraReason counts those of an Extra that have one reason.
type ExtraReason struct {
	Reason   string `xml:"reason,attr"`
	Count    int    `xml:"count,attr"`
	Protocol string `xml:"proto,attr,omitempty"`
	Ports    string `xml:"ports,attr,omitempty"`
}

// Port is one port.
type Port struct {
	Protocol string   `xml:"protocol,attr"`
	Number   uint16   `xml:"portid,attr"`
	State    State    `xml:"state"`
	Owner    *Owner   `xml:"owner"`
	Service  *Service `xml:"service"`
	Scripts  []Script `xml:"script"`
}

// State is the state of a port and how it is known.
type State struct {
	State  string `xml:"state,attr"`
	Reason string `xml:"reason,attr"`
	TTL    int    `xml:"reason_ttl,attr"`
	By     string `xml:"reason_ip,attr,omitempty"`
}

// Owner is whose a port is.
type Owner struct {
	Name string `xml:"name,attr"`
}

// Service is what answers at a port.
type Service struct {
	Name       string `xml:"name,attr"`
	Product    string `xml:"product,attr,omitempty"`
	Version    string `xml:"version,attr,omitempty"`
	Extra      string `xml:"extrainfo,attr,omitempty"`
	Tunnel     string `xml:"tunnel,attr,omitempty"` // ssl
	Method     string `xml:"method,attr"`           // table or probed
	Confidence int    `xml:"conf,attr"`             // 0 to 10
}

// Script is what a script found out about a port.
type Script struct {
	ID     string `xml:"id,attr"`
	Output string `xml:"output,attr"`
}

// Stats close a run.
type Stats struct {
	Finished Finished `xml:"finished"`
	Hosts    HostsRan `xml:"hosts"`
}

// Finished is when and how a run ended.
type Finished struct {
	Time    int64  `xml:"time,attr"` // seconds since 1970
	Text    string `xml:"timestr,attr,omitempty"`
	Summary string `xml:"summary,attr,omitempty"`
	Elapsed string `xml:"elapsed,attr"` // seconds
	Exit    string `xml:"exit,attr"`    // success, error
}

// HostsRan counts hosts.
type HostsRan struct {
	Up    int `xml:"up,attr"`
	Down  int `xml:"down,attr"`
	Total int `xml:"total,attr"`
}

// Write writes a run. Characters that XML has no place for must not be in it.
func Write(w io.Writer, r Run) error {
	var b bytes.Buffer
	b.WriteString("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!DOCTYPE nmaprun>\n")
	e := xml.NewEncoder(&b)
	e.Indent("", "  ")
	if err := e.Encode(r); err != nil {
		return err
	}
	b.WriteByte('\n')
	_, err := w.Write(b.Bytes())
	return err
}

// Most of what one document may hold: a /16 with a few open ports each.
const (
	maxHosts = 1 << 17
	maxPorts = 1 << 22
)

// ErrLarge is about a document that holds more than anybody scans.
var ErrLarge = errors.New("more hosts or ports than a scan has")

// Read reads a run. What it does not know of the form it leaves out. Entities
// that a document declares are not expanded.
func Read(b []byte) (Run, error) {
	var r Run
	d := xml.NewDecoder(bytes.NewReader(b))
	if err := d.Decode(&r); err != nil {
		return Run{}, fmt.Errorf("nmap XML: %w", err)
	}
	ports := 0
	for _, h := range r.Hosts {
		if h.Ports != nil {
			ports += len(h.Ports.Ports)
		}
	}
	if len(r.Hosts) > maxHosts || ports > maxPorts {
		return Run{}, ErrLarge
	}
	return r, nil
}

// Is reports whether a document looks like nmap's.
func Is(b []byte) bool {
	head := b[:min(len(b), 4096)]
	return bytes.HasPrefix(bytes.TrimLeft(head, "\ufeff \t\r\n"), []byte("<")) && bytes.Contains(head, []byte("<nmaprun"))
}
