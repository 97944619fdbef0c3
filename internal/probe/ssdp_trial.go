package probe

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"strings"

	"sekisho/internal/exposure"
	"sekisho/internal/untrusted"
	"sekisho/internal/wire/igd"
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
	at, path, ok := igd.At(location.Raw(), s.peer.at.Addr())
	if !ok {
		step.Why = "description-elsewhere"
		return
	}
	step.Remote = at
	device, err := s.ssdpFetch(ctx, at.Port(), path)
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
	var kinds []string
	svc.Facts["opens_ports"] = false
	for _, service := range device.All() {
		kinds = append(kinds, service.Type)
		if service.Connection() {
			svc.Facts["opens_ports"] = true
		}
	}
	svc.Facts["services"] = texts(kinds, maxSSDPServices)
	step.Facts = exposure.Facts{"services": svc.Facts["services"]}
}

// ssdpFetch reads a description over HTTP.
func (s *Session) ssdpFetch(ctx context.Context, port uint16, path string) (igd.Device, error) {
	ctx, cancel := context.WithTimeout(ctx, questionTime)
	defer cancel()
	raw, err := s.dialPort(ctx, exposure.TCP, port)
	if err != nil {
		return igd.Device{}, err
	}
	c := newConn(&tap{Conn: raw, s: s})
	defer c.Close()
	if end, ok := ctx.Deadline(); ok {
		if err := c.SetDeadline(end); err != nil {
			return igd.Device{}, err
		}
	}
	host := netip.AddrPortFrom(s.peer.at.Addr().WithZone(""), port).String()
	if _, err := fmt.Fprintf(c, "GET %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n", path, host); err != nil {
		return igd.Device{}, err
	}
	answer, err := readHTTP(c)
	if err != nil {
		return igd.Device{}, err
	}
	if answer.status != http.StatusOK {
		return igd.Device{}, fmt.Errorf("status %d", answer.status)
	}
	text, err := io.ReadAll(io.LimitReader(answer.content(c), maxSSDPDescription))
	if err != nil && len(text) == 0 {
		return igd.Device{}, err
	}
	d, err := igd.ParseDescription(text)
	if errors.Is(err, igd.ErrDocument) {
		err = ErrProtocol
	}
	return d.Device, err
}
