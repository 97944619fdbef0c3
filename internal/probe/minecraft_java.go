package probe

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"sekisho/internal/exposure"
	"sekisho/internal/untrusted"
	"sekisho/internal/wire/minecraft"
)

func init() {
	register(Probe{
		Name: "minecraft", Transport: exposure.TCP, Ports: []uint16{25565, 25566, 25567}, ClientFirst: true, Blind: 9,
		Run: runMinecraftJava, Tests: []Test{{Name: "minecraft", Port: 25565, Run: testMinecraftJava}},
	})
}

// minecraftJavaProducts name themselves before the version of the game.
var minecraftJavaProducts = []pattern{
	{"", regexp.MustCompile(`^(?P<product>Paper|Spigot|CraftBukkit|Purpur|Pufferfish|Folia|Leaves|Fabric|Forge|NeoForge|Sponge|Velocity|BungeeCord|Waterfall|FlameCord|Mohist|Arclight|Minestom|TCPShield|Glowstone)\b[ -]?(?P<version>\d[\w.-]*)?`)},
	{"Minecraft", regexp.MustCompile(`^(?P<version>\d+\.[\w.-]+(?: [\w-]+ \d+)?|\d\dw\d\d\w)$`)},
	{"Minecraft", regexp.MustCompile(``)},
}

// maxMinecraftNames bounds the names of players that are kept: servers tell
// twelve.
const maxMinecraftNames = 24

// runMinecraftJava asks for the status that the list of servers in the game shows.
func runMinecraftJava(ctx context.Context, s *Session) (exposure.Service, error) {
	svc, _, err := s.minecraftStatus(ctx)
	return svc, err
}

// minecraftHost is the name that a client thinks to be at: servers behind a relay
// go by it.
func (s *Session) minecraftHost() string {
	if s.peer.name != "" {
		return s.peer.name
	}
	return s.peer.at.Addr().WithZone("").String()
}

// minecraftStatus asks for the status, as a client of no version does.
func (s *Session) minecraftStatus(ctx context.Context) (exposure.Service, minecraft.Status, error) {
	c, err := s.Connect(ctx)
	if err != nil {
		return exposure.Service{}, minecraft.Status{}, err
	}
	defer c.Close()
	hello := append(minecraft.Handshake(-1, s.minecraftHost(), s.peer.at.Port(), minecraft.ToStatus), minecraft.StatusRequest()...)
	if _, err := c.Write(hello); err != nil {
		return exposure.Service{}, minecraft.Status{}, s.fail("ask for status", err)
	}
	id, body, err := minecraft.ReadPacket(c.r, c)
	var status minecraft.Status
	if err == nil {
		status, err = minecraft.ReadStatus(body)
	}
	if errors.Is(err, minecraft.ErrFormat) || err == nil && id != 0 {
		err = ErrProtocol
	}
	if err != nil {
		return exposure.Service{}, status, s.fail("ask for status", err)
	}
	svc := exposure.Service{
		Protocol: "minecraft", Confidence: exposure.Confirmed, Banner: untrusted.New(status.Version.Name, maxBanner),
		Facts: exposure.Facts{
			"players": status.Players.Online, "players_most": status.Players.Most,
			"protocol_version": untrusted.New(fmt.Sprint(status.Version.Protocol), 0),
		},
	}
	svc.Product, svc.Version = match(minecraftJavaProducts, status.Version.Name)
	if text := minecraft.Plain(status.Description); text != "" {
		svc.Facts["server_name"] = untrusted.New(text, maxFact)
	}
	var names []string
	for _, p := range status.Players.Sample {
		names = append(names, p.Name)
	}
	if len(names) > 0 {
		svc.Facts["player_names"] = texts(names, maxMinecraftNames)
	}
	if len(status.Forge) > 0 || len(status.ModInfo) > 0 {
		svc.Facts["mods"] = true
	}
	if status.SecureChat {
		svc.Facts["online_mode"] = true
	}
	return svc, status, nil
}

// testMinecraftJava asks for the status and whether the server has the names of
// players checked: it begins a login and leaves before it could be let in.
func testMinecraftJava(ctx context.Context, s *Session, t *Trial) (exposure.Service, error) {
	svc, status, err := s.minecraftStatus(ctx)
	t.Step(storesStep("minecraft-status", "status", svc.Banner, err))
	if err != nil {
		return svc, err
	}
	step := exposure.Step{ID: "minecraft-login", Result: exposure.StepSkipped, Why: "minecraft-would-join"}
	if status.Version.Protocol < minecraft.LoginWaits {
		t.Step(step)
		return svc, nil
	}
	step, err = s.minecraftLogin(ctx, status.Version.Protocol, &svc)
	t.Step(step)
	return svc, err
}

// The packets of a login that a server may answer with.
const (
	minecraftDisconnect  = 0
	minecraftEncryption  = 1
	minecraftLetIn       = 2
	minecraftCompression = 3
	minecraftPlugin      = 4
)

var (
	minecraftUnlisted = regexp.MustCompile(`(?i)not_whitelisted|white-?list|allow-?list`)
	minecraftBehind   = regexp.MustCompile(`(?i)velocity|bungee|proxy|forward`)
)

// minecraftLogin names a player that is nobody's. A server that has names checked
// asks for encryption; one that has not lets us in, or looks into its list. Until
// the client says a word more, nobody is in the world.
func (s *Session) minecraftLogin(ctx context.Context, version int32, svc *exposure.Service) (exposure.Step, error) {
	name := fmt.Sprintf("sekisho_%06d", s.peer.nonce()%1_000_000)
	step := exposure.Step{ID: "minecraft-login", Asked: "login " + name}
	fail := func(err error) (exposure.Step, error) {
		if errors.Is(err, minecraft.ErrFormat) {
			err = ErrProtocol
		}
		step.Result, step.Detail = exposure.StepFailed, untrusted.New(cause(err).Error(), maxErrorText).Terminal()
		return step, s.fail("login", err)
	}
	c, err := s.Connect(ctx)
	if err != nil {
		return fail(err)
	}
	defer c.Close()
	hello := append(minecraft.Handshake(version, s.minecraftHost(), s.peer.at.Port(), minecraft.ToLogin), minecraft.LoginStart(name)...)
	if _, err := c.Write(hello); err != nil {
		return fail(err)
	}
	id, body, err := minecraft.ReadPacket(c.r, c)
	if err != nil {
		return fail(err)
	}
	step.Result = exposure.StepOK
	switch id {
	case minecraftEncryption:
		step.Said = untrusted.New("online-mode=true", 0)
		svc.Facts["online_mode"] = true
	case minecraftLetIn, minecraftCompression:
		step.Result, step.Why = exposure.StepFailed, "minecraft-offline" // it ought to check
		svc.Facts["online_mode"] = false
	case minecraftPlugin: // a server behind a proxy asks for what the proxy adds
		step.Said = untrusted.New("behind a proxy", 0)
		svc.Facts["behind_proxy"] = true
	case minecraftDisconnect:
		text, ok := minecraft.Text(body)
		if !ok {
			return fail(ErrProtocol)
		}
		step.Said = untrusted.New(minecraft.Plain(json.RawMessage(strings.TrimSpace(text))), maxFact)
		s.minecraftRefused(&step, svc)
	default:
		return fail(ErrProtocol)
	}
	return step, nil
}

// minecraftRefused judges the words with which a server turned us away before it
// asked for encryption.
func (s *Session) minecraftRefused(step *exposure.Step, svc *exposure.Service) {
	step.Result = exposure.StepRefused
	switch words := step.Said.Raw(); {
	case minecraftBehind.MatchString(words):
		svc.Facts["behind_proxy"] = true
	case minecraftUnlisted.MatchString(words):
		step.Result, step.Why = exposure.StepFailed, "minecraft-offline"
		svc.Facts["online_mode"], svc.Facts["allow_list"] = false, true
	}
	svc.Facts["refused"] = step.Said
}
