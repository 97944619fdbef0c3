//go:build linux && lab

package rawsock_test

import (
	"encoding/binary"
	"fmt"
	"net"
	"net/netip"
	"testing"
	"time"

	"sekisho/internal/lab"
	"sekisho/internal/rawsock"
)

// hardware is the link address of a host's eth0.
func hardware(t *testing.T, h *lab.Host) net.HardwareAddr {
	t.Helper()
	var device *net.Interface
	err := h.Do(func() (err error) {
		device, err = net.InterfaceByName("eth0")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return device.HardwareAddr
}

// answerTo is an IPv4 segment to the first port of the row that carries a
// number. Its header is whole: the bridge between the hosts looks at it.
func answerTo(t *testing.T, from, to *lab.Host, number uint32) rawsock.Frame {
	t.Helper()
	request := whoHas(t, from, to.V4)
	link := *request.Link
	link.HardwareLen = uint8(copy(link.Hardware[:], hardware(t, to)))
	b := make([]byte, 40)
	b[0], b[3], b[8], b[9] = 0x45, 40, 64, 6
	copy(b[12:], from.V4.AsSlice())
	copy(b[16:], to.V4.AsSlice())
	sum := uint32(0)
	for i := 0; i < 20; i += 2 {
		sum += uint32(binary.BigEndian.Uint16(b[i:]))
	}
	sum = sum>>16 + sum&0xffff
	binary.BigEndian.PutUint16(b[10:], ^uint16(sum+sum>>16))
	binary.BigEndian.PutUint16(b[22:], row.First)
	binary.BigEndian.PutUint32(b[24:], number)
	return rawsock.Frame{Link: &link, Protocol: rawsock.IPv4, Data: b}
}

// What came while nobody read, and the ring had no room for, is counted, and
// told once. What there was room for is read, in order, and afterwards there is
// room again.
func TestLostTellsWhatTheRingHadNoRoomFor(t *testing.T) {
	l := lab.New(t)
	reader, writer := openIn(t, l.LAN), openIn(t, l.Home)
	defer reader.Close()
	defer writer.Close()
	if reader.Behind() || reader.Unread() {
		t.Error("behind before anything came")
	}
	const flood = 150_000
	frames := make([]rawsock.Frame, rawsock.Batch)
	for i := range frames {
		frames[i] = answerTo(t, l.Home, l.LAN, 0)
	}
	for sent := 0; sent < flood; {
		for i := range frames {
			binary.BigEndian.PutUint32(frames[i].Data[24:], uint32(sent+i+1))
		}
		n, err := writer.Send(frames[:min(len(frames), flood-sent)])
		if sent += n; err != nil {
			t.Fatal(err)
		}
	}
	if !reader.Behind() || !reader.Unread() {
		t.Errorf("after a flood behind: %t, unread: %t", reader.Behind(), reader.Unread())
	}
	read, last := 0, uint32(0)
	take := func(p rawsock.Packet) {
		number := binary.BigEndian.Uint32(p.Data[24:])
		if number <= last {
			t.Errorf("packet %d came behind %d", number, last)
		}
		read, last = read+1, number
	}
	for before := -1; read > before; { // until nothing is left
		before = read
		if err := reader.Receive(time.Now().Add(100*time.Millisecond), take); err != nil {
			t.Fatal(err)
		}
	}
	if reader.Behind() || reader.Unread() {
		t.Errorf("after reading behind: %t, unread: %t", reader.Behind(), reader.Unread())
	}
	lost, err := reader.Lost()
	if err != nil || read < 10_000 || lost == 0 || read+lost > flood {
		t.Errorf("%d read and %d lost of %d, %v", read, lost, flood, err)
	}
	if lost, err = reader.Lost(); lost != 0 || err != nil {
		t.Errorf("lost once more: %d, %v", lost, err)
	}
	before := read
	if _, err := writer.Send([]rawsock.Frame{answerTo(t, l.Home, l.LAN, flood+1)}); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(5 * time.Second); read == before && time.Now().Before(end); {
		if err := reader.Receive(end, take); err != nil {
			t.Fatal(err)
		}
	}
	if read != before+1 || last != flood+1 {
		t.Errorf("%d packets after the flood, the last %d", read-before, last)
	}
}

// The kernel of the other end leaves the sum of its SYN-ACK to the network card
// where it may, and finishes it where it may not. The first is told, for both
// families: whoever verified it would believe no open port.
func TestUnsummedTellsWhoseSumIsUnfinished(t *testing.T) {
	l := lab.New(t)
	for i, family := range []string{"ipv4", "ipv6"} {
		target := []netip.Addr{l.Home.V4, l.Home.V6}[i]
		ln := l.Home.Listen(t, "tcp", netip.AddrPortFrom(target, 22).String())
		go func() {
			for {
				conn, err := ln.Accept()
				if err != nil {
					return
				}
				conn.Close()
			}
		}()
		for _, offload := range []string{"on", "off"} {
			t.Run(fmt.Sprintf("%s_%s", family, offload), func(t *testing.T) {
				l.Home.Run(t, "ethtool", "-K", "eth0", "tx", offload)
				reader := openIn(t, l.LAN)
				defer reader.Close()
				dialer := net.Dialer{LocalAddr: &net.TCPAddr{Port: int(row.First) + i + map[string]int{"on": 10, "off": 20}[offload]}}
				err := l.LAN.Do(func() error {
					conn, err := dialer.Dial("tcp", ln.Addr().String())
					if err != nil {
						return err
					}
					return conn.Close()
				})
				if err != nil {
					t.Fatal(err)
				}
				header, heard := []int{20, 40}[i], 0
				for end := time.Now().Add(5 * time.Second); heard == 0 && time.Now().Before(end); {
					err := reader.Receive(end, func(p rawsock.Packet) {
						if p.Protocol == rawsock.ARP || p.Data[header+13] != 0x12 { // SYN, ACK
							return
						}
						if heard++; p.Unsummed != (offload == "on") {
							t.Errorf("unfinished: %t", p.Unsummed)
						}
					})
					if err != nil {
						t.Fatal(err)
					}
				}
				if heard == 0 {
					t.Error("no SYN-ACK was heard")
				}
			})
		}
	}
}
