//go:build linux && lab

package scan_test

import (
	"encoding/binary"
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"sekisho/internal/exposure"
	"sekisho/internal/lab"
)

// tenOpen has ten ports of a thousand answer whatever comes.
func tenOpen(t *testing.T, h *lab.Host) (ports []uint16) {
	t.Helper()
	for i := range uint16(10) {
		port := 20011 + 97*i
		echoUDP(t, h, port)
		ports = append(ports, port)
	}
	return ports
}

// openIs checks that these ports are found open, and no other.
func (d document) openIs(t *testing.T, address netip.Addr, want []uint16) {
	t.Helper()
	var open []uint16
	for _, o := range d.observations {
		if o.State == exposure.Open && o.Address == address {
			open = append(open, o.Port)
		}
	}
	slices.Sort(open)
	if !slices.Equal(open, want) {
		t.Errorf("%v: open are %v, want %v; %+v", address, open, want, d.summary)
	}
}

// TestUDPUnderLimits looks at a thousand ports of a host with the limits that
// Linux has by itself, under loss, and with another limit and a filter, waiting
// for the proofs.
func TestUDPUnderLimits(t *testing.T) {
	sekisho := program(t)
	host := func(t *testing.T) (l *lab.Lab, open []uint16, addresses []netip.Addr) {
		t.Parallel()
		l = lab.New(t)
		return l, tenOpen(t, l.Home), []netip.Addr{l.Home.V4, l.Home.V6}
	}
	generous := func(t *testing.T, h *lab.Host) {
		h.Run(t, "sysctl", "-q", "-w", "net.ipv4.icmp_ratelimit=10", "net.ipv6.icmp.ratelimit=10")
	}
	t.Run("as-they-are", func(t *testing.T) {
		l, open, addresses := host(t)
		for _, address := range addresses {
			d := scanFrom(t, l.LAN, sekisho, "--udp", "-p", "20001-21000", address.String())
			d.openIs(t, address, open)
			if d.summary.Closed == 0 || !d.says(address.String()+" sends ") || !d.says("`--wait` proves them in ") {
				t.Errorf("%+v", d.summary)
			}
			t.Logf("%v: %d packets in %d ms", address, d.summary.PacketsSent, d.summary.ElapsedMS)
		}
	})
	t.Run("waits", func(t *testing.T) {
		l, _, addresses := host(t)
		generous(t, l.Home)
		l.Home.Filter(t, lab.Input, "udp dport 20201-20220", lab.Drop)
		for _, address := range addresses {
			d := scanFrom(t, l.LAN, sekisho, "--udp", "--wait", "-p", "20001-20400", address.String())
			d.openIs(t, address, []uint16{20011, 20108, 20302, 20399})
			if d.summary.Closed != 376 || d.summary.OpenFiltered != 20 || len(d.summary.Notes) > 0 {
				t.Errorf("%+v", d.summary)
			}
			for port := uint16(20201); port <= 20220; port++ {
				if port != 20205 { // would be open
					d.check(t, exposure.UDP, address, port, wanted{exposure.OpenFiltered, exposure.NoResponse, ""})
				}
			}
			t.Logf("%v: %d packets in %d ms", address, d.summary.PacketsSent, d.summary.ElapsedMS)
		}
	})
	t.Run("loss", func(t *testing.T) {
		l, open, addresses := host(t)
		generous(t, l.Home)
		l.Link(t, lab.LANCable, lab.Impairment{Loss: 0.05, Delay: 5 * time.Millisecond, Seed: 7})
		for _, address := range addresses {
			scanFrom(t, l.LAN, sekisho, "--udp", "-p", "20001-21000", address.String()).openIs(t, address, open)
		}
	})
}

// TestUDPAnswersFromElsewhere: a server with two addresses answers from the
// one that was not asked.
func TestUDPAnswersFromElsewhere(t *testing.T) {
	l := lab.New(t)
	l.Home.Run(t, "ip", "addr", "add", "192.168.77.11/24", "dev", "eth0")
	asked := l.Home.ListenPacket(t, "udp", netip.AddrPortFrom(l.Home.V4, 53).String())
	other := l.Home.ListenPacket(t, "udp", "192.168.77.11:53")
	go func() {
		b := make([]byte, 2048)
		for {
			n, from, err := asked.ReadFrom(b)
			if err != nil {
				return
			}
			if n > 12 {
				b[2] |= 0x80 // a response: RFC 1035 section 4.1.1
				_, _ = other.WriteTo(b[:n], from)
			}
		}
	}()
	d := scanFrom(t, l.LAN, program(t), "--udp", "-p", "53", l.Home.V4.String())
	d.check(t, exposure.UDP, l.Home.V4, 53, wanted{exposure.Open, exposure.ProtoResponse, "192.168.77.11"})
	if o := d.observations[place(exposure.UDP, l.Home.V4, 53)]; o.Detail != "answered from 192.168.77.11:53" {
		t.Errorf("detail %q", o.Detail)
	}
}

// TestUDPAnswersFromAnotherPort: TFTP answers from a port that it picks (RFC
// 1350 section 4), which is asked as well here, and is not open for that.
func TestUDPAnswersFromAnotherPort(t *testing.T) {
	l := lab.New(t)
	server := l.Home.ListenPacket(t, "udp", "[::]:69")
	transfer := l.Home.ListenPacket(t, "udp", "[::]:40069")
	go func() {
		b := make([]byte, 2048)
		for {
			n, from, err := server.ReadFrom(b)
			if err != nil {
				return
			}
			if n > 2 && b[1] == 1 {
				_, _ = transfer.WriteTo([]byte("\x00\x05\x00\x01no such file\x00"), from)
			}
		}
	}()
	for _, address := range []netip.Addr{l.Home.V4, l.Home.V6} {
		d := scanFrom(t, l.LAN, program(t), "--udp", "-p", "69,40069", address.String())
		d.check(t, exposure.UDP, address, 69, wanted{exposure.Open, exposure.ProtoResponse, ""})
		d.check(t, exposure.UDP, address, 40069, wanted{exposure.OpenFiltered, exposure.NoResponse, ""})
		if o := d.observations[place(exposure.UDP, address, 69)]; !strings.Contains(o.Detail, "]:40069, echoing nothing") && !strings.Contains(o.Detail, ".10:40069, echoing nothing") {
			t.Errorf("detail %q", o.Detail)
		}
	}
}

// TestUDPSilentByDesign: what answers no stranger is said of it.
func TestUDPSilentByDesign(t *testing.T) {
	l := lab.New(t)
	l.Home.ListenPacket(t, "udp", "[::]:51820")
	d := scanFrom(t, l.LAN, program(t), "--udp", "-p", "51820", l.Home.V4.String())
	d.check(t, exposure.UDP, l.Home.V4, 51820, wanted{exposure.OpenFiltered, exposure.NoResponse, ""})
	if o := d.observations[place(exposure.UDP, l.Home.V4, 51820)]; !strings.Contains(o.Detail, "wireguard answers no stranger") {
		t.Errorf("detail %q", o.Detail)
	}
}

// TestUDPFlood has one port answer each datagram with a hundred of 60,000
// bytes. The others are found all the same.
func TestUDPFlood(t *testing.T) {
	l := lab.New(t)
	sekisho := program(t)
	open := tenOpen(t, l.Home)
	flood := l.Home.ListenPacket(t, "udp", "[::]:20500")
	go func() {
		b := make([]byte, 60000)
		for {
			_, from, err := flood.ReadFrom(b)
			if err != nil {
				return
			}
			for range 100 {
				_, _ = flood.WriteTo(b, from)
			}
		}
	}()
	open = append(open, 20500)
	slices.Sort(open)
	for _, address := range []netip.Addr{l.Home.V4, l.Home.V6} {
		scanFrom(t, l.LAN, sekisho, "--udp", "-p", "20001-21000", address.String()).openIs(t, address, open)
	}
}

// TestUDPForgedErrors has the host send errors about what nobody asked, and
// about port 53 with a question that is not ours.
func TestUDPForgedErrors(t *testing.T) {
	l := lab.New(t)
	l.Home.Filter(t, lab.Input, "udp dport != 20001", lab.Drop)
	bait := l.Home.ListenPacket(t, "udp4", "0.0.0.0:20001")
	raw := l.Home.ListenPacket(t, "ip4:icmp", l.Home.V4.String())
	go func() {
		b := make([]byte, 2048)
		for {
			_, from, err := bait.ReadFrom(b)
			if err != nil {
				return
			}
			scanner := from.(*net.UDPAddr).AddrPort()
			scanner = netip.AddrPortFrom(scanner.Addr().Unmap(), scanner.Port())
			for _, port := range []uint16{53, 30000} {
				_, _ = raw.WriteTo(portUnreachable(scanner, netip.AddrPortFrom(l.Home.V4, port), "no question of ours"), &net.IPAddr{IP: scanner.Addr().Unmap().AsSlice()})
			}
			_, _ = bait.WriteTo([]byte("hello"), from)
		}
	}()
	d := scanFrom(t, l.LAN, program(t), "--udp", "-p", "53,20001", l.Home.V4.String())
	d.check(t, exposure.UDP, l.Home.V4, 53, wanted{exposure.OpenFiltered, exposure.NoResponse, ""})
	d.check(t, exposure.UDP, l.Home.V4, 20001, wanted{exposure.Open, exposure.ProtoResponse, ""})
	if len(d.observations) != 2 || d.summary.Unknown > 0 {
		t.Errorf("%v, %+v", d.observations, d.summary)
	}
}

// portUnreachable is an ICMP error (RFC 792) about a datagram.
func portUnreachable(from, to netip.AddrPort, data string) []byte {
	udp := binary.BigEndian.AppendUint16(nil, from.Port())
	udp = binary.BigEndian.AppendUint16(udp, to.Port())
	udp = binary.BigEndian.AppendUint16(udp, uint16(8+len(data)))
	udp = append(append(udp, 0, 0), data...)
	ip := []byte{0x45, 0, 0, byte(20 + len(udp)), 0, 0, 0, 0, 64, 17, 0, 0}
	ip = append(append(ip, from.Addr().AsSlice()...), to.Addr().AsSlice()...)
	message := append(append([]byte{3, 3, 0, 0, 0, 0, 0, 0}, ip...), udp...)
	binary.BigEndian.PutUint16(message[2:], checksum(message))
	return message
}

// checksum is that of RFC 1071.
func checksum(b []byte) uint16 {
	var sum uint32
	for ; len(b) > 1; b = b[2:] {
		sum += uint32(binary.BigEndian.Uint16(b))
	}
	if len(b) > 0 {
		sum += uint32(b[0]) << 8
	}
	for sum > 0xffff {
		sum = sum>>16 + sum&0xffff
	}
	return ^uint16(sum)
}
