package cli

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/pflag"

	"sekisho/internal/certificate"
	"sekisho/internal/web"
)

// tlsFlags are the flags of serve about encryption.
type tlsFlags struct {
	cert, key               string
	domains                 []string
	directory, email, state string
	plain                   string
}

func (f *tlsFlags) register(flags *pflag.FlagSet, a *app) {
	flags.StringVar(&f.cert, "tls-cert", "", a.say.Say("flag.serve-tls-cert"))
	flags.StringVar(&f.key, "tls-key", "", a.say.Say("flag.serve-tls-key"))
	flags.StringSliceVar(&f.domains, "acme-domain", nil, a.say.Say("flag.serve-acme-domain"))
	flags.StringVar(&f.directory, "acme-url", "", a.say.Say("flag.serve-acme-url"))
	flags.StringVar(&f.email, "acme-email", "", a.say.Say("flag.serve-acme-email"))
	flags.StringVar(&f.state, "acme-folder", "", a.say.Say("flag.serve-acme-folder"))
	flags.StringVar(&f.plain, "http-listen", "", a.say.Say("flag.serve-http-listen"))
}

func (f *tlsFlags) on() bool { return f.cert != "" || len(f.domains) > 0 }

// defaults fills in where to answer when nobody said: at the ports that browsers
// try.
func (f *tlsFlags) defaults(a *app, flags *pflag.FlagSet, listen *string) error {
	switch {
	case (f.cert == "") != (f.key == ""):
		return a.fail(exitUsage, "cli.serve-tls-pair")
	case f.cert != "" && len(f.domains) > 0:
		return a.fail(exitUsage, "cli.serve-tls-or-acme")
	case !f.on() && f.plain != "":
		return a.fail(exitUsage, "cli.serve-http-listen")
	case !f.on():
		return nil
	}
	if !flags.Changed("listen") {
		*listen = ":443"
	}
	if f.plain == "" && !flags.Changed("http-listen") && (len(f.domains) > 0 || *listen == ":443") {
		f.plain = ":80"
	}
	return nil
}

// encrypted is how connections are encrypted, nil for not at all, and what answers
// the challenges of an ACME server over HTTP.
func (f *tlsFlags) encrypted(ctx context.Context, a *app, https, plain uint16, log *slog.Logger) (*tls.Config, func(http.Handler) http.Handler, error) {
	if f.cert != "" {
		files, err := certificate.Load(f.cert, f.key, log)
		if err != nil {
			return nil, nil, a.fail(exitUsage, "cli.serve-certificate", "Error", oneLine(err.Error()))
		}
		return files.TLS(), nil, nil
	}
	if len(f.domains) == 0 {
		return nil, nil, nil
	}
	folder := f.state
	if folder == "" {
		root, err := stateFolder()
		if err != nil {
			return nil, nil, a.fail(exitUsage, "cli.serve-acme-folder", "Error", reason(err))
		}
		folder = filepath.Join(root, "acme")
	}
	config, wrap, err := certificate.ACME{
		Domains: f.domains, Directory: f.directory, Email: f.email, Folder: folder, HTTP: int(plain), TLS: int(https), Log: log,
	}.Obtain(ctx)
	if err != nil {
		return nil, nil, a.fail(exitUsage, "cli.serve-certificate", "Error", oneLine(err.Error()))
	}
	return config, wrap, nil
}

// stateFolder is where a service keeps what it needs again: what systemd made for
// it, else the folder that the user or the system has for that.
func stateFolder() (string, error) {
	if made, _, _ := strings.Cut(os.Getenv("STATE_DIRECTORY"), ":"); made != "" {
		return made, nil
	}
	if home := os.Getenv("XDG_STATE_HOME"); filepath.IsAbs(home) {
		return filepath.Join(home, "sekisho"), nil
	}
	if os.Geteuid() == 0 {
		return filepath.Join(string(filepath.Separator), "var", "lib", "sekisho"), nil
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "", err
	}
	return filepath.Join(home, ".local", "state", "sekisho"), nil
}

// plainListener is where plain HTTP is answered beside HTTPS; nil for nowhere.
func (f *tlsFlags) plainListener(ctx context.Context, a *app) (net.Listener, error) {
	if f.plain == "" {
		return nil, nil //nolint:nilnil // nowhere is no error
	}
	if _, _, err := net.SplitHostPort(f.plain); err != nil {
		return nil, a.fail(exitUsage, "cli.serve-listen", "Address", quoted(f.plain))
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", f.plain)
	if err != nil {
		return nil, a.fail(exitUsage, "cli.serve-no-listen", "Address", f.plain, "Error", reason(unwrapped(err)))
	}
	return l, nil
}

// listenerPort is the port of a listener, 0 of none.
func listenerPort(l net.Listener) uint16 {
	if l == nil {
		return 0
	}
	at, err := netip.ParseAddrPort(l.Addr().String())
	if err != nil {
		return 0
	}
	return at.Port()
}

// serveBoth answers at both listeners until ctx ends or one of them does.
func serveBoth(ctx context.Context, service *web.Service, listener, plain net.Listener, wrap func(http.Handler) http.Handler) error {
	if plain == nil {
		return service.Serve(ctx, listener)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	beside := make(chan error, 1)
	go func() {
		defer cancel()
		beside <- service.Redirect(ctx, plain, listenerPort(listener), wrap)
	}()
	err := service.Serve(ctx, listener)
	cancel()
	return errors.Join(err, <-beside)
}
