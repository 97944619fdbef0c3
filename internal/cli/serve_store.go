package cli

import (
	"context"
	"errors"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"sekisho/internal/bus"
	"sekisho/internal/exposure"
	"sekisho/internal/store"
	"sekisho/internal/store/postgres"
	"sekisho/internal/store/sqlite"
	"sekisho/internal/web"
)

// storeFlags are the flags of serve about what it remembers and how its work gets
// to vantages.
type storeFlags struct {
	database, nats string
}

func (f *storeFlags) register(flags *pflag.FlagSet, a *app) {
	flags.StringVar(&f.database, "database", "", a.say.Say("flag.serve-database"))
	flags.StringVar(&f.nats, "nats-url", "", a.say.Say("flag.serve-nats-url"))
}

// natsSchemes are those of the URLs of NATS.
var natsSchemes = []string{"nats", "tls", "ws", "wss"}

// check says what cannot be before anything is opened.
func (f *storeFlags) check(a *app) error {
	if scheme, _, is := strings.Cut(f.database, "://"); is && !f.external() {
		return a.fail(exitUsage, "cli.serve-database-kind", "Kind", quoted(scheme))
	}
	for one := range strings.SplitSeq(f.nats, ",") {
		u, err := url.Parse(one)
		if f.nats != "" && (err != nil || !slices.Contains(natsSchemes, u.Scheme) || u.Hostname() == "") {
			return a.fail(exitUsage, "cli.serve-nats-url") // without it: a password may stand in it
		}
	}
	return nil
}

// external reports whether the database is one of PostgreSQL.
func (f *storeFlags) external() bool {
	return strings.HasPrefix(f.database, "postgres://") || strings.HasPrefix(f.database, "postgresql://")
}

// file is where the database lies when nothing else was said: in the folder that
// systemd gives, or that the user or the system has for such things.
func (f *storeFlags) file(a *app) string {
	const name = "sekisho.db"
	given, _, _ := strings.Cut(a.getenv("STATE_DIRECTORY"), ":")
	switch home := a.getenv("XDG_STATE_HOME"); {
	case f.database != "":
		return f.database
	case filepath.IsAbs(given):
		return filepath.Join(given, name)
	case filepath.IsAbs(home):
		return filepath.Join(home, "sekisho", name)
	case os.Geteuid() == 0:
		return filepath.Join(string(filepath.Separator), "var", "lib", "sekisho", name)
	}
	if home := a.getenv("HOME"); filepath.IsAbs(home) {
		return filepath.Join(home, ".local", "state", "sekisho", name)
	}
	if dir, err := os.UserConfigDir(); err == nil {
		return filepath.Join(dir, "sekisho", name)
	}
	return name
}

// open opens the database. Where there is no place for the one that nobody named,
// nothing is kept, and that is said: the service looks all the same.
func (f *storeFlags) open(ctx context.Context, a *app, log *slog.Logger) (store.Store, error) {
	var (
		s   store.Store
		err error
	)
	path := f.file(a)
	if f.external() {
		s, err = postgres.Open(ctx, f.database)
	} else {
		s, err = sqlite.Open(ctx, path)
	}
	switch {
	case err == nil:
		return s, nil
	case f.database == "" && (errors.Is(err, os.ErrPermission) || errors.Is(err, os.ErrNotExist)):
		log.Warn("no place for the database: nothing outlives the end of the service", "path", path, "error", err)
		return nil, nil
	}
	return nil, a.fail(exitUnseen, "cli.serve-database", "Error", oneLine(err.Error()))
}

// carry connects to the bus.
func (f *storeFlags) carry(a *app, station exposure.Station, kept bool, log *slog.Logger) (*bus.Bus, error) {
	config := bus.Config{URL: f.nats, Pool: station.Kind, Log: log}
	if kept && !f.external() {
		config.Folder = f.file(a) + ".nats" // there may be no folder for temporary files
	}
	if station.Kind == "lan" {
		// Each LAN is one of its own, whatever vantages of others are on the bus.
		for _, a := range station.Addresses {
			config.Pool += "-" + strings.NewReplacer(".", "_", ":", "_", "%", "_").Replace(a.String())
		}
	}
	b, err := bus.Open(config)
	if err != nil {
		return nil, a.fail(exitUnseen, "cli.serve-nats", "Error", oneLine(err.Error()))
	}
	return b, nil
}

// remember gives the service what it remembers, and what must work for that.
func remember(c *web.Config, s store.Store, b *bus.Bus) {
	c.Ready = append(c.Ready, web.Check{Name: "bus", Do: b.Ready})
	if s != nil {
		c.Keep, c.Dues = s, s
		c.Ready = append(c.Ready, web.Check{Name: "store", Do: s.Ready})
	}
}
