package probe

import (
	"bytes"
	"encoding/binary"
	"strconv"
	"strings"

	"sekisho/internal/exposure"
	"sekisho/internal/untrusted"
)

func init() {
	register(Probe{Name: "minecraft", Transport: exposure.UDP, Ports: []uint16{25565}, Hello: minecraftHello, Match: minecraftReplies})
	register(Probe{
		Name: "raknet", Transport: exposure.UDP, Hello: raknetHello, Match: raknetReplies, Tell: raknetTell,
		// Minecraft's Bedrock edition, Don't Starve Together, Project Zomboid.
		Ports: []uint16{19132, 19133, 10999, 16261, 16262},
	})
}

// minecraftSession keeps the bits of a number that the server looks at.
const minecraftSession = 0x0f0f0f0f

// minecraftHello asks for the challenge of the Query protocol, which is off
// unless the owner switches it on, and not for the status that comes after it.
func minecraftHello(nonce uint64) []byte {
	return binary.BigEndian.AppendUint32([]byte{0xfe, 0xfd, 9}, uint32(nonce)&minecraftSession)
}

// minecraftReplies wants the same number and a challenge in digits.
func minecraftReplies(hello, b []byte) bool {
	const header = 5
	if len(hello) != 7 || len(b) < header+2 || len(b) > header+12 || b[0] != 9 || !bytes.Equal(b[1:header], hello[3:]) {
		return false
	}
	digits := bytes.TrimPrefix(bytes.TrimSuffix(b[header:], []byte{0}), []byte("-"))
	return len(digits) > 0 && len(bytes.Trim(digits, "0123456789")) == 0
}

// raknetMagic marks RakNet's messages outside of a connection.
var raknetMagic = []byte{0x00, 0xff, 0xff, 0x00, 0xfe, 0xfe, 0xfe, 0xfe, 0xfd, 0xfd, 0xfd, 0xfd, 0x12, 0x34, 0x56, 0x78}

// raknetHello is an unconnected ping: our time, which comes back, the mark, and
// a number for us. It joins nothing.
func raknetHello(nonce uint64) []byte {
	b := binary.BigEndian.AppendUint64([]byte{1}, nonce)
	return append(append(b, raknetMagic...), noise(nonce, 8)...)
}

// raknetReplies wants the unconnected pong with our time.
func raknetReplies(hello, b []byte) bool {
	const mark = 1 + 8 + 8 // behind the server's number
	return len(hello) > 9 && len(b) >= mark+len(raknetMagic) && b[0] == 0x1c && bytes.Equal(b[1:9], hello[1:9]) &&
		bytes.Equal(b[mark:mark+len(raknetMagic)], raknetMagic)
}

// raknetTell reads the words behind the mark: of Minecraft its edition, the
// server's name, protocol, version and players, with semicolons between them.
func raknetTell(reply []byte, svc *exposure.Service) {
	const words = 1 + 8 + 8 + 16 + 2 // behind the mark and a length
	if len(reply) <= words {
		return
	}
	svc.Banner = untrusted.New(reply[words:], maxBanner)
	fields := strings.Split(svc.Banner.Raw(), ";")
	if len(fields) < 6 || fields[0] != "MCPE" && fields[0] != "MCEE" {
		return
	}
	svc.Product, svc.Version = untrusted.New("Minecraft Bedrock", 0), untrusted.New(fields[3], maxProduct)
	svc.Facts["server_name"] = untrusted.New(fields[1], maxFact)
	for i, fact := range map[int]string{4: "players", 5: "players_most"} {
		if n, err := strconv.Atoi(fields[i]); err == nil {
			svc.Facts[fact] = n
		}
	}
}
