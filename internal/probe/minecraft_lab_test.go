//go:build linux && lab

package probe_test

import (
	"bufio"
	"context"
	"encoding/binary"
	"io"
	"net"
	"testing"

	"sekisho/internal/exposure"
	"sekisho/internal/lab"
	"sekisho/internal/probe"
	"sekisho/internal/wire/minecraft"
)

// minecraftPacket is one packet of a server.
func minecraftPacket(body ...byte) []byte {
	return append(binary.AppendUvarint(nil, uint64(len(body))), body...)
}

// minecraftServer stands in for a server of the Java edition, of which there is
// none in Debian: it hangs up on what is no packet, tells its status, and answers
// who logs in with one packet.
func minecraftServer(status string, login []byte) lab.Peer {
	text := append(binary.AppendUvarint([]byte{0}, uint64(len(status))), status...)
	return func(_ context.Context, c net.Conn) {
		r := bufio.NewReader(c)
		id, body, err := minecraft.ReadPacket(r, r)
		if err != nil || id != 0 || len(body) == 0 {
			return
		}
		next := body[len(body)-1]
		if _, _, err := minecraft.ReadPacket(r, r); err != nil {
			return
		}
		if next == minecraft.ToLogin {
			_, _ = c.Write(login)
		} else {
			_, _ = c.Write(minecraftPacket(text...))
		}
		_, _ = io.Copy(io.Discard, r) // until the client closes
	}
}

// TestMinecraft finds servers at the usual port and at another's, one that checks
// names and one that does not.
func TestMinecraft(t *testing.T) {
	l := lab.New(t)
	h := l.Home
	const status = `{"version":{"name":"Paper 1.21.1","protocol":767},"players":{"max":20,"online":0},"description":"Lab"}`
	lab.Serve(t, h.Listen(t, "tcp", ":25565"), minecraftServer(status, minecraftPacket(1, 0, 1, 'k', 1, 't')))
	lab.Serve(t, h.Listen(t, "tcp", ":30001"), minecraftServer(status, minecraftPacket(3, 0x80, 2)))
	for _, port := range []uint16{25565, 30001} {
		svc := identify(t, l.LAN, h.V6, exposure.TCP, port, found{protocol: "minecraft", product: "Paper", version: "1.21.1", facts: exposure.Facts{"players_most": 20}})
		told(t, svc, map[string]string{"server_name": "Lab"})
	}
	holdStoreSteps(t, l.LAN, h.V4, "minecraft", probe.TestOptions{}, "minecraft-status ok", "minecraft-login ok")
	holdStoreSteps(t, l.LAN, h.V4, "minecraft", at(30001, probe.TestOptions{}), "minecraft-status ok", "minecraft-login failed")
}
