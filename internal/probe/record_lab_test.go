//go:build linux && lab

package probe_test

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"

	"sekisho/internal/lab"
	"sekisho/internal/probe"
)

// recordAgain has the probe of a recording talk to the real server that it is
// from, and fails when more differs than the recording marks as volatile. With
// -update it writes the recording. The product is named with the version of the
// Debian package that it is from.
func recordAgain(t *testing.T, from *lab.Host, at netip.AddrPort, path, product, pkg string) {
	t.Helper()
	t.Run(strings.ReplaceAll(path, "/", "-"), func(t *testing.T) {
		probe.Recorder{Enter: from.Do, To: at, Path: path, From: debian(t, product, pkg)}.Run(t)
	})
}

// recordAgainInTLS is recordAgain for what is inside TLS from the first byte on.
func recordAgainInTLS(t *testing.T, from *lab.Host, at netip.AddrPort, path, product, pkg string) {
	t.Helper()
	t.Run(strings.ReplaceAll(path, "/", "-"), func(t *testing.T) {
		probe.Recorder{Enter: from.Do, To: at, Path: path, From: debian(t, product, pkg), Port: at.Port(), AnyOrder: true}.Run(t)
	})
}

// debian names a product with the version of its package and of the system.
func debian(t *testing.T, product, pkg string) string {
	t.Helper()
	version, err := exec.Command("dpkg-query", "-W", "-f=${Version}", pkg).Output()
	if err != nil { // unpacked beside the installed ones, maybe
		version, err = os.ReadFile("/opt/sekisho-lab/" + pkg + "/version")
	}
	if err != nil {
		t.Fatalf("package %s: %v", pkg, err)
	}
	system, err := os.ReadFile("/etc/os-release")
	if err != nil {
		t.Fatal(err)
	}
	id := regexp.MustCompile(`(?m)^VERSION_ID="?(\d+)`).FindSubmatch(system)
	if id == nil {
		t.Fatal("/etc/os-release names no version")
	}
	_, plain, epoch := strings.Cut(string(version), ":")
	if !epoch {
		plain = string(version)
	}
	plain = strings.TrimSpace(plain)
	return fmt.Sprintf("%s %s (Debian %s)", product, plain, id[1])
}

// TestRecordedAgain records the happy recordings that are from real servers
// again.
func TestRecordedAgain(t *testing.T) {
	l := lab.New(t)
	h := l.Home
	at := func(port uint16) netip.AddrPort { return netip.AddrPortFrom(h.V4, port) }

	h.StartVsftpd(t, lab.Vsftpd{Config: "anonymous_enable=NO"})
	recordAgain(t, l.LAN, at(21), "ftp/happy-vsftpd-plain", "vsftpd", "vsftpd")
	h.StartNginx(t, lab.Nginx{})
	recordAgain(t, l.LAN, at(80), "http/happy-nginx", "nginx", "nginx")
	h.StartPostfix(t, lab.Postfix{})
	recordAgain(t, l.LAN, at(25), "smtp/happy-postfix", "Postfix", "postfix")
	h.StartTelnetd(t, lab.Telnetd{})
	recordAgain(t, l.LAN, at(23), "telnet/happy-inetutils", "GNU inetutils telnetd", "inetutils-telnetd")
	h.StartBind(t, lab.Bind{Config: `server-id "ns1.home.example";`})
	recordAgain(t, l.LAN, at(53), "dns/happy-bind", "BIND", "bind9")

	h.StartSshd(t, lab.Sshd{})
	t.Run("ssh-happy-openssh", func(t *testing.T) {
		probe.Recorder{
			Enter: l.LAN.Do, To: at(22), Path: "ssh/happy-openssh", From: debian(t, "OpenSSH", "openssh-server"),
			Until: untilKeyExchange, Asked: func(b []byte) int { return strings.IndexByte(string(b), '\n') + 1 }, Timeout: 2 * time.Second,
		}.Run(t)
	})
}

// untilKeyExchange is where an SSH server ends its KEXINIT, after which
// everything is of one connection only (RFC 4253 sections 4.2 and 6).
func untilKeyExchange(said []byte) int {
	line := strings.IndexByte(string(said), '\n') + 1
	if line == 0 || len(said) < line+4 {
		return -1
	}
	if end := line + 4 + int(binary.BigEndian.Uint32(said[line:])); end <= len(said) {
		return end
	}
	return -1
}
