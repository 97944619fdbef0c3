package hostnet

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

// Bounds of reading the rules: a set of 100,000 elements is some 5 MB.
const (
	firewallTime = 10 * time.Second
	maxRules     = 128 << 20
)

// errMissing is that of a program that is not installed.
var errMissing = errors.New("not installed")

// ReadFirewall reads the rules of nftables and, where they are in use, those of
// iptables, in both of its forms, and the sets of ipset. It changes nothing and
// loads no module of the kernel. What it could not read makes the answer
// incomplete, and the Unseen says why.
func ReadFirewall(ctx context.Context) (Firewall, []Unseen) {
	return readFirewall(ctx, runTool, os.ReadFile)
}

// hangs finds a chain at an interface in the JSON of nft.
var hangs = regexp.MustCompile(`"hook": *"(in|e)gress"`)

type (
	toolRunner func(ctx context.Context, names []string, args ...string) ([]byte, error)
	fileReader func(path string) ([]byte, error)
)

func readFirewall(ctx context.Context, run toolRunner, read fileReader) (Firewall, []Unseen) {
	ctx, cancel := context.WithTimeout(ctx, firewallTime)
	defer cancel()
	f := Firewall{Complete: true}
	var unseen []Unseen
	miss := func(kind UnseenKind) {
		f.Complete = false
		for _, u := range unseen {
			if u.Kind == kind {
				return
			}
		}
		unseen = append(unseen, Unseen{Kind: kind, Count: 1})
	}
	var err error
	f.NFT, err = run(ctx, []string{"nft"}, "-j", "list", "ruleset")
	switch {
	case errors.Is(err, os.ErrPermission):
		miss(UnseenFirewall)
		return f, unseen // nothing else would be told either
	case errors.Is(err, errMissing):
		miss(UnseenFirewallTool)
	case err != nil:
		miss(UnseenFirewallPart)
	}
	if hangs.Match(f.NFT) {
		if f.Chains, err = run(ctx, []string{"nft"}, "list", "chains"); err != nil {
			f.Chains = nil // these chains then say that they cannot be evaluated
		}
	}
	for _, v6 := range []bool{false, true} {
		saved, ok := readSaved(ctx, run, read, v6, bytes.Contains(f.NFT, []byte(`"xt"`)))
		if !ok {
			miss(UnseenFirewallPart)
		}
		f.Saved = append(f.Saved, saved...)
	}
	for _, s := range f.Saved {
		if f.IPSet != nil || !bytes.Contains(s.Text, []byte("--match-set ")) {
			continue
		}
		if f.IPSet, err = run(ctx, []string{"ipset"}, "save"); err != nil {
			f.IPSet = nil // the rules that ask for a set cannot be evaluated, and say so
		}
	}
	return f, unseen
}

// readSaved reads the rules of iptables of one family: those that live in nftables,
// when there are such, and those of the old form, when the kernel holds any.
// Asking for the old ones where there are none would load its modules.
func readSaved(ctx context.Context, run toolRunner, read fileReader, v6, inNFT bool) (saved []Saved, ok bool) {
	tool, names := "iptables", "/proc/net/ip_tables_names"
	if v6 {
		tool, names = "ip6tables", "/proc/net/ip6_tables_names"
	}
	ok = true
	if inNFT {
		text, err := run(ctx, []string{tool + "-nft-save", tool + "-save"})
		if err == nil {
			saved = append(saved, Saved{v6, text})
		}
		// Without it the rules of nft say themselves what they do not tell.
	}
	old, err := read(names)
	switch {
	case errors.Is(err, os.ErrNotExist), err == nil && len(bytes.TrimSpace(old)) == 0:
		return saved, ok
	case err != nil:
		return saved, false
	}
	text, err := run(ctx, []string{tool + "-legacy-save", tool + "-save"})
	if err != nil || bytes.Contains(firstLine(text), []byte("nf_tables")) {
		return saved, false
	}
	return append(saved, Saved{v6, text}), ok
}

func firstLine(text []byte) []byte {
	line, _, _ := bytes.Cut(text, []byte("\n"))
	return line
}

// sbin are where the programs of administrators lie, which is not in everybody's
// PATH.
var sbin = []string{"/usr/sbin", "/sbin", "/usr/local/sbin"}

// runTool runs the first of the programs that is installed and returns what it
// wrote. That it may not be run is os.ErrPermission.
func runTool(ctx context.Context, names []string, args ...string) ([]byte, error) {
	path, err := findTool(names)
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Env = append(os.Environ(), "LC_ALL=C")
	cmd.WaitDelay = time.Second
	var said bytes.Buffer
	cmd.Stderr = &limited{to: &said, left: 4096}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	text, readErr := io.ReadAll(io.LimitReader(out, maxRules+1))
	if len(text) > maxRules {
		cmd.Process.Kill()
		readErr = errors.New("too long")
	}
	err = cmd.Wait()
	for _, word := range []string{"Operation not permitted", "Permission denied", "must be root", "you must be root"} {
		if strings.Contains(said.String(), word) {
			return nil, os.ErrPermission
		}
	}
	if err := errors.Join(readErr, err); err != nil {
		return nil, &Error{Op: "run", Source: filepath.Base(path), Err: err}
	}
	return text, nil
}

func findTool(names []string) (string, error) {
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil && filepath.IsAbs(path) {
			return path, nil
		}
		for _, dir := range sbin {
			path := filepath.Join(dir, name)
			if i, err := os.Stat(path); err == nil && i.Mode().IsRegular() && i.Mode()&0o111 != 0 {
				return path, nil
			}
		}
	}
	return "", &Error{Op: "run", Source: names[0], Err: errMissing}
}

// limited keeps the beginning of what is written.
type limited struct {
	to   *bytes.Buffer
	left int
}

// Write keeps what there is room for and swallows the rest.
func (l *limited) Write(b []byte) (int, error) {
	n := min(len(b), l.left)
	l.left -= n
	l.to.Write(b[:n])
	return len(b), nil
}

// FirewalldZones are the zones of firewalld that the interfaces of this machine are
// in, by interface, and the default one. It is nil when firewalld does not tell.
func FirewalldZones(ctx context.Context) (zones map[string]string, usual string) {
	ctx, cancel := context.WithTimeout(ctx, firewallTime)
	defer cancel()
	active, err := runTool(ctx, []string{"firewall-cmd"}, "--get-active-zones")
	first, err2 := runTool(ctx, []string{"firewall-cmd"}, "--get-default-zone")
	if err != nil || err2 != nil {
		return nil, ""
	}
	return activeZones(string(active)), strings.TrimSpace(string(first))
}

// activeZones reads lines such as public, and below it, further in, interfaces:
// eth0 eth1.
func activeZones(text string) map[string]string {
	zones, zone := map[string]string{}, ""
	for line := range strings.Lines(text) {
		words := strings.Fields(line)
		switch {
		case len(words) == 0:
		case line[0] != ' ' && line[0] != '\t':
			zone = words[0]
		case words[0] == "interfaces:":
			for _, w := range words[1:] {
				zones[w] = zone
			}
		}
	}
	return zones
}
