package cli

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"os/user"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"sekisho/internal/exposure"
	"sekisho/internal/netio"
)

// consent is one record of a person saying that they may scan addresses.
type consent struct {
	Given     time.Time `json:"given"`
	User      string    `json:"user"`
	How       string    `json:"how"` // "terminal" or "--authorized"
	Addresses []string  `json:"addresses"`
}

// consented asks once before packets go to addresses of strangers.
func (a *app) consented(list []exposure.Target, m machine, authorized bool) error {
	var strangers []string
	for _, t := range list {
		if !m.mine(t) {
			strangers = append(strangers, consentKey(t))
		}
	}
	if len(strangers) == 0 {
		return nil
	}
	path := a.consentPath()
	given := consentGiven(path)
	strangers = slices.DeleteFunc(strangers, func(s string) bool { return given[s] })
	if len(strangers) == 0 {
		return nil
	}
	how := "--authorized"
	if !authorized {
		if err := a.askConsent(strangers, m.proxied); err != nil {
			return err
		}
		how = "terminal"
	}
	if err := keepConsent(path, consent{now(), userName(), how, strangers}); err != nil {
		a.note("consent.unkept", "Path", path, "Error", reason(err))
	}
	return nil
}

func (a *app) askConsent(strangers []string, proxied bool) error {
	shown := strings.Join(strangers[:min(len(strangers), 4)], ", ")
	where := "direct"
	if proxied {
		where = "proxied"
	}
	if _, is := terminal(a.in); !is {
		return a.fail(exitUsage, "consent.no-terminal-"+where, "Addresses", shown, "Count", len(strangers))
	}
	fmt.Fprint(a.err, a.say.Say("consent.question-"+where, "Addresses", shown, "Count", len(strangers)), " ")
	answer, err := bufio.NewReader(io.LimitReader(a.in, 256)).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return a.fail(exitUsage, "cli.stdin-unread", "Error", reason(err))
	}
	switch strings.ToLower(strings.TrimSpace(answer)) {
	case "y", "yes", "はい":
		return nil
	}
	return a.fail(exitUsage, "consent.refused")
}

// consentKey is what consent is given to: the address, or the name where only a
// proxy knows that.
func consentKey(t exposure.Target) string {
	if netio.ByName(t.Address) {
		return t.Name
	}
	return t.Address.String()
}

// consentPath is the record: $XDG_STATE_HOME/sekisho/consent.jsonl, or the
// place that the system has for it.
func (a *app) consentPath() string {
	if dir := a.getenv("XDG_STATE_HOME"); filepath.IsAbs(dir) {
		return filepath.Join(dir, "sekisho", "consent.jsonl")
	}
	if dir, err := os.UserConfigDir(); err == nil {
		return filepath.Join(dir, "sekisho", "consent.jsonl")
	}
	return filepath.Join(string(filepath.Separator), "var", "lib", "sekisho", "consent.jsonl")
}

// consentGiven reads the addresses of the record. One that cannot be read
// gives no consent, and lines that are broken give none either.
func consentGiven(path string) map[string]bool {
	given := map[string]bool{}
	b, err := readBounded(path, maxConsent)
	if err != nil {
		return given
	}
	for line := range strings.Lines(string(b)) {
		var c consent
		if json.Unmarshal([]byte(line), &c) != nil {
			continue
		}
		for _, s := range c.Addresses {
			if address, err := netip.ParseAddr(s); err == nil {
				given[address.String()] = true
			}
		}
	}
	return given
}

// maxConsent bounds how much of the record is read back.
const maxConsent = 16 << 20

func keepConsent(path string, c consent) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	line, err := json.Marshal(c)
	if err == nil {
		_, err = f.Write(append(line, '\n'))
	}
	return errors.Join(err, f.Close())
}

func userName() string {
	if u, err := user.Current(); err == nil {
		return u.Username
	}
	return fmt.Sprint(os.Getuid())
}
