//go:build linux && lab

package store_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"sekisho/internal/exposure"
	"sekisho/internal/lab"
	"sekisho/internal/store"
	"sekisho/internal/store/postgres"
	"sekisho/internal/store/sqlite"
)

func TestPostgres(t *testing.T) {
	db := lab.StartDatabase(t, 0)
	n := 0
	fresh := func(t *testing.T) string {
		n++
		return db.Fresh(fmt.Sprintf("store%d", n))
	}
	conform(t, fresh)
	t.Run("together", func(t *testing.T) { together(t, fresh(t)) })
	t.Run("away", func(t *testing.T) { away(t, db, fresh(t)) })
	t.Run("refusals", func(t *testing.T) { refusals(t, db) })
}

// together: several that open an empty database at once.
func together(t *testing.T, url string) {
	var wait sync.WaitGroup
	for i := range 4 {
		wait.Go(func() {
			s, err := open(t.Context(), url)
			if err != nil {
				t.Error(err)
				return
			}
			if err := s.AddLook(t.Context(), look(fmt.Sprintf("L%d", i), 1, began)); err != nil {
				t.Error(err)
			}
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	list, err := opened(t, url).OpenLooks(t.Context())
	must(t, err)
	if len(list) != 4 {
		t.Errorf("%d looks of four", len(list))
	}
}

// away: the database is killed in the middle of it and comes again. What was
// acknowledged is there, what was not is said to be the database's absence, and
// nothing has to be opened anew.
func away(t *testing.T, db *lab.Database, url string) {
	ctx := t.Context()
	s := opened(t, url)
	must(t, s.AddLook(ctx, look("L1", 1, began)))
	kept := make(chan int, 1)
	enough := make(chan struct{})
	go func() {
		for n := 1; ; n++ {
			if err := s.AddBatch(ctx, "L1", batch(1, n)); err != nil {
				if !errors.Is(err, exposure.ErrStoreAway) {
					t.Errorf("a batch while it went: %v", err)
				}
				kept <- n - 1
				return
			}
			if n == 20 {
				close(enough)
			}
		}
	}()
	<-enough
	db.Kill()
	n := <-kept
	_, looked := s.Look(ctx, "L1")
	for what, err := range map[string]error{
		"a look": s.AddLook(ctx, look("L2", 1, began)), "ready": s.Ready(ctx), "to read": looked, "limits": s.SaveDues(ctx, nil),
	} {
		if !errors.Is(err, exposure.ErrStoreAway) {
			t.Errorf("%s while it is away: %v", what, err)
		}
	}
	if _, err := postgres.Open(ctx, url); !errors.Is(err, exposure.ErrStoreAway) {
		t.Errorf("opened while it is away: %v", err)
	}
	db.Start()
	must(t, s.Ready(ctx))
	list, err := s.Batches(ctx, "L1")
	must(t, err)
	if len(list) < n {
		t.Errorf("%d batches are there, %d were acknowledged", len(list), n)
	}
	must(t, s.AddBatch(ctx, "L1", batch(1, 1000)))
}

// refusals: one clear line that has no password in it.
func refusals(t *testing.T, db *lab.Database) {
	for _, url := range []string{
		"postgres://postgres:hidden@" + db.At.String() + "/none", "postgres://nobody:hidden@" + db.At.String() + "/postgres?sslmode=disable",
		"postgres://postgres:hidden@127.0.0.1:1/postgres", "postgres://postgres:hidden@" + db.At.String() + "/postgres?sslmode=perhaps",
		"postgres://postgres:hid den@" + db.At.String() + "/postgres", "postgres://postgres:hidden@" + db.At.String() + "/postgres?sslmode=require",
	} {
		s, err := postgres.Open(t.Context(), url)
		if err == nil {
			must(t, s.Close())
			t.Errorf("%s was opened", url)
			continue
		}
		if strings.Contains(err.Error(), "hidden") || strings.Contains(err.Error(), "hid den") {
			t.Errorf("%s: the password stands in: %v", url, err)
		}
		t.Log(err)
	}
}

// TestPostgresFull: a full disk is said to be one, and takes nothing that was
// acknowledged; with room again the store goes on.
func TestPostgresFull(t *testing.T) {
	db := lab.StartDatabase(t, 12)
	s := opened(t, db.URL)
	fullAndBack(t, s, func() { db.Enlarge(64) })
}

// fullAndBack fills a store by many writers until it says so, makes room and
// holds that it goes on.
func fullAndBack(t *testing.T, s store.Store, makeRoom func()) {
	ctx := t.Context()
	must(t, s.AddLook(ctx, look("L1", 1, began)))
	large := batch(1, 0)
	var noise strings.Builder // which PostgreSQL cannot pack, or a small disk takes thousands
	for noise.Len() < 64<<10 {
		noise.WriteString(rand.Text())
	}
	large.Observations[0].Detail = noise.String()
	var (
		wait sync.WaitGroup
		mu   sync.Mutex
		kept []int
	)
	for w := range 4 {
		wait.Go(func() {
			for n := w; ; n += 4 {
				b := large
				b.Number = n
				err := s.AddBatch(ctx, "L1", b)
				if err != nil {
					if !errors.Is(err, exposure.ErrStoreFull) {
						t.Errorf("batch %d: %v", n, err)
					}
					return
				}
				mu.Lock()
				kept = append(kept, n)
				mu.Unlock()
			}
		})
	}
	wait.Wait()
	list, err := s.Batches(ctx, "L1")
	must(t, err)
	there := map[int]bool{}
	for _, b := range list {
		there[b.Number] = true
	}
	for _, n := range kept {
		if !there[n] {
			t.Errorf("batch %d was acknowledged, and is not there", n)
		}
	}
	if len(kept) == 0 {
		t.Error("nothing was kept at all")
	}
	makeRoom()
	must(t, s.AddBatch(ctx, "L1", batch(1, 1<<20)))
	must(t, s.Ready(ctx))
	must(t, s.AddLook(ctx, look("L2", 1, began)))
}

// diskEnv is the folder in which a small disk is mounted for the test below,
// which runs itself again for that in a mount namespace of its own.
const diskEnv = "SEKISHO_STORE_DISK"

func TestSQLiteFull(t *testing.T) {
	dir := os.Getenv(diskEnv)
	if dir == "" {
		dir = t.TempDir()
		c := exec.Command("unshare", "--mount", "sh", "-c", `mount -t tmpfs -o size=8m tmpfs "$1" && exec "$0" -test.run='^TestSQLiteFull$' -test.v`, os.Args[0], dir)
		c.Env = append(os.Environ(), diskEnv+"="+dir)
		out, err := c.CombinedOutput()
		if err != nil || !strings.Contains(string(out), "--- PASS: TestSQLiteFull") {
			t.Fatalf("%v:\n%s", err, out)
		}
		return
	}
	path := filepath.Join(dir, "sekisho.db")
	s := opened(t, path)
	fullAndBack(t, s, func() {
		// Nothing new is begun while the last part of the disk is kept.
		if err := s.AddLook(t.Context(), look("L3", 1, began)); !errors.Is(err, exposure.ErrStoreFull) {
			t.Errorf("a new look on a full disk: %v", err)
		}
		if err := s.Ready(t.Context()); !errors.Is(err, exposure.ErrStoreFull) {
			t.Errorf("it is ready on a full disk: %v", err)
		}
		out, err := exec.Command("mount", "-o", "remount,size=64m", dir).CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %s", err, out)
		}
	})
	must(t, s.AddLook(t.Context(), look("small", 1, began)))
	// Intake stops before the disk is full, so that what is under way has room.
	must(t, os.WriteFile(filepath.Join(dir, "ballast"), make([]byte, 40<<20), 0o600))
	n := 0
	for ; s.Ready(t.Context()) == nil; n++ {
		b := batch(1, n+100000)
		b.Observations[0].Detail = strings.Repeat("0123456789abcdef", 4096)
		must(t, s.AddBatch(t.Context(), "L2", b))
	}
	must(t, s.AddBatch(t.Context(), "L2", batch(1, n+100000)))
	must(t, s.SetLook(t.Context(), "L2", exposure.LookDone, 1, began))
	must(t, s.AddBatch(t.Context(), "small", batch(1, 1)))
	must(t, s.DeleteLook(t.Context(), "small"))
}

// TestSQLiteIsOpenedOnAFullDisk: one clear error, and no half of a file that
// would be in the way later.
func TestSQLiteIsOpenedOnAFullDisk(t *testing.T) {
	dir := os.Getenv(diskEnv)
	if dir == "" {
		dir = t.TempDir()
		c := exec.Command("unshare", "--mount", "sh", "-c", `mount -t tmpfs -o size=1m tmpfs "$1" && head -c 1048576 /dev/zero >"$1/ballast"; exec "$0" -test.run='^TestSQLiteIsOpenedOnAFullDisk$' -test.v`, os.Args[0], dir)
		c.Env = append(os.Environ(), diskEnv+"="+dir)
		out, err := c.CombinedOutput()
		if err != nil || !strings.Contains(string(out), "--- PASS: TestSQLiteIsOpenedOnAFullDisk") {
			t.Fatalf("%v:\n%s", err, out)
		}
		return
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	path := filepath.Join(dir, "sekisho.db")
	_, err := sqlite.Open(ctx, path)
	if !errors.Is(err, exposure.ErrStoreFull) {
		t.Errorf("opened on a full disk: %v", err)
	}
	t.Log(err)
	must(t, os.Remove(filepath.Join(dir, "ballast")))
	opened(t, path)
}
