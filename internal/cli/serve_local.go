package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"os/user"
	"sync"
	"time"

	"sekisho/internal/hostnet"
	"sekisho/internal/lang"
	"sekisho/internal/web"
)

// The bounds of a report of this machine for a visitor who sits at it.
const (
	localTime   = 50 * time.Second
	localLasts  = 30 * time.Second // a page that is loaded again has the same one
	mostLocal   = 16 << 20
	mostLocals  = 64 // users and languages that are remembered
	mostProblem = 4 << 10
)

// localReports are what check finds out about this machine, for visitors who sit at
// it. Each is made with the rights of the user whose program asks, as if they had run
// check themselves: on a machine of several people nobody learns by the page what
// only the service may see.
type localReports struct {
	mu   sync.Mutex // one at a time: each asks every port of this machine
	made map[localFor]localReport
}

type localFor struct {
	user string
	tag  lang.Tag
}

type localReport struct {
	at   time.Time
	page []byte
}

// report is the page for the user of a connection to this service.
func (l *localReports) report(ctx context.Context, peer, own netip.AddrPort, tag lang.Tag) ([]byte, error) {
	who, err := userOf(ctx, peer, own)
	if err != nil {
		return nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	key := localFor{who.Uid, tag}
	if r, known := l.made[key]; known && time.Since(r.at) < localLasts {
		return r.page, nil
	}
	page, err := checkAs(ctx, who, tag)
	if err != nil {
		return nil, err
	}
	if l.made == nil || len(l.made) >= mostLocals {
		l.made = map[localFor]localReport{}
	}
	l.made[key] = localReport{time.Now(), page}
	return page, nil
}

// userOf is the user whose program made a connection from peer to this service.
func userOf(ctx context.Context, peer, own netip.AddrPort) (*user.User, error) {
	list, _, err := hostnet.Connections(ctx)
	if err != nil {
		return nil, err
	}
	for _, c := range list {
		if bare(c.Local) == peer && bare(c.Remote) == own && c.User != "" {
			if who, err := user.Lookup(c.User); err == nil {
				return who, nil
			}
			return user.LookupId(c.User) // a user without a name is told by number
		}
	}
	return nil, fmt.Errorf("%w: whose connection it is cannot be seen", web.ErrNotTheirs)
}

// bare is an end of a connection as IPv4 where it is.
func bare(a netip.AddrPort) netip.AddrPort {
	return netip.AddrPortFrom(a.Addr().Unmap().WithZone(""), a.Port())
}

// checkAs is the page that check makes for a user.
func checkAs(ctx context.Context, who *user.User, tag lang.Tag) ([]byte, error) {
	path, err := os.Executable()
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, localTime)
	defer cancel()
	cmd := exec.CommandContext(ctx, path, "check", "-f", "html")
	cmd.Dir, cmd.WaitDelay = "/", time.Second
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + who.HomeDir, "SEKISHO_LANG=" + string(tag)}
	own, err := user.Current()
	if err != nil {
		return nil, err
	}
	if own.Uid != who.Uid {
		if err := become(cmd, who); err != nil {
			return nil, fmt.Errorf("%w: %w", web.ErrNotTheirs, err)
		}
	}
	page, said := bounded{most: mostLocal}, bounded{most: mostProblem}
	cmd.Stdout, cmd.Stderr = &page, &said
	err = cmd.Run()
	var exit *exec.ExitError
	switch {
	case err == nil || errors.As(err, &exit): // it ends with what its findings are
	case own.Uid != who.Uid && ctx.Err() == nil:
		return nil, fmt.Errorf("%w: %w", web.ErrNotTheirs, err)
	default:
		return nil, err
	}
	if !bytes.HasPrefix(page.Bytes(), []byte("<!DOCTYPE html>")) || !bytes.HasSuffix(bytes.TrimSpace(page.Bytes()), []byte("</html>")) {
		return nil, fmt.Errorf("check told no report: %s", oneLine(said.String()))
	}
	return page.Bytes(), nil
}

// bounded is a buffer that takes so much and no more.
type bounded struct {
	bytes.Buffer
	most int
}

func (b *bounded) Write(p []byte) (int, error) {
	if b.Len()+len(p) > b.most {
		return 0, errors.New("more than it may be")
	}
	return b.Buffer.Write(p)
}
