package probe

import (
	"bytes"
	"context"
	"encoding/json"
	"strings"

	"sekisho/internal/exposure"
	"sekisho/internal/untrusted"
)

func init() {
	register(Probe{Name: "nats", Transport: exposure.TCP, Ports: []uint16{4222, 6222, 7422}, Greets: greetsNATS, Run: runNATS, Tests: natsTests})
}

// greetsNATS takes the line with which the server begins.
func greetsNATS(first []byte) Fit {
	if bytes.HasPrefix(first, []byte("INFO {")) && (bytes.Contains(first, []byte(`"server_id"`)) || bytes.Contains(first, []byte(`"server_name"`))) {
		return Sure
	}
	return No
}

// natsInfo is what the server says of itself (NATS, "Client Protocol", INFO).
type natsInfo struct {
	ServerID     string `json:"server_id"`
	ServerName   string `json:"server_name"`
	Version      string `json:"version"`
	AuthRequired bool   `json:"auth_required"`
	TLSRequired  bool   `json:"tls_required"`
	TLSAvailable bool   `json:"tls_available"`
	JetStream    bool   `json:"jetstream"`
	Headers      bool   `json:"headers"`
	MaxPayload   int    `json:"max_payload"`
	Cluster      string `json:"cluster"`
}

// natsRead reads an INFO line.
func natsRead(line string) (natsInfo, bool) {
	var info natsInfo
	text, ok := strings.CutPrefix(line, "INFO ")
	if !ok || json.Unmarshal([]byte(text), &info) != nil || info.ServerID == "" && info.ServerName == "" {
		return natsInfo{}, false
	}
	return info, true
}

// runNATS reads the line with which the server begins; it says whether a login
// is wanted. It begins TLS where the server wants that.
func runNATS(ctx context.Context, s *Session) (exposure.Service, error) {
	c, err := s.Connect(ctx)
	if err != nil {
		return exposure.Service{}, err
	}
	defer c.Close()
	line, err := c.Line()
	if err != nil {
		return exposure.Service{}, s.fail("read INFO", err)
	}
	info, ok := natsRead(line)
	if !ok {
		return exposure.Service{}, s.fail("read INFO", ErrProtocol)
	}
	svc := exposure.Service{
		Protocol: "nats", Confidence: exposure.Confirmed, Banner: untrusted.New(line, maxBanner),
		Product: untrusted.New("NATS", 0), Version: untrusted.New(info.Version, maxProduct),
		Facts: exposure.Facts{
			"password_required": info.AuthRequired, "jetstream": info.JetStream,
			"tls_offered": info.TLSRequired || info.TLSAvailable || s.secure != nil, "tls_required": info.TLSRequired || s.secure != nil,
			"hostname": untrusted.New(info.ServerName, maxFact),
		},
	}
	if info.Cluster != "" {
		svc.Facts["cluster"] = untrusted.New(info.Cluster, maxFact)
	}
	s.Learn(svc)
	if !info.TLSRequired || s.secure != nil {
		return svc, nil
	}
	_, facts, err := s.Upgrade(ctx, c)
	if facts != nil {
		facts.StartTLS = true
		svc.TLS = facts
	}
	if err != nil {
		return svc, s.fail("tls handshake", err)
	}
	return svc, nil
}
