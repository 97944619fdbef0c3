package probe

import (
	"context"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"sekisho/internal/exposure"
)

// storeTests are the tests of databases, queues and shares.
var storeTests = []string{"mysql", "postgresql", "redis", "mqtt", "rsync", "nfs", "ipp"}

// runStoreTest runs a test as a user with a password.
func runStoreTest(ctx context.Context, t *testing.T, name string, at *peer) Outcome {
	t.Helper()
	test, p, ok := testNamed(name)
	if !ok {
		t.Fatalf("no test %s", name)
	}
	return runTest(ctx, at, p, test, TestOptions{
		User: "app", Password: func() (string, error) { return "top secret", nil }, Values: map[string][]string{"module": {"private"}},
	})
}

// holdStoreTest holds what is true of every end: it is told in a step, nothing
// in it acts on a terminal, and the password stands nowhere.
func holdStoreTest(t *testing.T, out Outcome) {
	t.Helper()
	if len(out.Steps) == 0 {
		t.Error("no step was told")
	}
	inert(t, out.Service.Error)
	for _, s := range out.Steps {
		inert(t, s.Detail+s.Asked+s.Said.String())
		if strings.Contains(s.Asked+s.Detail, "top secret") {
			t.Errorf("%s tells the password: %q %q", s.ID, s.Asked, s.Detail)
		}
	}
}

// TestStoreTestsMeetHostilePeers gives each test a server that is silent, hangs
// up, sends without end or says what is no text.
func TestStoreTestsMeetHostilePeers(t *testing.T) {
	for _, name := range storeTests {
		for kind, script := range map[string][]directive{
			"silent": {{"...", ""}}, "hangup": {{"C?", ""}}, "resets": {{"C?", ""}, {"RST", ""}},
			"endless": {{"S*", strings.Repeat("A", 512)}}, "garbled": {{"S:", "\xff\xfe\x00\x80\r\n\x00\x00"}}, "trickle": {{"S1", "AAAAAAAA"}},
		} {
			t.Run(name+"/"+kind, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					end := time.Now().Add(DefaultTestTimeout)
					ctx, cancel := context.WithDeadline(t.Context(), end)
					defer cancel()
					test, _, _ := testNamed(name)
					play := &player{t: t, end: end, always: script}
					out := runStoreTest(ctx, t, name, play.peer(exposure.TCP, netip.AddrPortFrom(netip.MustParseAddr("192.0.2.7"), test.Port), "home.example"))
					cancel()
					play.servers.Wait()
					holdStoreTest(t, out)
					if slices.ContainsFunc(out.Steps, func(s exposure.Step) bool { return s.Result == exposure.StepOK }) || out.Service.Error == "" {
						t.Errorf("%+v, error %q", out.Steps, out.Service.Error)
					}
				})
			})
		}
	}
}

// FuzzStoreTests runs the tests against a peer that says anything.
func FuzzStoreTests(f *testing.F) {
	for _, folder := range []string{"mysql", "postgresql", "redis", "mqtt", "rsync", "rpcbind", "ipp"} {
		addRecorded(f, folder)
	}
	// Logins that go well up to some point.
	f.Add([]byte("+PONG\r\n+OK\r\n$20\r\nredis_version:7.0.15\r\n*2\r\n$3\r\ndir\r\n$4\r\n/tmp\r\n:7\r\n"))
	f.Add([]byte("N" + "R\x00\x00\x00\x17\x00\x00\x00\x0aSCRAM-SHA-256\x00\x00" + "R\x00\x00\x00\x20\x00\x00\x00\x0br=x,s=AAAA,i=4096AAAAAAAA"))
	f.Add([]byte("\x20\x02\x00\x00\x90\x03\x00\x02\x00\x30\x05\x00\x01axx"))
	f.Fuzz(func(t *testing.T, said []byte) {
		for _, name := range storeTests {
			ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
			holdStoreTest(t, runStoreTest(ctx, t, name, fixedPeer(said)))
			cancel()
		}
	})
}

// TestStoreProofs holds the proofs of passwords to examples of others: RFC 7677
// section 3, and what MariaDB 10.11 took (the login of the lab holds that too).
func TestStoreProofs(t *testing.T) {
	const (
		first  = "n=user,r=rOprNGfwEbeRWgbNEkqO"
		server = "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"
		want   = "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="
	)
	if got, err := postgresqlScram(first, "rOprNGfwEbeRWgbNEkqO", server, "pencil"); got != want || err != nil {
		t.Errorf("%q, %v", got, err)
	}
	for name, lie := range map[string]string{
		"work without end": strings.Replace(server, "i=4096", "i=2000000000", 1), "no work": strings.Replace(server, "i=4096", "i=0", 1),
		"nonce of another": strings.Replace(server, "r=r", "r=x", 1), "nonce of ours alone": "r=rOprNGfwEbeRWgbNEkqO,s=AAAA,i=4096", "no salt": "r=rOprNGfwEbeRWgbNEkqOx,s=?,i=1",
	} {
		if got, err := postgresqlScram(first, "rOprNGfwEbeRWgbNEkqO", lie, "pencil"); err == nil {
			t.Errorf("%s: answered %q", name, got)
		}
	}
	if proof, ok := mysqlProof("mysql_native_password", "", nil); len(proof) > 0 || !ok {
		t.Errorf("an empty password has the proof %x", proof)
	}
	if _, ok := mysqlProof("mysql_clear_password", "x", nil); ok {
		t.Error("a password would go readable")
	}
}
