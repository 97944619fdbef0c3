package probe

import (
	"context"
	"encoding/binary"
	"fmt"
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
		"offline":     {"765", minecraftSays("\x02" + strings.Repeat("\x00", 16) + "\x04name\x00"), "minecraft-status ok, minecraft-login failed minecraft-offline", exposure.Facts{"online_mode": false}},
		"compresses":  {"767", minecraftSays("\x03\x80\x02"), "minecraft-status ok, minecraft-login failed minecraft-offline", exposure.Facts{"online_mode": false}},
		"list":        {"767", minecraftSays("\x00" + minecraftText(`{"translate":"multiplayer.disconnect.not_whitelisted"}`)), "minecraft-status ok, minecraft-login failed minecraft-offline", exposure.Facts{"online_mode": false, "allow_list": true}},
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

// httpSays is an answer over HTTP.
func httpSays(status, body string, header ...string) []directive {
	return says("HTTP/1.1 " + status + "\r\n" + strings.Join(append(header, "Content-Type: application/json", fmt.Sprintf("Content-Length: %d", len(body))), "\r\n") + "\r\n\r\n" + body)
}

// plainly says that TLS does not come first: a server without it is tested.
var plainly = new(bool)

// TestAPIs holds what is asked of APIs that no package of Debian serves, as their
// documents have it, as nobody and as a user.
func TestAPIs(t *testing.T) {
	user := func(o TestOptions) TestOptions {
		o.User, o.Password = "elastic", func() (string, error) { return "top secret", nil }
		return o
	}
	o := TestOptions{Secure: plainly}
	missing := httpSays("404 Not Found", `{"message":"page not found"}`, "Server: Docker/24.0.7 (linux)", "Api-Version: 1.43")
	version := httpSays("200 OK", `{"Version":"24.0.7","ApiVersion":"1.43","Os":"linux","Arch":"amd64","KernelVersion":"6.1.0"}`)
	status := `{"kind":"Status","apiVersion":"v1","status":"Failure","code":403}`
	kubernetes := httpSays("200 OK", `{"gitVersion":"v1.28.4"}`)
	elastic := httpSays("200 OK", `{"name":"n","cluster_name":"c","version":{"number":"8.11.0","lucene_version":"9.8.0"}}`, "X-Elastic-Product: Elasticsearch")
	locked := httpSays("401 Unauthorized", `{"error":{}}`, `WWW-Authenticate: Basic realm="security" charset="UTF-8"`, "X-Elastic-Product: Elasticsearch")
	for name, tc := range map[string]struct {
		test    string
		o       TestOptions
		scripts [][]directive
		steps   string
		fact    string
		value   any
	}{
		"docker":         {"docker", o, [][]directive{missing, version, httpSays("200 OK", `[{"Id":"a"},{"Id":"b"}]`)}, "api-root ok, docker-containers ok", "containers", 2},
		"docker_garbled": {"docker", o, [][]directive{missing, version, httpSays("200 OK", `[{"Id":`)}, "api-root ok, docker-containers ok", "containers", nil},
		"docker_broken":  {"docker", o, [][]directive{missing, version, httpSays("500 Internal Server Error", `{}`)}, "api-root ok, docker-containers failed", "containers", nil},
		"docker_login":   {"docker", user(o), [][]directive{missing, version, httpSays("200 OK", `[]`)}, "api-root ok, api-login skipped no-login, docker-containers ok", "containers", 0},
		"kubernetes_open": {"kubernetes", o, [][]directive{
			httpSays("403 Forbidden", status), kubernetes, httpSays("200 OK", `{"kind":"NamespaceList","items":[]}`),
			httpSays("200 OK", `{"kind":"NamespaceList","items":[{},{},{}]}`), httpSays("403 Forbidden", status),
		}, "api-root ok, kubernetes-namespaces ok, kubernetes-secrets refused", "namespaces", 3},
		"kubernetes_locked": {"kubernetes", o, [][]directive{
			httpSays("403 Forbidden", status), kubernetes, httpSays("403 Forbidden", status), httpSays("403 Forbidden", status), httpSays("403 Forbidden", status),
		}, "api-root ok, kubernetes-namespaces refused, kubernetes-secrets refused", "password_required", true},
		"elasticsearch":        {"elasticsearch", o, [][]directive{elastic, httpSays("200 OK", `[{"index":"a"}]`)}, "api-root ok, elasticsearch-indices ok", "indices", 1},
		"elasticsearch_locked": {"elasticsearch", o, [][]directive{locked, locked}, "api-root ok, elasticsearch-indices refused", "password_required", true},
		"elasticsearch_login":  {"elasticsearch", user(o), [][]directive{locked, httpSays("200 OK", `[]`)}, "api-root ok, elasticsearch-indices ok", "indices", 0},
		"another":              {"elasticsearch", o, [][]directive{missing, version}, "api-root failed other-api", "indices", nil},
		"a_page":               {"docker", o, [][]directive{httpSays("200 OK", "<title>x</title>")}, "api-root failed other-api", "containers", nil},
	} {
		t.Run(name, func(t *testing.T) {
			out, steps := playTest(t, tc.test, tc.o, tc.scripts...)
			if steps != tc.steps || out.Service.Facts[tc.fact] != tc.value {
				t.Errorf("steps %q, want %q; %s is %v, want %v; error %q", steps, tc.steps, tc.fact, out.Service.Facts[tc.fact], tc.value, out.Service.Error)
			}
			holdStoreTest(t, out)
		})
	}
}

// TestMongoDBInDepth holds the test to the recordings, no server being in Debian.
func TestMongoDBInDepth(t *testing.T) {
	for recorded, want := range map[string]string{
		"happy-open": "mongodb-hello ok, mongodb-databases ok", "happy-password": "mongodb-hello ok, mongodb-databases refused",
	} {
		r := readRecording(t, "testdata/mongodb/"+recorded+".txt")
		if out, steps := playTest(t, "mongodb", TestOptions{}, r.scripts...); steps != want {
			t.Errorf("%s: steps %q, want %q; error %q", recorded, steps, want, out.Service.Error)
		}
	}
}

// TestIRCProducts holds how servers name themselves: those of Debian 12 as they
// do, the others after their sources.
func TestIRCProducts(t *testing.T) {
	for said, want := range map[string]string{
		"Your host is home.example, running version InspIRCd-3":                                  "InspIRCd 3",
		"Your host is home.example, running version ngircd-26.1 (x86_64/pc/linux-gnu)":           "ngIRCd 26.1",
		"Your host is home.example[0.0.0.0/6668], running version ircd-hybrid-1:8.2.43+dfsg.1-1": "ircd-hybrid 8.2.43",
		"Your host is home.example[0.0.0.0/6668], running version hybrid-8.2.24":                 "ircd-hybrid 8.2.24",
		"Host localhost is running BitlBee 3.6-1.3.":                                             "BitlBee 3.6",
		"Your host is home.example, running version UnrealIRCd-6.1.2":                            "UnrealIRCd 6.1.2",
		"Your host is home.example, running version Unreal3.2.10.4":                              "UnrealIRCd 3.2.10.4",
		"Your host is home.example[192.0.2.1/6667], running version solanum-1.0-dev":             "Solanum 1.0",
		"Your host is home.example[192.0.2.1/6667], running version charybdis-4.1.2":             "Charybdis 4.1.2",
		"Your host is home.example, running version ergo-v2.11.1":                                "Ergo 2.11.1",
		"Your host is home.example, running version u2.10.12.19":                                 "ircu 2.10.12.19",
		"Your host is home.example, running version 2.11.2p3":                                    "IRCnet ircd 2.11.2p3",
		"Your host is home.example, running version miniircd-2.1":                                "miniircd 2.1",
		"irc.znc.in": "ZNC",
	} {
		product, version := match(ircProducts, said)
		if got := strings.TrimSpace(product.Raw() + " " + version.Raw()); got != want {
			t.Errorf("%s: %q, want %q", said, got, want)
		}
	}
}

// TestAPIsInTLS holds that an API is met inside TLS where it hangs up without.
func TestAPIsInTLS(t *testing.T) {
	inside := append([]directive{{"T:", "http/1.1"}}, httpSays("200 OK", `{"name":"n","cluster_name":"c","version":{"number":"8.11.0","lucene_version":"9.8.0"}}`, "X-Elastic-Product: Elasticsearch")...)
	scripts := [][]directive{{{"C?", ""}}}
	for range 16 {
		scripts = append(scripts, inside)
	}
	out, steps := playTest(t, "elasticsearch", TestOptions{}, scripts...)
	if want := "tls-handshake ok, api-root ok, elasticsearch-indices ok"; steps != want || out.Service.TLS == nil || out.Service.Version.Raw() != "8.11.0" {
		t.Errorf("steps %q, want %q; %+v", steps, want, out.Service)
	}
}
