package probe

import (
	"context"
	"encoding/base64"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"

	"sekisho/internal/exposure"
	"sekisho/internal/untrusted"
	"sekisho/internal/wire/ntlm"
)

func init() {
	register(Probe{
		Name: "winrm", Transport: exposure.TCP, Ports: []uint16{5985, 47001}, TLSPorts: []uint16{5986}, ClientFirst: true, Run: runWinRM,
		Tests: []Test{{Name: "winrm", Port: 5985, Run: testWinRM}},
	})
}

// winrmIdentify asks which product answers, as those do who are not logged in
// (DSP0226 section 11).
const winrmIdentify = `<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" ` +
	`xmlns:wsmid="http://schemas.dmtf.org/wbem/wsman/identity/1/wsmanidentity.xsd"><s:Header/><s:Body><wsmid:Identify/></s:Body></s:Envelope>`

// runWinRM asks who answers and, where that is told to users only, how one
// would log in, which nobody does: where NTLM is offered, the challenge tells
// who the server is.
func runWinRM(ctx context.Context, s *Session) (exposure.Service, error) {
	return s.winrm(ctx, nil)
}

func (s *Session) winrm(ctx context.Context, t *Trial) (exposure.Service, error) {
	step := func(step exposure.Step) {
		if t != nil {
			t.Step(step)
		}
	}
	svc := exposure.Service{Facts: exposure.Facts{}}
	identify, body, err := s.winrmAsk(ctx, winrmIdentify, "WSMANIDENTIFY: unauthenticated\r\n")
	if err != nil {
		return exposure.Service{}, s.fail("identify", err)
	}
	vendor, version := winrmProduct(body)
	if vendor != "" {
		svc.Facts["vendor"], svc.Facts["product_version"] = untrusted.New(vendor, maxFact), untrusted.New(version, maxFact)
		step(exposure.Step{ID: "winrm-identify", Result: exposure.StepOK, Said: untrusted.New(vendor+" "+version, maxFact)})
	} else {
		step(exposure.Step{ID: "winrm-identify", Result: exposure.StepRefused, Said: untrusted.New(identify.line, maxFact)})
	}
	answer, _, err := s.winrmAsk(ctx, "", "")
	if err != nil {
		return exposure.Service{}, s.fail("ask for a log-in", err)
	}
	methods := winrmMethods(answer.header["Www-Authenticate"])
	if vendor == "" && (answer.status != http.StatusUnauthorized || !winrmWindows(answer.header.Get("Server"), methods)) {
		return exposure.Service{}, s.fail("ask for a log-in", ErrProtocol)
	}
	svc.Protocol, svc.Confidence = "winrm", exposure.Confirmed
	svc.Banner = untrusted.New(answer.line, maxBanner)
	svc.Facts["auth_methods"] = texts(methods, len(methods))
	if server := answer.header.Get("Server"); server != "" {
		svc.Facts["server"] = untrusted.New(server, maxFact)
	}
	svc.Product = untrusted.New(vendor, maxProduct)
	svc.Facts["basic"] = slices.Contains(methods, "Basic")
	step(exposure.Step{ID: "winrm-methods", Result: exposure.StepOK, Said: untrusted.New(strings.Join(methods, ", "), maxFact)})
	s.Learn(svc)
	if !slices.Contains(methods, "Negotiate") {
		return svc, nil
	}
	token := base64.StdEncoding.EncodeToString(ntlm.Wrapped())
	answer, _, err = s.winrmAsk(ctx, "", "Authorization: Negotiate "+token+"\r\n")
	if err != nil {
		return svc, s.fail("ask for a challenge", err)
	}
	for _, value := range answer.header["Www-Authenticate"] {
		if told, err := winrmChallenge(value); err == nil {
			ntlmFacts(&svc, told)
			step(exposure.Step{ID: "winrm-challenge", Result: exposure.StepOK, Said: untrusted.New(told.Computer, maxFact)})
			return svc, nil
		}
	}
	step(exposure.Step{ID: "winrm-challenge", Result: exposure.StepRefused})
	return svc, nil
}

// winrmWindows tells the service of Windows, which asks everybody to log in,
// from any other page that does.
func winrmWindows(server string, methods []string) bool {
	return strings.HasPrefix(server, "Microsoft-HTTPAPI/") && (slices.Contains(methods, "Negotiate") || slices.Contains(methods, "Kerberos"))
}

// maxWinRMBody bounds an answer.
const maxWinRMBody = 8 << 10

// winrmAsk posts to the address of the service on a connection of its own.
func (s *Session) winrmAsk(ctx context.Context, body, fields string) (httpAnswer, []byte, error) {
	c, err := s.Connect(ctx)
	if err != nil {
		return httpAnswer{}, nil, err
	}
	defer c.Close()
	request := fmt.Sprintf("POST /wsman HTTP/1.1\r\nHost: %s\r\nUser-Agent: sekisho\r\nContent-Type: application/soap+xml;charset=UTF-8\r\n"+
		"%sConnection: close\r\nContent-Length: %d\r\n\r\n%s", s.Authority(s.httpPort()), fields, len(body), body)
	if _, err := c.Write([]byte(request)); err != nil {
		return httpAnswer{}, nil, err
	}
	answer, err := readHTTP(c)
	if err != nil {
		return answer, nil, err
	}
	told, err := io.ReadAll(io.LimitReader(c, maxWinRMBody))
	if err != nil && len(told) == 0 && answer.status == http.StatusOK {
		return answer, nil, err
	}
	return answer, told, nil
}

// winrmProduct reads the vendor and the version out of an answer to identify.
func winrmProduct(body []byte) (vendor, version string) {
	decoder := xml.NewDecoder(strings.NewReader(string(body)))
	for range maxWinRMTokens {
		token, err := decoder.RawToken()
		if err != nil {
			return vendor, version
		}
		element, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		into := map[string]*string{"ProductVendor": &vendor, "ProductVersion": &version}[element.Name.Local]
		if into == nil {
			continue
		}
		if text, err := decoder.RawToken(); err == nil {
			if data, ok := text.(xml.CharData); ok {
				*into = strings.TrimSpace(string(data))
			}
		}
	}
	return vendor, version
}

const maxWinRMTokens = 64

// winrmMethods are the names of the ways to log in.
func winrmMethods(values []string) []string {
	var methods []string
	for _, v := range values {
		name, _, _ := strings.Cut(v, " ")
		if name != "" && !slices.Contains(methods, name) && len(methods) < 16 {
			methods = append(methods, name)
		}
	}
	return methods
}

var errWinRMToken = errors.New("no token")

// winrmChallenge reads the challenge out of a field.
func winrmChallenge(value string) (ntlm.Challenge, error) {
	_, token, found := strings.Cut(value, " ")
	if !found {
		return ntlm.Challenge{}, errWinRMToken
	}
	b, err := base64.StdEncoding.DecodeString(strings.TrimSpace(token))
	if err != nil {
		return ntlm.Challenge{}, err
	}
	return ntlm.Parse(b)
}

// testWinRM is the probe step by step.
func testWinRM(ctx context.Context, s *Session, t *Trial) (exposure.Service, error) {
	return s.winrm(ctx, t)
}
