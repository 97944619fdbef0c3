package store_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"sekisho/internal/exposure"
	"sekisho/internal/store"
	"sekisho/internal/untrusted"
)

// conform holds a store to what the interface says. Each part has a store of its
// own, by its URL.
func conform(t *testing.T, fresh func(t *testing.T) (url string)) {
	for name, part := range map[string]func(t *testing.T, s store.Store){
		"looks": looks, "batches": batches, "ends": ends, "writers": writers, "deletes": deletes,
		"expiry": expiry, "history": history, "dues": dues, "opt-outs": optOuts, "cancelled": cancelled,
	} {
		t.Run(name, func(t *testing.T) {
			s := opened(t, fresh(t))
			if err := s.Ready(t.Context()); err != nil {
				t.Fatalf("a new store is not ready: %v", err)
			}
			part(t, s)
		})
	}
	t.Run("reopened", func(t *testing.T) { reopened(t, fresh(t)) })
	t.Run("killed", func(t *testing.T) { killed(t, fresh(t)) })
}

func opened(t testing.TB, url string) store.Store {
	t.Helper()
	s, err := open(context.Background(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

var began = time.Date(2026, 11, 22, 7, 0, 0, 123456789, time.UTC)

// look is one with something in each field.
func look(id string, owner byte, started time.Time) exposure.Look {
	at := netip.MustParseAddr("2001:db8::7")
	return exposure.Look{
		ID: id, Owner: [32]byte{owner, 31: 0xff}, Kind: "grid", Runs: []string{"web", "23 \x00 'quoted'; DROP TABLE looks"}, State: exposure.LookOpen,
		Job: exposure.Job{
			ID: "J" + id, Attempt: 1, Address: at, TCP: exposure.PortList{1, 2, 3, 65535}, UDP: exposure.PortList{53}, Echo: true, Identify: true,
			Name: "home.example", Key: exposure.JobKey{1, 2, 3}, Deadline: began.Add(time.Minute),
			Grant: exposure.Grant{Kind: exposure.GrantOwn, Address: at, At: began, Consent: exposure.Consent{Text: "はい、調べてください", Scope: "1056 ports", At: began}},
		},
		Started: started, Expires: started.Add(30 * 24 * time.Hour),
	}
}

// batch is one with what hosts answer, who may answer anything.
func batch(attempt, number int) exposure.Batch {
	return exposure.Batch{
		Job: "J", Attempt: attempt, Number: number,
		Observations: []exposure.Observation{{Address: netip.MustParseAddr("2001:db8::7"), Transport: exposure.TCP, Port: uint16(number), State: exposure.Open, Reason: exposure.SynAck, View: exposure.ViewOutside, Vantage: "vantage", SeenAt: began}},
		Alike:        []exposure.AlikePorts{{Transport: exposure.TCP, Ports: exposure.PortList{2, 3, 4}, State: exposure.Filtered, Reason: exposure.NoResponse, Attempts: 3, SeenAt: began}},
		Services: []exposure.JobService{{Transport: exposure.TCP, Port: 22, Service: exposure.Service{
			Address: netip.MustParseAddr("2001:db8::7"), View: exposure.ViewOutside, Protocol: "ssh", Confidence: exposure.Confirmed,
			Banner: untrusted.New("SSH-2.0-\x00\x1b[31m<script>", 200), Facts: exposure.Facts{"root": true},
		}}},
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// same are the ways in which what comes back may differ: an empty list is none.
var same = cmp.Options{
	cmpopts.EquateEmpty(), cmp.Comparer(func(a, b netip.Addr) bool { return a == b }),
	cmp.Comparer(func(a, b untrusted.Text) bool { return a == b }),
}

func looks(t *testing.T, s store.Store) {
	ctx := t.Context()
	if _, err := s.Look(ctx, "none"); !errors.Is(err, exposure.ErrLookGone) {
		t.Errorf("a look that never was: %v", err)
	}
	want := look("L1", 1, began)
	must(t, s.AddLook(ctx, want))
	must(t, s.AddLook(ctx, want)) // again, as after an answer that got lost
	got, err := s.Look(ctx, "L1")
	must(t, err)
	if diff := cmp.Diff(want, got, same); diff != "" {
		t.Errorf("it came back changed:\n%s", diff)
	}
	other := look("L1", 2, began)
	if err := s.AddLook(ctx, other); err == nil {
		t.Error("a look of somebody else took the place of one that is there")
	}
	must(t, s.AddLook(ctx, exposure.Look{ID: "empty"}))
	got, err = s.Look(ctx, "empty")
	must(t, err)
	if !got.Started.IsZero() || !got.Expires.IsZero() || !got.Finished.IsZero() {
		t.Errorf("times out of nowhere: %+v", got)
	}
	open, err := s.OpenLooks(ctx)
	must(t, err)
	if len(open) != 1 || open[0].ID != "L1" {
		t.Errorf("open are %+v", open)
	}
}

func batches(t *testing.T, s store.Store) {
	ctx := t.Context()
	must(t, s.AddLook(ctx, look("L1", 1, began)))
	list, err := s.Batches(ctx, "L1")
	must(t, err)
	if len(list) != 0 {
		t.Errorf("%d batches before there was one", len(list))
	}
	for _, n := range []int{2, 1, 3, 2} { // in any order, and again
		must(t, s.AddBatch(ctx, "L1", batch(1, n)))
	}
	late := batch(1, 2)
	late.Done = true
	must(t, s.AddBatch(ctx, "L1", late)) // what is there already stays
	list, err = s.Batches(ctx, "L1")
	must(t, err)
	if diff := cmp.Diff([]exposure.Batch{batch(1, 1), batch(1, 2), batch(1, 3)}, list, same, cmpopts.IgnoreFields(exposure.Service{}, "Transport", "Port")); diff != "" {
		t.Errorf("they came back changed:\n%s", diff)
	}
	must(t, s.SetLook(ctx, "L1", exposure.LookRunning, 2, began))
	must(t, s.AddBatch(ctx, "L1", batch(2, 1)))
	must(t, s.AddBatch(ctx, "L1", batch(1, 4))) // of the attempt before
	list, err = s.Batches(ctx, "L1")
	must(t, err)
	if len(list) != 1 || list[0].Attempt != 2 {
		t.Errorf("of the last attempt: %+v", list)
	}
	large := exposure.Batch{Attempt: 2, Number: 2}
	for range 200 {
		o := batch(2, 2).Observations[0]
		o.Detail = strings.Repeat("x", 1024)
		large.Observations = append(large.Observations, o)
	}
	must(t, s.AddBatch(ctx, "L1", large))
	if _, err := s.Batches(ctx, "none"); !errors.Is(err, exposure.ErrLookGone) {
		t.Errorf("batches of a look that never was: %v", err)
	}
	if err := s.AddBatch(ctx, "none", batch(1, 1)); !errors.Is(err, exposure.ErrLookGone) {
		t.Errorf("a batch for a look that never was: %v", err)
	}
}

// ends: the end of an attempt is final, and only a later attempt begins anew.
func ends(t *testing.T, s store.Store) {
	ctx := t.Context()
	must(t, s.AddLook(ctx, look("L1", 1, began)))
	for i, step := range []struct {
		state   exposure.LookState
		attempt int
		want    exposure.LookState
		ended   bool
		open    int
	}{
		{exposure.LookRunning, 1, exposure.LookRunning, false, 1},
		{exposure.LookDone, 1, exposure.LookDone, true, 0},
		{exposure.LookRunning, 1, exposure.LookDone, true, 0},
		{exposure.LookInterrupted, 1, exposure.LookDone, true, 0},
		{exposure.LookRunning, 2, exposure.LookRunning, false, 1},
		{exposure.LookDone, 1, exposure.LookRunning, false, 1},
		{exposure.LookInterrupted, 2, exposure.LookInterrupted, true, 0},
	} {
		must(t, s.SetLook(ctx, "L1", step.state, step.attempt, began.Add(time.Minute)))
		got, err := s.Look(ctx, "L1")
		must(t, err)
		if got.State != step.want || got.Finished.Equal(began.Add(time.Minute)) != step.ended || got.Started != began {
			t.Errorf("step %d: %s, finished %s", i, got.State, got.Finished)
		}
		open, err := s.OpenLooks(ctx)
		must(t, err)
		if len(open) != step.open {
			t.Errorf("step %d: %d are open", i, len(open))
		}
	}
	if err := s.SetLook(ctx, "none", exposure.LookDone, 1, began); !errors.Is(err, exposure.ErrLookGone) {
		t.Errorf("the end of a look that never was: %v", err)
	}
}

// writers: many at once, each batch by two of them, while others read.
func writers(t *testing.T, s store.Store) {
	ctx := t.Context()
	const many, each = 24, 12
	var wait sync.WaitGroup
	for i := range many {
		id := fmt.Sprintf("L%d", i)
		must(t, s.AddLook(ctx, look(id, 1, began.Add(time.Duration(i)))))
		for range 2 {
			wait.Go(func() {
				for n := 1; n <= each; n++ {
					if err := s.AddBatch(ctx, id, batch(1, n)); err != nil {
						t.Error(err)
					}
				}
				if err := s.SetLook(ctx, id, exposure.LookDone, 1, began); err != nil {
					t.Error(err)
				}
			})
		}
		wait.Go(func() {
			if _, err := s.Batches(ctx, id); err != nil {
				t.Error(err)
			}
			if _, err := s.OwnedLooks(ctx, look("", 1, began).Owner, time.Time{}, 10); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	for i := range many {
		list, err := s.Batches(ctx, fmt.Sprintf("L%d", i))
		must(t, err)
		if len(list) != each {
			t.Errorf("look %d has %d batches, want %d", i, len(list), each)
		}
	}
	open, err := s.OpenLooks(ctx)
	must(t, err)
	if len(open) != 0 {
		t.Errorf("%d are open", len(open))
	}
}

func deletes(t *testing.T, s store.Store) {
	ctx := t.Context()
	for _, id := range []string{"L1", "L2"} {
		must(t, s.AddLook(ctx, look(id, 1, began)))
		must(t, s.AddBatch(ctx, id, batch(1, 1)))
	}
	must(t, s.DeleteLook(ctx, "L1"))
	for what, err := range map[string]error{
		"delete again": s.DeleteLook(ctx, "L1"), "a batch": s.AddBatch(ctx, "L1", batch(1, 2)),
		"its end": s.SetLook(ctx, "L1", exposure.LookDone, 1, began),
	} {
		if !errors.Is(err, exposure.ErrLookGone) {
			t.Errorf("%s of a look that was deleted: %v", what, err)
		}
	}
	if _, err := s.Batches(ctx, "L1"); !errors.Is(err, exposure.ErrLookGone) {
		t.Errorf("its batches: %v", err)
	}
	must(t, s.AddLook(ctx, look("L1", 1, began))) // by the same id: nothing of the old one comes back
	list, err := s.Batches(ctx, "L1")
	must(t, err)
	other, err := s.Batches(ctx, "L2")
	must(t, err)
	if len(list) != 0 || len(other) != 1 {
		t.Errorf("%d batches after it was deleted, %d of another one", len(list), len(other))
	}
}

func expiry(t *testing.T, s store.Store) {
	ctx := t.Context()
	for i := range 450 { // more than one transaction removes
		must(t, s.AddLook(ctx, exposure.Look{ID: fmt.Sprintf("L%d", i), State: exposure.LookDone, Expires: began.Add(time.Duration(i) * time.Hour)}))
	}
	must(t, s.AddLook(ctx, exposure.Look{ID: "forever", State: exposure.LookDone}))
	n, err := s.Forget(ctx, began.Add(430*time.Hour))
	must(t, err)
	if n != 431 {
		t.Errorf("%d were forgotten, want 431", n)
	}
	for id, there := range map[string]bool{"L0": false, "L430": false, "L431": true, "forever": true} {
		if _, err := s.Look(ctx, id); (err == nil) != there {
			t.Errorf("%s: %v", id, err)
		}
	}
}

// history: ten thousand looks, of which somebody has a page.
func history(t *testing.T, s store.Store) {
	ctx := t.Context()
	fill(t, s, 10000)
	owner := look("", 7, began).Owner
	var ids []string
	for before := (time.Time{}); ; {
		page, err := s.OwnedLooks(ctx, owner, before, 30)
		must(t, err)
		if len(page) == 0 {
			break
		}
		for _, l := range page {
			ids = append(ids, l.ID)
		}
		before = page[len(page)-1].Started
	}
	if len(ids) != 100 {
		t.Fatalf("%d looks of one owner, want 100", len(ids))
	}
	for i := range ids {
		if want := fmt.Sprintf("H%d", 9907-100*i); ids[i] != want {
			t.Fatalf("the %dth of the newest is %s, want %s", i, ids[i], want)
		}
	}
}

// fill keeps many looks of a hundred owners in turn.
func fill(t testing.TB, s store.Store, many int) {
	var wait sync.WaitGroup
	next := make(chan int)
	for range 64 {
		wait.Go(func() {
			for i := range next {
				l := look(fmt.Sprintf("H%d", i), byte(i%100), began.Add(time.Duration(i)*time.Second))
				l.State = exposure.LookDone
				if err := s.AddLook(context.Background(), l); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for i := range many {
		next <- i
	}
	close(next)
	wait.Wait()
}

func dues(t *testing.T, s store.Store) {
	ctx := t.Context()
	a, b := netip.MustParsePrefix("192.0.2.7/32"), netip.MustParsePrefix("2001:db8::/64")
	must(t, s.SaveDues(ctx, map[netip.Prefix]time.Time{a: began, b: began.Add(time.Hour)}))
	must(t, s.SaveDues(ctx, map[netip.Prefix]time.Time{a: began.Add(time.Minute), b: began})) // an earlier time gives nothing back
	got, err := s.Dues(ctx)
	must(t, err)
	if want := map[netip.Prefix]time.Time{a: began.Add(time.Minute), b: began.Add(time.Hour)}; !cmp.Equal(want, got, cmp.Comparer(func(a, b netip.Prefix) bool { return a == b })) {
		t.Errorf("%v, want %v", got, want)
	}
	_, err = s.Forget(ctx, began.Add(30*time.Minute))
	must(t, err)
	if got, err = s.Dues(ctx); err != nil || len(got) != 1 {
		t.Errorf("%v, %v after one is over", got, err)
	}
}

// optOuts: each once, in order, with what was last said of it.
func optOuts(t *testing.T, s store.Store) {
	ctx := t.Context()
	one := func(network, why string, after time.Duration) exposure.OptOut {
		return exposure.OptOut{Network: netip.MustParsePrefix(network), Since: began.Add(after).UTC(), Why: why}
	}
	if list, err := s.OptOuts(ctx); err != nil || len(list) != 0 {
		t.Errorf("a new store: %v, %v", list, err)
	}
	for _, o := range []exposure.OptOut{
		one("2001:db8::/32", "依頼により", 0), one("198.51.100.7/32", "", 0), one("192.0.2.0/24", "ticket 1", 0), one("192.0.2.0/24", "ticket 2'; --", time.Hour),
	} {
		must(t, s.AddOptOut(ctx, o))
	}
	same := cmp.Comparer(func(a, b netip.Prefix) bool { return a == b })
	want := []exposure.OptOut{one("192.0.2.0/24", "ticket 2'; --", time.Hour), one("198.51.100.7/32", "", 0), one("2001:db8::/32", "依頼により", 0)}
	if got, err := s.OptOuts(ctx); err != nil || !cmp.Equal(want, got, same) {
		t.Errorf("%v\n%s", err, cmp.Diff(want, got, same))
	}
	for i, want := range []bool{true, false} {
		if there, err := s.RemoveOptOut(ctx, netip.MustParsePrefix("192.0.2.0/24")); err != nil || there != want {
			t.Errorf("removed %d times: %v, %v", i+1, there, err)
		}
	}
	if got, err := s.OptOuts(ctx); err != nil || len(got) != 2 {
		t.Errorf("%v, %v", got, err)
	}
}

// cancelled: who goes away takes nobody else's write with them.
func cancelled(t *testing.T, s store.Store) {
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.AddLook(gone, look("L1", 1, began)); err == nil {
		t.Error("it was kept for somebody who is gone")
	}
	var wait sync.WaitGroup
	for i := range 40 {
		ctx := t.Context()
		if i%2 == 0 {
			short, cancel := context.WithTimeout(ctx, time.Duration(i)*50*time.Microsecond)
			defer cancel()
			ctx = short
		}
		wait.Go(func() {
			err := s.AddLook(ctx, look(fmt.Sprintf("C%d", i), 1, began))
			if err != nil && i%2 == 1 {
				t.Errorf("look %d: %v", i, err)
			}
		})
	}
	wait.Wait()
	for i := 1; i < 40; i += 2 {
		_, err := s.Look(t.Context(), fmt.Sprintf("C%d", i))
		must(t, err)
	}
}

func reopened(t *testing.T, url string) {
	ctx := t.Context()
	s, err := open(ctx, url)
	must(t, err)
	must(t, s.AddLook(ctx, look("L1", 1, began)))
	must(t, s.AddBatch(ctx, "L1", batch(1, 1)))
	must(t, s.SaveDues(ctx, map[netip.Prefix]time.Time{netip.MustParsePrefix("::/0"): began}))
	must(t, s.Close())
	if err := s.AddLook(ctx, look("L2", 1, began)); err == nil {
		t.Error("it keeps after it was closed")
	}
	s = opened(t, url)
	got, err := s.Look(ctx, "L1")
	must(t, err)
	list, err := s.Batches(ctx, "L1")
	must(t, err)
	due, err := s.Dues(ctx)
	must(t, err)
	if got.State != exposure.LookOpen || len(list) != 1 || len(due) != 1 {
		t.Errorf("%s, %d batches, %d dues", got.State, len(list), len(due))
	}
}

// childEnv makes the test's own program a writer of a store, which says each
// thing that it was told is kept.
const childEnv = "SEKISHO_STORE_CHILD"

func TestMain(m *testing.M) {
	if url := os.Getenv(childEnv); url != "" {
		if err := child(url); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// child writes until it is killed, by eight at once.
func child(url string) error {
	ctx := context.Background()
	s, err := open(ctx, url)
	if err != nil {
		return err
	}
	var (
		out  sync.Mutex
		wait sync.WaitGroup
	)
	for range 8 {
		wait.Go(func() {
			for {
				l := look(rand.Text(), 9, time.Now())
				if s.AddLook(ctx, l) != nil {
					return
				}
				for n := range 3 {
					if s.AddBatch(ctx, l.ID, batch(1, n+1)) != nil {
						return
					}
					out.Lock()
					fmt.Println(l.ID, n+1)
					out.Unlock()
				}
			}
		})
	}
	wait.Wait()
	return errors.New("the store failed")
}

// killed: what the child was told is kept is there after SIGKILL in the middle.
func killed(t *testing.T, url string) {
	for round := range 3 {
		acknowledged := killedAfter(t, url, 100+150*round)
		s, err := open(t.Context(), url)
		must(t, err)
		must(t, s.Ready(t.Context()))
		for id, n := range acknowledged {
			list, err := s.Batches(t.Context(), id)
			if err != nil || len(list) < n {
				t.Errorf("round %d: %s has %d batches, want %d: %v", round, id, len(list), n, err)
			}
		}
		must(t, s.AddLook(t.Context(), look(fmt.Sprintf("after%d", round), 1, began)))
		must(t, s.Close())
	}
}

// killedAfter runs a child, kills it after so many words and returns all that it
// said: how many batches of each look are kept.
func killedAfter(t *testing.T, url string, words int) map[string]int {
	t.Helper()
	c := exec.Command(os.Args[0])
	c.Env = append(os.Environ(), childEnv+"="+url)
	var said bytes.Buffer
	c.Stderr = &said
	out, err := c.StdoutPipe()
	must(t, err)
	must(t, c.Start())
	var text []byte
	piece := make([]byte, 4096)
	for bytes.Count(text, []byte("\n")) < words {
		n, err := out.Read(piece)
		text = append(text, piece[:n]...)
		if err != nil {
			t.Fatalf("the writer ended by itself: %v %s", err, said.String())
		}
	}
	must(t, c.Process.Kill())
	rest, err := io.ReadAll(out)
	must(t, err)
	_ = c.Wait() // it was killed
	lines := slices.Collect(strings.Lines(string(append(text, rest...))))
	acknowledged := map[string]int{}
	for _, line := range lines {
		var (
			id string
			n  int
		)
		if _, err := fmt.Sscanf(line, "%s %d\n", &id, &n); err == nil {
			acknowledged[id] = max(acknowledged[id], n)
		}
	}
	if len(acknowledged) == 0 {
		t.Fatal("nothing was acknowledged")
	}
	return acknowledged
}
