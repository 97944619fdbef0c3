package probe

import (
	"bytes"
	"cmp"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"

	"sekisho/internal/exposure"
	"sekisho/internal/untrusted"
)

// Bounds of a description.
const (
	maxSSDPDescription = 64 << 10
	maxSSDPServices    = 32
)

// testSSDP searches for devices and reads the description of the one that
// answers. It gives no orders to it.
func testSSDP(ctx context.Context, s *Session, t *Trial) (exposure.Service, error) {
	step := exposure.Step{ID: "ssdp-search", Result: exposure.StepOK, Asked: "M-SEARCH upnp:rootdevice", Remote: s.peer.at}
	_, p, _ := testNamed("ssdp")
	hello := p.Hello(s.peer.nonce())
	reply, err := s.question(ctx, hello, func(b []byte) bool { return ssdpReplies(hello, b) })
	if err != nil {
		err = s.fail("search", err)
		step.Result, step.Detail = exposure.StepFailed, err.Error()
		t.Step(step)
		return exposure.Service{}, err
	}
	svc := p.told(hello, reply)
	if svc.Facts == nil {
		svc.Facts = exposure.Facts{}
	}
	svc.Confidence = exposure.Likely
	step.Said = svc.Banner
	t.Step(step)
	s.Learn(svc)
	s.ssdpDescribe(ctx, t, &svc)
	return svc, nil
}

// ssdpDescribe reads the description. Its address is the device's word: only
// one of the device itself is asked.
func (s *Session) ssdpDescribe(ctx context.Context, t *Trial, svc *exposure.Service) {
	location := svc.Facts.Text("location")
	step := exposure.Step{ID: "ssdp-description", Result: exposure.StepSkipped, Asked: "GET " + location.Terminal()}
	defer func() { t.Step(step) }()
	port, path, ok := s.ssdpLocation(location.Raw())
	if !ok {
		step.Why = "description-elsewhere"
		return
	}
	step.Remote = netip.AddrPortFrom(s.peer.at.Addr(), port)
	device, err := s.ssdpFetch(ctx, port, path)
	if err != nil {
		step.Result, step.Detail = exposure.StepFailed, s.fail("read description", cause(err)).Error()
		return
	}
	step.Result, step.Said = exposure.StepOK, untrusted.New(device.FriendlyName, maxFact)
	for fact, text := range map[string]string{
		"device_name": device.FriendlyName, "maker": device.Manufacturer, "model": device.ModelName, "model_number": device.ModelNumber,
	} {
		if text = strings.TrimSpace(text); text != "" {
			svc.Facts[fact] = untrusted.New(text, maxFact)
		}
	}
	kinds := device.kinds(0)
	svc.Facts["services"] = texts(kinds, maxSSDPServices)
	svc.Facts["opens_ports"] = false
	for _, kind := range kinds {
		if strings.Contains(kind, ":WANIPConnection:") || strings.Contains(kind, ":WANPPPConnection:") {
			svc.Facts["opens_ports"] = true
		}
	}
	step.Facts = exposure.Facts{"services": svc.Facts["services"]}
}

// ssdpLocation reads the address of a description and reports whether it is the
// peer's.
func (s *Session) ssdpLocation(location string) (port uint16, path string, ok bool) {
	u, err := url.Parse(location)
	if err != nil || u.Scheme != "http" || u.User != nil {
		return 0, "", false
	}
	n, err := strconv.ParseUint(cmp.Or(u.Port(), "80"), 10, 16)
	if err != nil {
		return 0, "", false
	}
	at, err := netip.ParseAddr(u.Hostname())
	if err != nil || at.WithZone("").Unmap() != s.peer.at.Addr().WithZone("").Unmap() {
		return 0, "", false
	}
	return uint16(n), u.RequestURI(), strings.HasPrefix(u.RequestURI(), "/")
}

// ssdpDevice is a device of a description (UPnP Device Architecture 1.1, section
// 2.3).
type ssdpDevice struct {
	FriendlyName string       `xml:"friendlyName"`
	Manufacturer string       `xml:"manufacturer"`
	ModelName    string       `xml:"modelName"`
	ModelNumber  string       `xml:"modelNumber"`
	Services     []string     `xml:"serviceList>service>serviceType"`
	Devices      []ssdpDevice `xml:"deviceList>device"`
}

// maxSSDPDepth is how deep devices lie in one another; a gateway has three
// levels.
const maxSSDPDepth = 4

// kinds are the services of a device and of those in it.
func (d ssdpDevice) kinds(depth int) []string {
	all := d.Services
	if depth < maxSSDPDepth {
		for _, inner := range d.Devices {
			all = append(all, inner.kinds(depth+1)...)
		}
	}
	return all
}

// ssdpFetch reads a description over HTTP.
func (s *Session) ssdpFetch(ctx context.Context, port uint16, path string) (ssdpDevice, error) {
	ctx, cancel := context.WithTimeout(ctx, questionTime)
	defer cancel()
	raw, err := s.dialPort(ctx, exposure.TCP, port)
	if err != nil {
		return ssdpDevice{}, err
	}
	c := newConn(&tap{Conn: raw, s: s})
	defer c.Close()
	if end, ok := ctx.Deadline(); ok {
		if err := c.SetDeadline(end); err != nil {
			return ssdpDevice{}, err
		}
	}
	host := netip.AddrPortFrom(s.peer.at.Addr().WithZone(""), port).String()
	if _, err := fmt.Fprintf(c, "GET %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n", path, host); err != nil {
		return ssdpDevice{}, err
	}
	answer, err := readHTTP(c)
	if err != nil {
		return ssdpDevice{}, err
	}
	if answer.status != http.StatusOK {
		return ssdpDevice{}, fmt.Errorf("status %d", answer.status)
	}
	text, err := io.ReadAll(io.LimitReader(answer.content(c), maxSSDPDescription))
	if err != nil && len(text) == 0 {
		return ssdpDevice{}, err
	}
	return ssdpParse(text)
}

// errSSDPDeep is a description whose elements lie too deep in one another.
var errSSDPDeep = errors.New("elements lie too deep in one another")

// ssdpParse reads a description.
func ssdpParse(text []byte) (ssdpDevice, error) {
	const deepest = 32
	depth := 0
	for d := xml.NewDecoder(bytes.NewReader(text)); ; {
		token, err := d.RawToken()
		if err != nil {
			break // what is wrong with it, the reading below says
		}
		switch token.(type) {
		case xml.StartElement:
			if depth++; depth > deepest {
				return ssdpDevice{}, errSSDPDeep
			}
		case xml.EndElement:
			depth--
		}
	}
	var root struct {
		Device ssdpDevice `xml:"device"`
	}
	d := xml.NewDecoder(bytes.NewReader(text))
	d.CharsetReader = func(_ string, r io.Reader) (io.Reader, error) { return r, nil }
	if err := d.Decode(&root); err != nil {
		return ssdpDevice{}, ErrProtocol
	}
	return root.Device, nil
}
