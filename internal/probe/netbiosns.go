package probe

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"net"
	"strings"

	"sekisho/internal/exposure"
	"sekisho/internal/untrusted"
	"sekisho/internal/wire/netbios"
)

func init() {
	register(Probe{
		Name: "netbios-ns", Transport: exposure.UDP, Ports: []uint16{137}, Hello: netbiosHello, Match: netbiosReplies, Run: runNetBIOS,
		Tests: []Test{{
			Name: "netbios", Port: 137, Run: testNetBIOS, LAN: "lan",
			Options: []Option{{Name: "name", Kind: Text}, {Name: "lan", Kind: Text}},
		}},
	})
}

// netbiosHello asks for the node status (RFC 1002 section 4.2.17), which every
// node answers, whatever its names are.
func netbiosHello(nonce uint64) []byte { return netbios.StatusQuery(netbiosID(nonce)) }

func netbiosID(nonce uint64) uint16 { return uint16(nonce >> 16) }

// netbiosReplies wants a response of the same id that bears one record of the
// name and kind that was asked for (RFC 1002 section 4.2.18).
func netbiosReplies(hello, b []byte) bool {
	const header = 12
	end := header + len(netbios.Any.Encoded()) + 4 // what stands in both
	return len(hello) == end && len(b) > end+6 && b[0] == hello[0] && b[1] == hello[1] && b[2]&0x80 != 0 &&
		bytes.Equal(b[header:end-2], hello[header:end-2])
}

// runNetBIOS asks for the names of the adapter.
func runNetBIOS(ctx context.Context, s *Session) (exposure.Service, error) {
	svc, _, err := s.netbiosStatus(ctx)
	return svc, err
}

// netbiosStatus asks for the names and tells what they mean.
func (s *Session) netbiosStatus(ctx context.Context) (exposure.Service, netbios.Status, error) {
	hello := netbiosHello(s.peer.nonce())
	reply, err := s.Exchange(ctx, hello, func(b []byte) bool { return netbiosReplies(hello, b) })
	if err != nil {
		return exposure.Service{}, netbios.Status{}, s.fail("ask", err)
	}
	svc := exposure.Service{Protocol: "netbios-ns", Confidence: exposure.Confirmed, Facts: exposure.Facts{}}
	status, err := netbios.ParseStatus(reply, binary.BigEndian.Uint16(hello))
	if err != nil {
		return svc, status, s.fail("read status", err)
	}
	netbiosFacts(svc.Facts, status)
	volley{sent: len(hello), received: len(reply), packets: 1}.keep(svc.Facts, "netbios-status")
	return svc, status, nil
}

// netbiosFacts keeps what a node tells: each name with its kind and meaning.
func netbiosFacts(facts exposure.Facts, status netbios.Status) {
	var names []string
	for _, h := range status.Names {
		names = append(names, netbiosShown(h))
	}
	facts["names"] = texts(names, len(names))
	for name, value := range map[string]string{"computer": status.Computer(), "workgroup": status.Workgroup()} {
		if value != "" {
			facts[name] = untrusted.New(value, maxFact)
		}
	}
	if users := status.Users(); len(users) > 0 {
		facts["users"] = texts(users, len(users))
	}
	if status.MAC != [6]byte{} {
		facts["mac"] = untrusted.New(net.HardwareAddr(status.MAC[:]).String(), maxFact)
	}
	facts["domain_controller"] = status.Is(netbios.Controllers)
	facts["master_browser"] = status.Is(netbios.MasterBrowser)
}

// netbiosShown is a name as nbtstat and nmblookup write it, with what it means.
func netbiosShown(h netbios.Held) string {
	text := strings.NewReplacer("\x01", "", "\x02", "").Replace(h.Text)
	shown := fmt.Sprintf("%s<%02x>", text, h.Suffix)
	if h.Group {
		shown += " group"
	}
	if m := h.Meaning(); m != netbios.Unknown {
		shown += " " + string(m)
	}
	if h.Conflict {
		shown += " conflict"
	}
	return shown
}
