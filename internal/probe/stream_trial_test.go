package probe

import (
	"context"
	"encoding/binary"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"sekisho/internal/exposure"
)

func init() {
	storeTests = append(storeTests, "irc", "minecraft", "amqp", "nats", "memcached", "mongodb", "x11", "lpd", "finger", "ident", "nntp", "rlogin", "rsh",
		"docker", "elasticsearch", "etcd", "kubernetes")
}

// playTest runs a test against a player of scripts, one for each connection, and
// returns the outcome with the steps as "id result why".
func playTest(t *testing.T, name string, o TestOptions, scripts ...[]directive) (Outcome, string) {
	t.Helper()
	var out Outcome
	synctest.Test(t, func(t *testing.T) {
		end := time.Now().Add(DefaultTestTimeout)
		ctx, cancel := context.WithDeadline(t.Context(), end)
		defer cancel()
		test, p, ok := testNamed(name)
		if !ok {
			t.Fatalf("no test %s", name)
		}
		play := &player{t: t, end: end, scripts: scripts}
		out = runTest(ctx, play.peer(exposure.TCP, netip.AddrPortFrom(netip.MustParseAddr("192.0.2.7"), test.Port), "home.example"), p, test, o)
		cancel()
		play.servers.Wait()
	})
	var steps []string
	for _, s := range out.Steps {
		steps = append(steps, strings.TrimSpace(s.ID+" "+s.Result.String()+" "+s.Why))
	}
	return out, strings.Join(steps, ", ")
}

// says is a server that hears something and says a text.
func says(text string) []directive { return []directive{{"C?", ""}, {"S:", text}, {"...", ""}} }

// minecraftSays is one packet of a server.
func minecraftSays(body string) string {
	return string(binary.AppendUvarint(nil, uint64(len(body)))) + body
}

func minecraftText(s string) string { return string(binary.AppendUvarint(nil, uint64(len(s)))) + s }

// TestMinecraftLogin holds what the first packet of a login tells. No real server
// can be had.
func TestMinecraftLogin(t *testing.T) {
	status := func(version string) []directive {
		return says(minecraftSays("\x00" + minecraftText(`{"version":{"name":"x","protocol":`+version+`},"players":{"max":20,"online":0}}`)))
	}
	for name, tc := range map[string]struct {
		version, login, steps string
		facts                 exposure.Facts
	}{
		"online":      {"765", minecraftSays("\x01\x00\xa2\x01key"), "minecraft-status ok, minecraft-login ok", exposure.Facts{"online_mode": true}},
		"offline":     {"765", minecraftSays("\x02" + strings.Repeat("\x00", 16) + "\x04name\x00"), "minecraft-status ok, minecraft-login refused minecraft-offline", exposure.Facts{"online_mode": false}},
		"compresses":  {"767", minecraftSays("\x03\x80\x02"), "minecraft-status ok, minecraft-login refused minecraft-offline", exposure.Facts{"online_mode": false}},
		"list":        {"767", minecraftSays("\x00" + minecraftText(`{"translate":"multiplayer.disconnect.not_whitelisted"}`)), "minecraft-status ok, minecraft-login refused minecraft-offline", exposure.Facts{"online_mode": false, "allow_list": true}},
		"velocity":    {"767", minecraftSays("\x04\x01\x14velocity:player_info"), "minecraft-status ok, minecraft-login ok", exposure.Facts{"behind_proxy": true}},
		"bungee":      {"767", minecraftSays("\x00" + minecraftText(`"If you wish to use IP forwarding, please enable it in your BungeeCord config as well!"`)), "minecraft-status ok, minecraft-login refused", exposure.Facts{"behind_proxy": true}},
		"throttled":   {"767", minecraftSays("\x00" + minecraftText(`{"text":"Connection throttled! Please wait before reconnecting."}`)), "minecraft-status ok, minecraft-login refused", exposure.Facts{}},
		"would_join":  {"763", "", "minecraft-status ok, minecraft-login skipped minecraft-would-join", exposure.Facts{}},
		"no_packet":   {"765", "\xff\xff\xff\xff\xff\xff", "minecraft-status ok, minecraft-login failed", exposure.Facts{}},
		"other_words": {"765", minecraftSays("\x77"), "minecraft-status ok, minecraft-login failed", exposure.Facts{}},
	} {
		t.Run(name, func(t *testing.T) {
			out, steps := playTest(t, "minecraft", TestOptions{}, status(tc.version), says(tc.login))
			if steps != tc.steps {
				t.Errorf("steps %q, want %q; error %q", steps, tc.steps, out.Service.Error)
			}
			for _, fact := range []string{"online_mode", "allow_list", "behind_proxy"} {
				if out.Service.Facts[fact] != tc.facts[fact] {
					t.Errorf("%s is %v, want %v", fact, out.Service.Facts[fact], tc.facts[fact])
				}
			}
		})
	}
}
