package store_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"sekisho/internal/exposure"
	"sekisho/internal/store"
	"sekisho/internal/store/postgres"
	"sekisho/internal/store/sqlite"
)

// open opens either store: a URL, or the path of a file.
func open(ctx context.Context, url string) (store.Store, error) {
	if strings.HasPrefix(url, "postgres://") {
		return postgres.Open(ctx, url)
	}
	return sqlite.Open(ctx, url)
}

func file(t *testing.T) string { return filepath.Join(t.TempDir(), "made", "sekisho.db") }

func TestSQLite(t *testing.T) { conform(t, file) }

// TestFilesAreTheirOwnersOnly: whose address was looked at is nobody else's to
// read, whatever the umask and whatever the mode was before.
func TestFilesAreTheirOwnersOnly(t *testing.T) {
	if runtime.GOOS == "windows" {
		return // it has no modes: the folder's rights are inherited
	}
	path := filepath.Join(t.TempDir(), "a folder", "50% #1 ?.db")
	s := opened(t, path)
	must(t, s.AddLook(t.Context(), look("L1", 1, began)))
	for _, name := range []string{"", "-wal", "-shm"} {
		at, err := os.Stat(path + name)
		must(t, err)
		if at.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %o", at.Name(), at.Mode().Perm())
		}
	}
	at, err := os.Stat(filepath.Dir(path))
	must(t, err)
	if at.Mode().Perm() != 0o700 {
		t.Errorf("the folder has mode %o", at.Mode().Perm())
	}
	loose := filepath.Join(t.TempDir(), "loose.db")
	must(t, os.WriteFile(loose, nil, 0o644))
	opened(t, loose)
	if at, err = os.Stat(loose); err != nil || at.Mode().Perm() != 0o600 {
		t.Errorf("a file that others could read: %v, %v", at.Mode().Perm(), err)
	}
}

// TestAFileThatIsGoneIsAway: SQLite would go on to write where nobody finds it
// again. Put back, it serves again.
func TestAFileThatIsGoneIsAway(t *testing.T) {
	ctx, path := t.Context(), file(t)
	s := opened(t, path)
	must(t, s.AddLook(ctx, look("L1", 1, began)))
	must(t, os.Rename(path, path+".moved"))
	for what, err := range map[string]error{
		"a look": s.AddLook(ctx, look("L2", 1, began)), "a batch": s.AddBatch(ctx, "L1", batch(1, 1)), "ready": s.Ready(ctx),
	} {
		if !errors.Is(err, exposure.ErrStoreAway) {
			t.Errorf("%s: %v", what, err)
		}
	}
	must(t, os.Rename(path+".moved", path))
	must(t, s.Ready(ctx))
	must(t, s.AddBatch(ctx, "L1", batch(1, 1)))
}

// TestOneProcessHasTheFile: two would take each other's looks for their own.
func TestOneProcessHasTheFile(t *testing.T) {
	path := file(t)
	s, err := sqlite.Open(t.Context(), path)
	must(t, err)
	if _, err := sqlite.Open(t.Context(), path); !errors.Is(err, exposure.ErrStoreAway) {
		t.Errorf("a second one opened it: %v", err)
	}
	must(t, s.Close())
	opened(t, path)
}

// TestWhatIsNoStoreIsSaid: one clear line, with the path.
func TestWhatIsNoStoreIsSaid(t *testing.T) {
	dir := t.TempDir()
	text := filepath.Join(dir, "text")
	must(t, os.WriteFile(text, []byte(strings.Repeat("this is no database\n", 100)), 0o600))
	later := filepath.Join(dir, "later.db")
	s, err := sqlite.Open(t.Context(), later)
	must(t, err)
	must(t, s.Close())
	must(t, version(later, 99))
	for _, path := range []string{text, dir, later, filepath.Join(text, "below.db")} {
		s, err := sqlite.Open(t.Context(), path)
		if err == nil {
			must(t, s.Close())
			t.Errorf("%s was opened", path)
			continue
		}
		if !strings.Contains(err.Error(), path) && !strings.Contains(path, "below") {
			t.Errorf("%s: %v", path, err)
		}
		t.Log(err)
	}
}

// BenchmarkHistory is the newest page of one of a hundred owners, among ten
// thousand looks.
func BenchmarkHistory(b *testing.B) {
	s := opened(b, filepath.Join(b.TempDir(), "sekisho.db"))
	fill(b, s, 10000)
	owner := look("", 7, began).Owner
	for b.Loop() {
		if list, err := s.OwnedLooks(b.Context(), owner, time.Time{}, 30); err != nil || len(list) != 30 {
			b.Fatal(len(list), err)
		}
	}
}

// BenchmarkBatches is a batch of each of two hundred looks at once.
func BenchmarkBatches(b *testing.B) {
	s := opened(b, filepath.Join(b.TempDir(), "sekisho.db"))
	ctx := context.Background()
	for i := range 200 {
		must(b, s.AddLook(ctx, look(fmt.Sprintf("L%d", i), 1, began)))
	}
	b.SetParallelism(100)
	next := make(chan int, 200)
	for i := range 200 {
		next <- i
	}
	b.RunParallel(func(pb *testing.PB) {
		i, n := <-next, 0
		for pb.Next() {
			n++
			if err := s.AddBatch(ctx, fmt.Sprintf("L%d", i), batch(1, n)); err != nil {
				b.Error(err)
			}
		}
	})
}

// version makes the tables those of another version of sekisho.
func version(path string, n int) error {
	db, err := sql.Open("sqlite", path)
	if err != nil {
		return err
	}
	_, err = db.Exec("INSERT INTO goose_db_version (version_id, is_applied) VALUES (?, 1)", n)
	return errors.Join(err, db.Close())
}
