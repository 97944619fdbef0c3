package portqry

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"os"
	"slices"
	"strings"
	"time"

	"sekisho/internal/exposure"
	"sekisho/internal/netio"
	"sekisho/internal/probe"
	"sekisho/internal/untrusted"
	"sekisho/internal/wire/snmp"
)

// maxAnswer is how many bytes of an answer are shown.
const maxAnswer = 4096

// Speak asks a port in the protocol that PortQry asks it in: that of the service
// which the services file names there, else that of its number. It is nil for a
// port that PortQry has no question for.
func Speak(ctx context.Context, a Asking) *Speech {
	i := slices.IndexFunc(questions, func(q question) bool {
		return q.on.Transport == a.Transport && slices.Contains(q.services, strings.ToLower(a.Service))
	})
	if i < 0 {
		i = slices.IndexFunc(questions, func(q question) bool { return q.on == a.Asked })
	}
	if i < 0 || a.Range && questions[i].on.Port == portEPM {
		return nil
	}
	q := questions[i]
	wait := tcpWait
	if a.Transport == exposure.UDP {
		if wait = udpWait; a.Slow {
			wait *= 2
		}
	}
	ctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	// The local key exchange daemon answers port 500 only (RFC 2408 section
	// 2.5.1): asking from there is what -sp 500 is for.
	ephemeral := q.ephemeral && !(q.on.Port == 500 && a.Source == 500)
	s := &Speech{Ephemeral: ephemeral, Found: exposure.QueryAnswer{Protocol: q.protocol}}
	if ephemeral {
		a.Source = 0
	}
	q.ask(ctx, q, a, s)
	return s
}

// question is what one port is asked.
type question struct {
	on        Asked
	name      string   // as PortQry calls it
	protocol  string   // as sekisho does
	services  []string // names in services files
	ephemeral bool     // asked from another port than that of -sp
	probe     string   // whose first datagram it is, and who knows its answer
	ask       func(ctx context.Context, q question, a Asking, s *Speech)
}

var questions = []question{
	{Asked{exposure.UDP, 53}, "DNS", "dns", []string{"domain"}, false, "dns", askDatagram},
	{Asked{exposure.TCP, 53}, "DNS", "dns", []string{"domain"}, false, "dns", askDNSStream},
	{Asked{exposure.UDP, 69}, "TFTP", "tftp", []string{"tftp"}, false, "tftp", askTFTP},
	{Asked{exposure.TCP, portEPM}, "RPC", "msrpc", []string{"epmap"}, true, "", askRPC},
	{Asked{exposure.UDP, portEPM}, "RPC", "msrpc", []string{"epmap"}, true, "", askRPC},
	{Asked{exposure.TCP, 389}, "LDAP", "ldap", []string{"ldap"}, true, "", askLDAP},
	{Asked{exposure.UDP, 389}, "LDAP", "cldap", []string{"ldap"}, true, "", askLDAP},
	{Asked{exposure.UDP, 137}, "NETBIOS", "netbios-ns", []string{"netbios-ns", "nbname"}, true, "netbios-ns", askNetBIOS},
	{Asked{exposure.UDP, 161}, "SNMP", "snmp", []string{"snmp"}, false, "", askSNMP},
	{Asked{exposure.UDP, 500}, "ISAKMP", "ikev1", []string{"isakmp", "ike"}, true, "ikev1", askDatagram},
	{Asked{exposure.UDP, 1434}, "SQL Server", "mssql", []string{"ms-sql-m"}, false, "", askSQL},
	{Asked{exposure.UDP, 1701}, "L2TP", "l2tp", []string{"l2tp", "l2f"}, false, "l2tp", askDatagram},
	{Asked{exposure.TCP, 1745}, "ISA", "isa", nil, false, "", askISA},
	{Asked{exposure.UDP, 1745}, "ISA", "isa", nil, false, "", askISA},
	{Asked{exposure.TCP, 21}, "FTP", "ftp", []string{"ftp"}, false, "", askBanner},
	{Asked{exposure.TCP, 25}, "SMTP", "smtp", []string{"smtp"}, false, "", askBanner},
	{Asked{exposure.TCP, 110}, "POP3", "pop3", []string{"pop3"}, false, "", askBanner},
	{Asked{exposure.TCP, 143}, "IMAP", "imap", []string{"imap", "imap2", "imap4"}, false, "", askBanner},
}

// sending is the line before a question.
func (q question) sending(a Asking) string {
	return fmt.Sprintf("Sending %s query to %s port %d...", q.name, words[a.Transport], a.Port)
}

// hello is the probe with the first datagram of a question.
func (q question) hello() probe.Probe {
	for _, p := range probe.Hellos(q.on.Port) {
		if p.Name == q.probe {
			return p
		}
	}
	return probe.Probe{}
}

// dialer asks from the port of -sp.
func (a Asking) dialer(bytes int64) *netio.Dialer {
	return FromPort(a.Address, a.Source, bytes)
}

// FromPort is a dialer from a source port, which is free again at once, or from
// any if that is 0.
func FromPort(to netip.Addr, port uint16, bytes int64) *netio.Dialer {
	d := &netio.Dialer{Limits: netio.Limits{Bytes: bytes}}
	if port != 0 {
		from := netip.IPv4Unspecified()
		if to.Unmap().Is6() {
			from = netip.IPv6Unspecified()
		}
		d.Source, d.Again = netip.AddrPortFrom(from, port), true
	}
	return d
}

// exchange sends a datagram and returns the reply that accept takes.
func exchange(ctx context.Context, a Asking, request []byte, accept func([]byte) bool) ([]byte, error) {
	return netio.Exchange(ctx, a.dialer(0), netip.AddrPortFrom(a.Address, a.Port), request, accept)
}

// askDatagram asks by the first datagram of a probe: any answer in its protocol
// says that the port is LISTENING.
func askDatagram(ctx context.Context, q question, a Asking, s *Speech) {
	s.Lead = []string{q.sending(a)}
	p := q.hello()
	hello := p.Hello(rand.Uint64())
	_, err := exchange(ctx, a, hello, func(reply []byte) bool { return p.Match(hello, reply) })
	if s.Heard = err == nil; !s.Heard && q.name == "DNS" {
		s.Answer = []string{timedOut}
	}
}

// askTFTP asks for a file that nobody has. The answer comes from another port
// than the one that was asked (RFC 1350 section 4).
func askTFTP(ctx context.Context, q question, a Asking, s *Speech) {
	s.Lead = []string{q.sending(a)}
	c, err := a.dialer(0).DialAnyPort(ctx, netip.AddrPortFrom(a.Address, a.Port))
	if err != nil {
		return
	}
	defer c.Close()
	p := q.hello()
	hello := p.Hello(rand.Uint64())
	for buf := make([]byte, maxAnswer); ctx.Err() == nil && !s.Heard; {
		if _, err := c.Write(hello); err != nil {
			return
		}
		if err := c.SetReadDeadline(time.Now().Add(time.Second)); err != nil {
			return
		}
		n, err := c.Read(buf)
		if err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
			return
		}
		s.Heard = err == nil && p.Match(hello, buf[:n])
	}
}

// timedOut is what PortQry says of a name server that does not answer.
const timedOut = "DNS query timed out"

// askDNSStream asks over TCP, where each message has its length before it (RFC
// 1035 section 4.2.2).
func askDNSStream(ctx context.Context, q question, a Asking, s *Speech) {
	s.Lead = []string{q.sending(a)}
	p := q.hello()
	hello := p.Hello(rand.Uint64())
	reply, err := stream(ctx, a, append(binary.BigEndian.AppendUint16(nil, uint16(len(hello))), hello...), func(b []byte) bool {
		return len(b) >= 2 && len(b) >= 2+int(binary.BigEndian.Uint16(b))
	})
	if s.Heard = err == nil && len(reply) > 2 && p.Match(hello, reply[2:]); !s.Heard {
		s.Answer = []string{timedOut}
	}
}

// stream sends over a connection of its own and reads until enough says so, or
// the peer pauses or ends.
func stream(ctx context.Context, a Asking, request []byte, enough func([]byte) bool) ([]byte, error) {
	c, err := a.dialer(maxAnswer*4).Dial(ctx, exposure.TCP, netip.AddrPortFrom(a.Address, a.Port))
	if err != nil {
		return nil, err
	}
	defer c.Close()
	if len(request) > 0 {
		if _, err := c.Write(request); err != nil {
			return nil, err
		}
	}
	var all []byte
	for buf := make([]byte, maxAnswer); ; {
		n, err := c.Read(buf)
		all = append(all, buf[:n]...)
		switch {
		case enough(all) || len(all) >= maxAnswer:
			return all, nil
		case err != nil && len(all) > 0:
			return all, nil
		case err != nil:
			return nil, err
		}
	}
}

// askNetBIOS asks for the status of the adapter, which ends in its address (RFC
// 1002 section 4.2.18).
func askNetBIOS(ctx context.Context, q question, a Asking, s *Speech) {
	s.Lead = []string{fmt.Sprintf("Attempting NETBIOS adapter status query to UDP port %d...", a.Port)}
	p := q.hello()
	hello := p.Hello(rand.Uint64())
	reply, err := exchange(ctx, a, hello, func(b []byte) bool { return p.Match(hello, b) })
	if err != nil {
		return
	}
	s.Heard = true
	s.Verdict = "UDP port: LISTENING"
	if address, ok := adapter(reply); ok {
		s.Found.MAC = fmt.Sprintf("%x", address)
		s.Answer = []string{"Server's response: MAC address " + s.Found.MAC}
	}
}

// adapter finds the unit's address in a node status: behind the record's head,
// the number of names and 18 bytes for each.
func adapter(reply []byte) ([]byte, bool) {
	const head, name = 12 + 34 + 10, 18
	if len(reply) <= head {
		return nil, false
	}
	at := head + 1 + int(reply[head])*name
	if len(reply) < at+6 {
		return nil, false
	}
	return reply[at : at+6], true
}

// askSNMP asks for the description of the system by the community name of -cn.
func askSNMP(ctx context.Context, q question, a Asking, s *Speech) {
	s.Found.Community = shown(a.Community)
	s.Lead = []string{"community name for query:", "", " " + s.Found.Community, "", q.sending(a)}
	id := int32(rand.Uint32() >> 1)
	request := snmp.Message{Version: snmp.V1, Community: []byte(a.Community), PDU: snmp.PDU{
		Op: snmp.Get, ID: id, Bindings: []snmp.Binding{{Name: snmp.OID{1, 3, 6, 1, 2, 1, 1, 1, 0}, Value: snmp.Value{Kind: snmp.Null}}},
	}}
	_, err := exchange(ctx, a, request.Marshal(), func(b []byte) bool {
		m, err := snmp.Parse(b)
		return err == nil && m.PDU.Op == snmp.Response && m.PDU.ID == id
	})
	s.Heard = err == nil
}

// askSQL asks the SQL Server browser for its instances.
func askSQL(ctx context.Context, q question, a Asking, s *Speech) {
	s.Lead = []string{q.sending(a)}
	// CLNT_UCAST_EX asks for all of them (MC-SQLR section 2.2.2).
	reply, err := exchange(ctx, a, []byte{0x03}, func(b []byte) bool {
		return len(b) > 3 && b[0] == 0x05 && int(binary.LittleEndian.Uint16(b[1:])) == len(b)-3
	})
	if err != nil {
		return
	}
	s.Heard = true
	lines := instances(string(reply[3:]))
	for _, line := range lines {
		if name, value, ok := strings.Cut(line, " "); ok {
			s.Found.Attributes = append(s.Found.Attributes, exposure.QueryAttribute{Name: name, Value: value})
		}
	}
	s.Answer = append([]string{"Server's response:", ""}, lines...)
	s.End = []string{"==== End of SQL Server query response ===="}
}

// instances are the lines of an SVR_RESP: names and values in turn, with an
// empty pair behind each instance (MC-SQLR section 2.2.5).
func instances(text string) []string {
	var lines []string
	for instance := range strings.SplitSeq(text, ";;") {
		fields := strings.Split(instance, ";")
		for i := 0; i+1 < len(fields) && len(lines) < 256; i += 2 {
			lines = append(lines, shown(fields[i]+" "+fields[i+1]))
		}
		if len(fields) > 1 {
			lines = append(lines, "")
		}
	}
	for len(lines) > 0 && lines[len(lines)-1] == "" {
		lines = lines[:len(lines)-1]
	}
	return lines
}

// askISA asks the control port of a firewall client. Its datagrams are not
// published; any answer at all is shown.
func askISA(ctx context.Context, q question, a Asking, s *Speech) {
	s.Lead = []string{q.sending(a)}
	var (
		reply []byte
		err   error
	)
	if a.Transport == exposure.UDP {
		reply, err = exchange(ctx, a, []byte("\r\n"), func(b []byte) bool { return len(b) > 0 })
	} else {
		reply, err = stream(ctx, a, []byte("GET /wspad.dat HTTP/1.0\r\n\r\n"), func([]byte) bool { return false })
	}
	if err != nil {
		return
	}
	s.Heard = true
	s.Found.Text = textLines(reply)
	if a.Transport == exposure.TCP {
		s.Answer = append([]string{"ISA query response:", ""}, s.Found.Text...)
		s.End = []string{"======== End of ISA query response ========"}
	}
}

// askBanner shows what the server says first. An FTP server is then told the
// name of nobody in particular.
func askBanner(ctx context.Context, q question, a Asking, s *Speech) {
	s.Banner = true
	c, err := a.dialer(maxAnswer*4).Dial(ctx, exposure.TCP, netip.AddrPortFrom(a.Address, a.Port))
	if err != nil {
		return
	}
	defer c.Close()
	said := readLines(c)
	if q.name == "FTP" && len(said) > 0 {
		if _, err := c.Write([]byte("USER anonymous\r\n")); err == nil {
			said = append(said, readLines(c)...)
		}
	}
	if len(said) > 0 {
		s.Heard = true
		s.Lead = []string{"Data returned from port:"}
		s.Answer, s.Found.Text = said, said
	}
}

// readLines reads what a server says until its reply is whole.
func readLines(c interface {
	Read([]byte) (int, error)
	SetReadDeadline(time.Time) error
},
) []string {
	var all []byte
	for buf := make([]byte, 1024); len(all) < maxAnswer; {
		n, err := c.Read(buf)
		all = append(all, buf[:n]...)
		if err != nil || wholeReply(all) {
			break
		}
	}
	return textLines(all)
}

// wholeReply reports whether a reply is there to its end. One with a code and a
// dash ends in a line with the same code and a blank, and what stands between
// needs no code at all (RFC 959 section 4.2); anything else is a line.
func wholeReply(b []byte) bool {
	whole, ok := bytes.CutSuffix(b, []byte("\n"))
	if !ok {
		return false
	}
	lines := bytes.Split(whole, []byte("\n"))
	more := ""
	for _, line := range lines {
		line = bytes.TrimRight(line, "\r")
		switch code := line[:min(len(line), 3)]; {
		case len(code) < 3 || code[0] < '0' || code[0] > '9':
		case more == "" && len(line) > 3 && line[3] == '-':
			more = string(code)
		case more == string(code) && (len(line) == 3 || line[3] == ' '):
			more = ""
		}
	}
	return more == ""
}

// textLines are the lines of a text from the network, escaped.
func textLines(b []byte) []string {
	var lines []string
	for line := range strings.Lines(string(b[:min(len(b), maxAnswer)])) {
		lines = append(lines, shown(strings.TrimRight(line, "\r\n")))
	}
	return lines
}

func shown(s string) string { return untrusted.New(s, maxAnswer).Terminal() }
