//go:build linux && lab

package firewall_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"

	"sekisho/internal/exposure"
	"sekisho/internal/firewall"
	"sekisho/internal/lab"
)

// served are the ports at which router and home answer, over TCP and UDP.
var served = []uint16{22, 53, 80, 81, 443, 1024, 8080, 8443}

// markerType is the Ethernet type of frames that no rule of IP is asked about
// (IEEE 802 local experimental).
const markerType = 0x88b5

// truth is a lab in which packets are sent through the router's rules, and what
// becomes of them is seen, without a clock: every packet and all that it causes
// goes through the queue of one processor, in order. A frame that makes the same
// round trips behind them comes back last, and what has not come by then never
// comes.
type truth struct {
	t                              *testing.T
	l                              *lab.Lab
	outside, lan, wan, inner, home *tap
	loopback                       *tap
	machine                        *firewall.Machine
	marker                         uint32
	port                           uint16
	ears                           []ear
	sets                           *firewall.Sets
	loaded                         []func() // undo what was loaded
	answers                        map[uint16]string
	delivered                      map[uint16]string // where a datagram or a forwarded segment arrived
	frames                         []byte
}

// tap is a packet socket on one interface.
type tap struct {
	fd   int
	mac  [6]byte
	name string
}

// ear is a socket that takes connections or datagrams.
type ear struct {
	fd   int
	host string
	port uint16
	udp  bool
}

func newTruth(t *testing.T) *truth {
	l := lab.New(t)
	// All frames of this thread's packets are queued to this thread's processor.
	runtime.LockOSThread()
	t.Cleanup(runtime.UnlockOSThread)
	var before, first unix.CPUSet
	if err := unix.SchedGetaffinity(0, &before); err != nil {
		t.Fatal(err)
	}
	for cpu := range 1024 {
		if before.IsSet(cpu) {
			first.Set(cpu)
			break
		}
	}
	if err := unix.SchedSetaffinity(0, &first); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.SchedSetaffinity(0, &before) })

	b := &truth{t: t, l: l, port: 10000, frames: make([]byte, 1<<16)}
	b.quiet()
	b.outside, b.lan, b.home = b.open(l.Outside, "eth0"), b.open(l.LAN, "eth0"), b.open(l.Home, "eth0")
	b.wan, b.inner = b.open(l.Router, "wan"), b.open(l.Router, "lan")
	b.loopback = b.open(l.Router, "lo")
	for _, h := range []*lab.Host{l.Router, l.Home} {
		for _, port := range served {
			b.listen(h, port, false)
			b.listen(h, port, true)
		}
	}
	b.machine = b.routerMachine()
	return b
}

// quiet makes the hosts answer at once and always the same: neighbours are known,
// refusals are not limited, and nothing is sent twice.
func (b *truth) quiet() {
	l := b.l
	router := `
		sysctl -qw net.ipv4.icmp_ratelimit=0 net.ipv6.icmp.ratelimit=0
		sysctl -qw net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.wan.rp_filter=0 net.ipv4.conf.lan.rp_filter=0
		sysctl -qw net.ipv4.conf.all.send_redirects=0 net.ipv4.conf.lan.send_redirects=0 net.ipv4.conf.wan.send_redirects=0
		sysctl -qw net.ipv4.tcp_synack_retries=0
		sysctl -qew net.bridge.bridge-nf-call-iptables=0 net.bridge.bridge-nf-call-ip6tables=0 || true
		ip route add 10.9.9.0/24 via ` + l.LAN.V4.String() + `
		ip route add 2608:99::/64 via ` + l.LAN.V6.String() + `
	`
	near := func(device, mac string, addresses ...any) string {
		var s strings.Builder
		for _, a := range addresses {
			fmt.Fprintf(&s, "ip neigh replace %v lladdr %s dev %s nud permanent\n", a, mac, device)
		}
		return s.String()
	}
	mac := func(n byte) string { return net.HardwareAddr{0x02, 0x5e, 0x19, 0, 0, n}.String() }
	router += near("wan", mac(200), l.Outside.V4, l.Outside.V6, "26.10.0.50", "26.10.0.77", "2608:26:10::50")
	router += near("lan", mac(10), l.Home.V4, l.Home.V6) + near("lan", mac(20), l.LAN.V4, l.LAN.V6)
	l.Router.Run(b.t, "sh", "-ec", router)
	pc := "sysctl -qw net.ipv4.tcp_synack_retries=0 net.ipv4.icmp_ratelimit=0 net.ipv6.icmp.ratelimit=0\n" + near("eth0", mac(101), l.Gateway4, l.Gateway6)
	l.Home.Run(b.t, "sh", "-ec", pc)
}

func (b *truth) open(h *lab.Host, device string) *tap {
	p := &tap{name: h.Name + " " + device}
	err := h.Do(func() error {
		i, err := net.InterfaceByName(device)
		if err != nil {
			return err
		}
		copy(p.mac[:], i.HardwareAddr)
		protocol := uint16(unix.ETH_P_ALL)<<8 | unix.ETH_P_ALL>>8
		fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, int(protocol))
		if err != nil {
			return err
		}
		p.fd = fd
		return errors.Join(
			unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, 16<<20),
			unix.SetsockoptInt(fd, unix.SOL_PACKET, unix.PACKET_IGNORE_OUTGOING, 1),
			unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &unix.Timeval{Sec: 20}),
			unix.Bind(fd, &unix.SockaddrLinklayer{Protocol: protocol, Ifindex: i.Index}),
		)
	})
	if err != nil {
		b.t.Fatalf("%s: %v", p.name, err)
	}
	b.t.Cleanup(func() { unix.Close(p.fd) })
	return p
}

func (b *truth) listen(h *lab.Host, port uint16, udp bool) {
	kind := unix.SOCK_STREAM
	if udp {
		kind = unix.SOCK_DGRAM
	}
	e := ear{host: h.Name, port: port, udp: udp}
	err := h.Do(func() (err error) {
		if e.fd, err = unix.Socket(unix.AF_INET6, kind|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0); err != nil {
			return err
		}
		unix.SetsockoptInt(e.fd, unix.IPPROTO_IPV6, unix.IPV6_V6ONLY, 0)
		if err := unix.Bind(e.fd, &unix.SockaddrInet6{Port: int(port)}); err != nil {
			return err
		}
		if udp {
			return unix.SetsockoptInt(e.fd, unix.IPPROTO_IPV6, unix.IPV6_RECVPKTINFO, 1)
		}
		return unix.Listen(e.fd, 4096)
	})
	if err != nil {
		b.t.Fatalf("%s: port %d: %v", h.Name, port, err)
	}
	b.t.Cleanup(func() { unix.Close(e.fd) })
	b.ears = append(b.ears, e)
}

// routerMachine is what the evaluator is told of the router.
func (b *truth) routerMachine() *firewall.Machine {
	prefix := netip.MustParsePrefix
	no := false
	m := &firewall.Machine{
		Routes: []firewall.Route{
			{To: prefix("0.0.0.0/0"), Device: "wan"},
			{To: prefix("::/0"), Device: "wan"},
			{To: prefix("10.9.9.0/24"), Device: "lan"},
			{To: prefix("2608:99::/64"), Device: "lan"},
		},
		Forward4: yes(), Forward6: yes(), LoopbackRouted: &no,
	}
	err := b.l.Router.Do(func() error {
		devices, err := net.Interfaces()
		for _, d := range devices {
			i := firewall.Interface{Name: d.Name, Index: d.Index, Loopback: d.Flags&net.FlagLoopback != 0, Bridge: d.Name == "lan"}
			addresses, err := d.Addrs()
			if err != nil {
				return err
			}
			for _, a := range addresses {
				i.Prefixes = append(i.Prefixes, prefix(a.String()))
			}
			m.Interfaces = append(m.Interfaces, i)
		}
		return err
	})
	if err != nil {
		b.t.Fatal(err)
	}
	return m
}

// run starts a tool in the router's network and returns what it wrote.
func (b *truth) run(stdin, name string, args ...string) (string, error) {
	var out, errs bytes.Buffer
	cmd := exec.Command(name, args...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(stdin), &out, &errs
	cmd.Env = append(os.Environ(), "XTABLES_LOCKFILE="+b.t.TempDir()+"/lock")
	if err := b.l.Router.Do(cmd.Run); err != nil {
		return "", fmt.Errorf("%s %q: %w: %s\n%s", name, args, err, errs.String(), stdin)
	}
	return out.String(), nil
}

func (b *truth) must(stdin, name string, args ...string) string {
	b.t.Helper()
	out, err := b.run(stdin, name, args...)
	if err != nil {
		b.t.Fatal(err)
	}
	return out
}

// settle waits until all that was sent, and all that it caused, has gone its way:
// a marker goes from both senders to the router, on to home and back.
func (b *truth) settle() {
	for _, hop := range [][2]*tap{{b.outside, b.wan}, {b.lan, b.inner}, {b.inner, b.home}, {b.home, b.inner}, {b.wan, b.outside}, {b.inner, b.lan}} {
		b.marker++
		b.send(hop[0], b.mark(hop[0], hop[1]))
		b.drain(hop[1])
	}
}

// mark is the marker as a frame.
func (b *truth) mark(from, to *tap) []byte {
	frame := make([]byte, 60)
	copy(frame, to.mac[:])
	copy(frame[6:], from.mac[:])
	binary.BigEndian.PutUint16(frame[12:], markerType)
	binary.BigEndian.PutUint32(frame[14:], b.marker)
	return frame
}

func (b *truth) send(from *tap, frame []byte) {
	if _, err := unix.Write(from.fd, frame); err != nil {
		b.t.Fatalf("%s: send: %v", from.name, err)
	}
}

// drain reads a tap up to the marker.
func (b *truth) drain(at *tap) {
	for {
		n, err := unix.Read(at.fd, b.frames)
		if errors.Is(err, unix.EINTR) {
			continue
		}
		if err != nil {
			b.t.Fatalf("%s: the marker did not come: %v", at.name, err)
		}
		f := b.frames[:n]
		if n >= 18 && binary.BigEndian.Uint16(f[12:]) == markerType && binary.BigEndian.Uint32(f[14:]) == b.marker {
			return
		}
		switch at {
		case b.outside, b.lan:
			b.answer(f)
		case b.home:
			b.passed(f)
		}
	}
}

// headers are what of an IP packet counts here.
type headers struct {
	proto            uint8
	src, dst         netip.Addr
	payload          []byte
	srcPort, dstPort uint16
}

func parse(ip []byte) (h headers, ok bool) {
	if len(ip) < 20 {
		return h, false
	}
	switch ip[0] >> 4 {
	case 4:
		n := int(ip[0]&15) * 4
		if len(ip) < n+8 {
			return h, false
		}
		h.proto, h.payload = ip[9], ip[n:]
		h.src, h.dst = netip.AddrFrom4([4]byte(ip[12:16])), netip.AddrFrom4([4]byte(ip[16:20]))
	case 6:
		if len(ip) < 48 {
			return h, false
		}
		h.proto, h.payload = ip[6], ip[40:]
		h.src, h.dst = netip.AddrFrom16([16]byte(ip[8:24])), netip.AddrFrom16([16]byte(ip[24:40]))
	default:
		return h, false
	}
	h.srcPort, h.dstPort = binary.BigEndian.Uint16(h.payload), binary.BigEndian.Uint16(h.payload[2:])
	return h, true
}

// answer notes what a sender got.
func (b *truth) answer(f []byte) {
	h, ok := parse(f[14:])
	if !ok {
		return
	}
	switch {
	case h.proto == 6 && len(h.payload) >= 14 && h.payload[13]&0x12 == 0x12:
		b.note(h.dstPort, from(h))
	case h.proto == 6 && len(h.payload) >= 14 && h.payload[13]&4 != 0:
		b.note(h.dstPort, string(exposure.Reset))
	case h.proto == 17:
		b.note(h.dstPort, from(h))
	case h.proto == 1 && h.payload[0] == 0 || h.proto == 58 && h.payload[0] == 129:
		b.note(binary.BigEndian.Uint16(h.payload[4:]), "answered")
	case h.proto == 1 && h.payload[0] == 3 || h.proto == 58 && h.payload[0] == 1:
		quoted, ok := parse(h.payload[8:])
		if !ok {
			return
		}
		port := quoted.srcPort
		if quoted.proto == 1 || quoted.proto == 58 {
			port = binary.BigEndian.Uint16(quoted.payload[4:])
		}
		b.note(port, string(told(h.proto == 58, h.payload[1])))
	}
}

// from is an answer, and where it came from.
func from(h headers) string { return "answered by " + netip.AddrPortFrom(h.src, h.srcPort).String() }

func told(v6 bool, code byte) exposure.Reason {
	four := map[byte]exposure.Reason{0: exposure.NetUnreach, 1: exposure.HostUnreach, 2: exposure.ProtoUnreach, 3: exposure.PortUnreach, 9: exposure.AdminProhibited, 10: exposure.AdminProhibited, 13: exposure.AdminProhibited}
	six := map[byte]exposure.Reason{0: exposure.NetUnreach, 1: exposure.AdminProhibited, 3: exposure.HostUnreach, 4: exposure.PortUnreach, 5: exposure.AdminProhibited, 6: exposure.AdminProhibited}
	if v6 {
		return six[code]
	}
	return four[code]
}

func (b *truth) note(port uint16, what string) {
	if old := b.answers[port]; old != "" && old != what {
		what = old + " and " + what
	}
	b.answers[port] = what
}

// passed notes what came to home.
func (b *truth) passed(f []byte) {
	h, ok := parse(f[14:])
	if !ok || h.proto != 6 && h.proto != 17 || h.dst != b.l.Home.V4 && h.dst != b.l.Home.V6 {
		return
	}
	b.delivered[h.srcPort] = netip.AddrPortFrom(h.dst, h.dstPort).String()
}

// echo has every ear read what came and say it back.
func (b *truth) echo() {
	control := make([]byte, 256)
	data := make([]byte, 2048)
	for _, e := range b.ears {
		for e.udp {
			n, controls, _, from, err := unix.Recvmsg(e.fd, data, control, unix.MSG_DONTWAIT)
			if err != nil {
				break
			}
			client := from.(*unix.SockaddrInet6)
			if e.host == "router" {
				b.delivered[uint16(client.Port)] = fmt.Sprintf("router:%d", e.port)
			}
			if err := unix.Sendmsg(e.fd, data[:n], pktinfo(control[:controls]), client, 0); err != nil && !errors.Is(err, unix.EPERM) &&
				!errors.Is(err, unix.ECONNREFUSED) && !errors.Is(err, unix.EHOSTUNREACH) && !errors.Is(err, unix.EACCES) && !errors.Is(err, unix.ENETUNREACH) {
				b.t.Logf("echo from %s: %v", e.host, err)
			}
		}
	}
}

// pktinfo is the control message that has an answer come from where the question
// went.
func pktinfo(control []byte) []byte {
	messages, err := unix.ParseSocketControlMessage(control)
	if err != nil || len(messages) == 0 {
		return nil
	}
	info := *(*unix.Inet6Pktinfo)(unsafe.Pointer(&messages[0].Data[0]))
	info.Ifindex = 0
	out := make([]byte, unix.CmsgSpace(unix.SizeofInet6Pktinfo))
	h := (*unix.Cmsghdr)(unsafe.Pointer(&out[0]))
	h.Level, h.Type = unix.IPPROTO_IPV6, unix.IPV6_PKTINFO
	h.SetLen(unix.CmsgLen(unix.SizeofInet6Pktinfo))
	*(*unix.Inet6Pktinfo)(unsafe.Pointer(&out[unix.CmsgLen(0)])) = info
	return out
}
