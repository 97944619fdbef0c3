package probe

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"sekisho/internal/exposure"
	"sekisho/internal/portspec"
)

// unasked are the services of the catalogue with a UDP port that no first
// datagram makes answer, and why. What takes datagrams and never answers any
// is no entry: it is in oneWay.
var unasked = map[string]string{
	"dhcpv6-server":  "answers to ports 546 and 547, wherever the question came from (RFC 8415 section 7.2)",
	"teamviewer":     "an unpublished protocol; it calls out and takes what its own servers announce",
	"anydesk":        "an unpublished protocol",
	"rustdesk":       "what it answers over UDP enters the asker into its list of devices",
	"nomachine":      "carries the sessions that were agreed on over TCP",
	"net-assistant":  "its one answer has a thousand bytes to five of the question",
	"ncp":            "the first request opens a connection on the server",
	"kerberos-adm":   "RPC over TCP; no implementation takes it over UDP",
	"nameserver":     "WINS replicates over TCP and answers names at port 137; of IEN 116 there is no server",
	"tacacs":         "over UDP only the TACACS of 1984, whose first packet is a login",
	"iperf":          "takes datagrams only while a test that was agreed on over TCP runs",
	"h323gatestat":   "answers to the address that stands inside the question, which a hello does not know",
	"rtsps":          "TLS, over TCP only",
	"ms-streaming":   "carries what was agreed on over TCP",
	"matter":         "takes sessions of paired controllers; a first message costs the device a key exchange",
	"xbox":           "answers those whom the players' server has announced",
	"ethereum":       "a ping must be signed under secp256k1, which no module here does",
	"palworld":       "a handshake whose form depends on the version of the game's engine",
	"factorio":       "the first packet asks to join",
	"blizzard":       "answers a search only by the same version of the same game",
	"bo2k":           "cipher and secret are its owner's choice",
	"deep-throat":    "answers to a port of its own client",
	"hack-a-tack":    "an unpublished protocol",
	"portal-of-doom": "an unpublished protocol",
	"delta-source":   "an unpublished protocol",
	"trinoo":         "answers a password only, and to another port",
}

// TestCatalogueIsAsked holds that every UDP port of the catalogue has a hello,
// or that its service is told above.
func TestCatalogueIsAsked(t *testing.T) {
	left := map[string]bool{}
	for name := range unasked {
		left[name] = true
	}
	for _, s := range portspec.Services() {
		for _, port := range s.UDP {
			switch asked := len(Hellos(port)) > 0; {
			case !asked && unasked[s.Name] == "":
				t.Errorf("%s: nothing asks port %d, and nobody said why", s.Name, port)
			case asked && unasked[s.Name] != "":
				t.Errorf("%s: port %d is asked, in spite of what is said of it", s.Name, port)
			}
		}
		if len(s.UDP) > 0 {
			delete(left, s.Name)
		}
	}
	for name := range left {
		t.Errorf("%s is no service over UDP of the catalogue", name)
	}
}

// datagrams are the probes over UDP that expect an answer.
func datagrams() []Probe {
	return slices.DeleteFunc(All(), func(p Probe) bool {
		return p.Transport != exposure.UDP || !p.Asks()
	})
}

// exchange is a hello and one reply to it, recorded or made by the book.
type exchange struct{ hello, reply []byte }

// exchanges reads those of a probe out of its recordings.
func exchanges(t testing.TB, p Probe) []exchange {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join("testdata", p.Name, "*.txt"))
	if err != nil {
		t.Fatal(err)
	}
	var list []exchange
	for _, path := range paths {
		r := readRecording(t, path)
		if r.transport != exposure.UDP {
			continue
		}
		var hello []byte
		for _, d := range r.scripts[0] {
			switch d.verb {
			case "C:":
				hello = []byte(d.text)
			case "S:":
				list = append(list, exchange{hello, []byte(d.text)})
			}
		}
	}
	return list
}

// TestMatch holds of every probe over UDP that it takes a true reply, and none
// that is of another hello, cut short, or its own hello come back.
func TestMatch(t *testing.T) {
	for _, p := range datagrams() {
		t.Run(p.Name, func(t *testing.T) {
			hello, other := p.Hello(testNonce), p.Hello(^uint64(testNonce))
			if !bytes.Equal(hello, p.Hello(testNonce)) {
				t.Error("the same nonce makes another hello")
			}
			if len(hello) > dnsPayload {
				t.Errorf("the hello has %d bytes, which may not cross every path", len(hello))
			}
			if p.Match(hello, hello) != (p.Name == "echo") {
				t.Error("its own hello is taken for a reply")
			}
			if p.Match(hello, nil) || p.Match(nil, nil) {
				t.Error("nothing is taken for a reply")
			}
			taken := 0
			for _, e := range exchanges(t, p) {
				if !bytes.Equal(e.hello, hello) || !p.Match(e.hello, e.reply) {
					continue
				}
				taken++
				if !p.Weak && p.Match(other, e.reply) {
					t.Errorf("reply % x is taken for one to another hello", e.reply)
				}
				for n := range e.reply {
					p.Match(hello, e.reply[:n])
					if n < len(hello) {
						p.Match(hello[:n], e.reply)
					}
				}
			}
			if taken == 0 {
				t.Error("no recorded reply is taken")
			}
		})
	}
}

// TestHelloAsksForLittle holds that no answer on record is much longer than its
// question, with the headers that both have on an IPv4 network: a forged sender
// address gains nothing by our hellos.
func TestHelloAsksForLittle(t *testing.T) {
	const headers, most = 20 + 8, 4
	for _, p := range datagrams() {
		for _, e := range exchanges(t, p) {
			if bytes.Equal(e.hello, p.Hello(testNonce)) && p.Match(e.hello, e.reply) && headers+len(e.reply) > most*(headers+len(e.hello)) {
				t.Errorf("%s: %d bytes to %d", p.Name, len(e.reply), len(e.hello))
			}
		}
	}
}

// TestMatchesAreApart holds that no reply is taken for one of another protocol,
// so that all hellos, made with one nonce, may go to one port.
func TestMatchesAreApart(t *testing.T) {
	all := datagrams()
	apart := slices.DeleteFunc(slices.Clone(all), func(p Probe) bool { return slices.Contains(simpleShapeless, p.Name) })
	for _, p := range all {
		for _, e := range exchanges(t, p) {
			// A probe asks on in other ways once its hello is answered.
			if !bytes.Equal(e.hello, p.Hello(testNonce)) {
				continue
			}
			for _, q := range apart {
				if q.Name != p.Name && p.Match(e.hello, e.reply) && q.Match(q.Hello(testNonce), e.reply) {
					t.Errorf("a reply of %s is taken for one of %s: %.60q", p.Name, q.Name, e.reply)
				}
			}
		}
	}
}

func TestOneWayAsksNothing(t *testing.T) {
	for name := range oneWay {
		p := slices.IndexFunc(probes, func(p Probe) bool { return p.Name == name && p.Transport == exposure.UDP })
		if p < 0 || !probes[p].Silent || probes[p].Asks() || probes[p].Match(nil, []byte("x")) {
			t.Errorf("%s: asks or takes an answer", name)
		}
	}
}

// TestMovedDatagramServices has servers on ports that belong to nobody: what
// they answer names them.
func TestMovedDatagramServices(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"ntp", "stun", "sip", "ssdp", "quake3", "fluentd", "tftp"} {
		i := slices.IndexFunc(probes, func(p Probe) bool { return p.Name == name })
		p := probes[i]
		all := exchanges(t, p)
		recorded := all[slices.IndexFunc(all, func(e exchange) bool { return p.Match == nil || p.Match(e.hello, e.reply) })]
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pc, err := net.ListenPacket("udp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = pc.Close() })
			answers := pc
			if p.OtherPort {
				if answers, err = net.ListenPacket("udp", "127.0.0.1:0"); err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { _ = answers.Close() })
			}
			go func() {
				buf := make([]byte, 2048)
				for {
					n, from, err := pc.ReadFrom(buf)
					if err != nil {
						return
					}
					if bytes.Equal(buf[:n], recorded.hello) {
						_, _ = answers.WriteTo(recorded.reply, from)
					}
				}
			}()
			at := netip.MustParseAddrPort(pc.LocalAddr().String())
			o := Options{Timeout: 20 * time.Second}
			peer := netPeer(exposure.Target{Address: at.Addr()}, at.Port(), o, time.Now().Add(o.Timeout))
			peer.nonce = func() uint64 { return testNonce }
			svc := identify(t.Context(), peer, exposure.UDP, o.Timeout)
			if svc.Protocol != name || svc.Confidence < p.named().Confidence || svc.Error != "" {
				t.Errorf("found %+v", svc)
			}
		})
	}
}

// FuzzMatch has every probe judge any reply to any hello and to its own.
func FuzzMatch(f *testing.F) {
	all := datagrams()
	for _, p := range all {
		for _, e := range exchanges(f, p) {
			f.Add(e.hello, e.reply, uint64(testNonce))
		}
		f.Add([]byte(strings.Repeat(p.Name, 40)), fmt.Append(nil, p.Ports), uint64(len(p.Name)))
	}
	f.Fuzz(func(t *testing.T, hello, reply []byte, nonce uint64) {
		for _, p := range all {
			asked := p.Hello(nonce)
			before := bytes.Clone(reply)
			p.Match(hello, reply)
			p.Match(asked, reply)
			if p.Match(asked, asked) && p.Name != "echo" {
				t.Errorf("%s takes its own hello for a reply", p.Name)
			}
			if !bytes.Equal(before, reply) {
				t.Errorf("%s changed the reply", p.Name)
			}
		}
	})
}

// TestEchoIsTakenForNothingElse has a server that sends back what it gets, and
// one that does so but for what would name it: no nonce makes the hello of one
// protocol look like the answer of another.
func TestEchoIsTakenForNothingElse(t *testing.T) {
	t.Parallel()
	nonces := rand.NewPCG(1, 2)
	for n := range 5 {
		nonce := nonces.Uint64()
		for _, deaf := range []bool{false, true} {
			t.Run(fmt.Sprintf("%d-%v", n, deaf), func(t *testing.T) {
				t.Parallel()
				pc, err := net.ListenPacket("udp", "127.0.0.1:0")
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { _ = pc.Close() })
				go func() {
					buf := make([]byte, 2048)
					for {
						n, from, err := pc.ReadFrom(buf)
						if err != nil {
							return
						}
						if !deaf || !bytes.HasPrefix(buf[:n], []byte("sekisho")) {
							_, _ = pc.WriteTo(buf[:n], from)
						}
					}
				}()
				at := pc.LocalAddr().(*net.UDPAddr).AddrPort()
				o := Options{Timeout: 2 * time.Second}
				end := time.Now().Add(o.Timeout)
				ctx, cancel := context.WithDeadline(t.Context(), end)
				defer cancel()
				p := netPeer(exposure.Target{Address: at.Addr()}, at.Port(), o, end)
				p.nonce = func() uint64 { return nonce }
				svc := identify(ctx, p, exposure.UDP, o.Timeout)
				if want := map[bool]string{false: "echo"}[deaf]; svc.Protocol != want {
					t.Errorf("nonce %016x: found %q, want %q", nonce, svc.Protocol, want)
				}
			})
		}
	}
}

// TestKerberosLeads has the error that Heimdal answers to a request of HTTP
// lead to Kerberos, and none that is cut short or of another length.
func TestKerberosLeads(t *testing.T) {
	realm := ber(berGeneral, []byte("<unspecified realm>"))
	message := ber(kerberosError, ber(berSequence,
		ber(0xa0, berSmall(berInteger, 5)), ber(0xa1, berSmall(berInteger, 30)), ber(0xa6, berSmall(berInteger, 61)), ber(0xa9, realm)))
	first := append([]byte{0, 0, 0, byte(len(message))}, message...)
	for n := range first {
		if greetsKerberos(first[:n]) != No {
			t.Errorf("the first %d bytes are taken for Kerberos", n)
		}
	}
	found := leads(exposure.TCP, 1088, first)
	if len(found) == 0 || found[0].Name != "kerberos" {
		t.Errorf("leads to %v", found)
	}
}
