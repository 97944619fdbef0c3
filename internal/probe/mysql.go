package probe

import (
	"bytes"
	"context"
	"encoding/binary"
	"io"
	"regexp"
	"strings"

	"sekisho/internal/exposure"
	"sekisho/internal/untrusted"
)

func init() {
	register(Probe{
		Name: "mysql", Transport: exposure.TCP, Ports: []uint16{3306, 3307},
		Greets: greetsMySQL, Run: runMySQL, Tests: mysqlTests,
	})
}

// Capabilities of the protocol (MySQL, "Capabilities Flags").
const (
	mysqlLongPassword = 1 << 0
	mysqlProtocol41   = 1 << 9
	mysqlSSL          = 1 << 11
	mysqlSecure       = 1 << 15
	mysqlPluginAuth   = 1 << 19
)

// maxMySQLPacket bounds the packets that are read: a greeting has a hundred
// bytes, an error less than six hundred.
const maxMySQLPacket = 2048

var mysqlProducts = []pattern{
	{"MariaDB", regexp.MustCompile(`^(?:5\.5\.5-)?(?P<version>\d+\.\d+\.\d+)-MariaDB`)},
	{"Percona Server", regexp.MustCompile(`^(?P<version>\d+\.\d+\.\d+-\d+)-(?i:percona)`)},
	{"TiDB", regexp.MustCompile(`TiDB-v?(?P<version>\d[\w.]*)`)},
	{"MySQL", regexp.MustCompile(`^(?P<version>\d+\.\d+\.\d+[\w.-]*)`)},
}

// mysqlRefusals are the errors with which a server greets those whom it does
// not serve: too many connections, host blocked, host not allowed.
var mysqlRefusals = map[uint16]bool{1040: true, 1129: true, 1130: true}

// greetsMySQL takes the first packet for MySQL by its form: three bytes of
// length, number 0, protocol 10 and a version, or one of the refusals.
func greetsMySQL(first []byte) Fit {
	if _, ok := mysqlGreeting(first); ok {
		return Sure
	}
	if _, code := mysqlRefusal(first); mysqlRefusals[code] {
		return Sure
	}
	return No
}

// mysqlHello is what the first packet tells.
type mysqlHello struct {
	version      string
	capabilities uint32
	salt         []byte // 20 bytes as a rule
	plugin       string // how passwords are checked unless an account says otherwise
}

// mysqlGreeting reads the first packet (MySQL, "Protocol::HandshakeV10").
func mysqlGreeting(b []byte) (mysqlHello, bool) {
	var h mysqlHello
	if len(b) < 6 || b[3] != 0 || b[4] != 10 {
		return h, false
	}
	length := int(binary.LittleEndian.Uint16(b)) | int(b[2])<<16
	end := bytes.IndexByte(b[5:], 0)
	if end < 1 || length < end+2 || length > len(b)-4 || !mysqlVersion.Match(b[5:5+end]) {
		return h, false
	}
	h.version = string(b[5 : 5+end])
	rest := b[5+end+1 : 4+length]
	// Connection id, the first 8 bytes of the salt, a zero, capabilities,
	// character set, status, capabilities, length of the salt, 10 bytes for later.
	const fixed = 4 + 8 + 1 + 2 + 1 + 2 + 2 + 1 + 10
	if len(rest) < fixed {
		return h, true
	}
	h.capabilities = uint32(binary.LittleEndian.Uint16(rest[13:])) | uint32(binary.LittleEndian.Uint16(rest[18:]))<<16
	h.salt = append(h.salt, rest[4:12]...)
	more := rest[fixed:]
	second := min(max(13, int(rest[20])-8), len(more))
	h.salt = append(h.salt, bytes.TrimRight(more[:second], "\x00")...)
	if h.capabilities&mysqlPluginAuth != 0 {
		plugin, _, _ := bytes.Cut(more[second:], []byte{0})
		h.plugin = string(plugin)
	}
	return h, true
}

var mysqlVersion = regexp.MustCompile(`^\d+\.\d+[\w.~+:-]*$`)

// mysqlRefusal reads an error packet: its text and code, 0 when b is none. Before
// the greeting there is no SQL state in it.
func mysqlRefusal(b []byte) (text string, code uint16) {
	if len(b) < 4+3 || b[4] != 0xff {
		return "", 0
	}
	length := int(binary.LittleEndian.Uint16(b)) | int(b[2])<<16
	if length < 3 || length > len(b)-4 { // at least the 0xff and the code
		return "", 0
	}
	text = string(b[7 : 4+length])
	if strings.HasPrefix(text, "#") && len(text) >= 6 {
		text = text[6:]
	}
	return text, binary.LittleEndian.Uint16(b[5:])
}

// readMySQL reads one packet, its header with it.
func readMySQL(c io.Reader) ([]byte, error) {
	b := make([]byte, 4, 256)
	if _, err := io.ReadFull(c, b); err != nil {
		return nil, err
	}
	length := int(binary.LittleEndian.Uint16(b)) | int(b[2])<<16
	if length < 1 || length > maxMySQLPacket {
		return b, ErrProtocol
	}
	b = append(b, make([]byte, length)...)
	n, err := io.ReadFull(c, b[4:])
	return b[:4+n], err
}

// mysqlPacket is a payload with its header.
func mysqlPacket(number byte, payload []byte) []byte {
	b := []byte{byte(len(payload)), byte(len(payload) >> 8), byte(len(payload) >> 16), number}
	return append(b, payload...)
}

// mysqlRequest is the beginning of a login, or the whole of the request for TLS
// (MySQL, "Protocol::SSLRequest").
func mysqlRequest(capabilities uint32) []byte {
	b := binary.LittleEndian.AppendUint32(nil, capabilities)
	b = binary.LittleEndian.AppendUint32(b, 1<<24)
	const utf8mb4 = 45
	return append(append(b, utf8mb4), make([]byte, 23)...)
}

// runMySQL reads the greeting, in which a server tells its version, and begins
// TLS where it is offered. It sends no name. It makes a single connection:
// servers count those that end without a login and shut out who has a hundred
// of them (max_connect_errors), so older versions of TLS are not tried.
func runMySQL(ctx context.Context, s *Session) (exposure.Service, error) {
	svc, _, _, err := s.mysqlGreet(ctx)
	return svc, err
}

// mysqlGreet is the part of the conversation before any login. The connection
// is inside TLS where the server has it, and nil when there is nothing to
// go on with.
func (s *Session) mysqlGreet(ctx context.Context) (exposure.Service, mysqlHello, *Conn, error) {
	svc := exposure.Service{Facts: exposure.Facts{}}
	c, err := s.Connect(ctx)
	if err != nil {
		return svc, mysqlHello{}, nil, err
	}
	b, err := readMySQL(c)
	if text, code := mysqlRefusal(b); err == nil && mysqlRefusals[code] {
		svc.Protocol, svc.Confidence = "mysql", exposure.Confirmed
		svc.Banner = untrusted.New(text, maxBanner)
		svc.Facts["error_code"] = int(code)
		if code == 1130 {
			svc.Facts["host_allowed"] = false
		}
		if strings.Contains(text, "MariaDB") {
			svc.Product = untrusted.New("MariaDB", 0)
		}
		return svc, mysqlHello{}, nil, nil
	}
	hello, ok := mysqlGreeting(b)
	if !ok {
		if err == nil {
			err = ErrProtocol
		}
		return exposure.Service{}, hello, nil, s.fail("read greeting", err)
	}
	svc.Protocol, svc.Confidence = "mysql", exposure.Confirmed
	svc.Product, svc.Version = match(mysqlProducts, hello.version)
	svc.Banner = untrusted.New(hello.version, maxBanner)
	svc.Facts["tls_offered"] = hello.capabilities&mysqlSSL != 0
	if hello.plugin != "" {
		svc.Facts["auth_plugin"] = untrusted.New(hello.plugin, maxFact)
	}
	s.Learn(svc)
	if hello.capabilities&mysqlSSL == 0 || s.secure != nil {
		return svc, hello, c, nil
	}
	request := mysqlRequest(hello.capabilities&(mysqlLongPassword|mysqlProtocol41|mysqlSecure|mysqlPluginAuth) | mysqlSSL)
	if _, err := c.Write(mysqlPacket(1, request)); err != nil {
		return svc, hello, nil, s.fail("ask for TLS", err)
	}
	inner, facts, err := s.Upgrade(ctx, c)
	if facts != nil {
		facts.StartTLS = true
		svc.TLS = facts
	}
	if err != nil {
		return svc, hello, nil, s.fail("tls handshake", err)
	}
	return svc, hello, inner, nil
}
