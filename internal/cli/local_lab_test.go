//go:build linux && lab

package cli_test

import (
	"regexp"
	"strings"
	"testing"

	"sekisho/internal/lab"
)

// TestLocalhostGetsTheReport: who sits at the machine that serves gets what check
// tells them, with the rights that they have; nobody else gets it.
func TestLocalhostGetsTheReport(t *testing.T) {
	l := lab.New(t)
	l.Home.StartNginx(t, lab.Nginx{})
	serving(t, l.Home, root, "--listen", ":8080")
	page := func(as user, at string, head ...string) string {
		t.Helper()
		request := "GET /local HTTP/1.1\\r\\nHost: localhost:8080\\r\\nConnection: close\\r\\n"
		for _, h := range head {
			request += h + "\\r\\n"
		}
		line := []string{"bash", "-c", "exec 3<>/dev/tcp/" + at + "/8080; printf '" + request + "\\r\\n' >&3; cat <&3"}
		if as == nobody {
			line = append([]string{"setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"}, line...)
		}
		return l.Home.Run(t, line[0], line[1:]...)
	}
	for _, at := range []string{"127.0.0.1", "::1"} {
		if said := page(root, at); !strings.HasPrefix(said, "HTTP/1.1 200 ") || !strings.Contains(said, "80/tcp") || !strings.Contains(said, "nginx") {
			t.Errorf("%s: %s", at, said)
		}
	}
	if said := page(root, "127.0.0.1", "Accept-Language: ja"); !strings.Contains(said, `<html lang="ja">`) {
		t.Errorf("in Japanese: %s", said)
	}
	// Whose processes they may not see, the page does not show them either.
	plain := page(nobody, "127.0.0.1")
	if !strings.HasPrefix(plain, "HTTP/1.1 200 ") || !strings.Contains(plain, "80/tcp") {
		t.Errorf("as nobody: %s", plain)
	}
	owner := regexp.MustCompile(`(?s)<tr><th scope="row">80/tcp.*?</tr>`)
	if own := sekisho(t, l.Home, nobody, "check", "-f", "html"); owner.FindString(own.out) == "" || owner.FindString(own.out) != owner.FindString(plain) {
		t.Errorf("nobody is told by the page:\n%s\nand by the command:\n%s%s", owner.FindString(plain), owner.FindString(own.out), own.errs)
	}
	for name, said := range map[string]string{
		"own address": page(root, l.Home.V4.String()),
		"proxy":       page(root, "127.0.0.1", "X-Forwarded-For: 26.10.0.7"),
		"link":        page(root, "127.0.0.1", "Sec-Fetch-Site: cross-site"),
	} {
		if !strings.HasPrefix(said, "HTTP/1.1 403 ") || strings.Contains(said, "80/tcp") {
			t.Errorf("%s: %s", name, said)
		}
	}
}
