package hostnet

import (
	"strings"
	"testing"
)

func TestCommandLine(t *testing.T) {
	tests := []struct{ args, want string }{
		{"sshd -D", "sshd -D"},
		{"vsftpd --pasv-ports 5000-5100 --passive=yes", "vsftpd --pasv-ports 5000-5100 --passive=yes"},
		{"app --password=hunter2 --port=1", "app --password=*** --port=1"},
		{"app --db-password hunter2 --port 1", "app --db-password *** --port 1"},
		{"app --password --verbose", "app --password --verbose"},
		{"app --password= x", "app --password= x"},
		{"env PGPASSWORD=hunter2 psql", "env PGPASSWORD=*** psql"},
		{"app --api-key abc --access_key=def -apikey ghi", "app --api-key *** --access_key=*** -apikey ***"},
		{"app --client-secret abc GITHUB_TOKEN=def", "app --client-secret *** GITHUB_TOKEN=***"},
		{"app postgres://joe:hunter2@db.example/x?sslmode=on", "app postgres://joe:***@db.example/x?sslmode=on"},
		{"app http://example.org:80/a@b", "app http://example.org:80/a@b"},
		{"app http://[::1]:80/", "app http://[::1]:80/"},
		{"curl -H X-Api-Key:abc", "curl -H X-Api-Key:***"},
		{"passwordd -f", "passwordd -f"},
		{"gpg-agent --tls-key /etc/k.pem", "gpg-agent --tls-key /etc/k.pem"},
		{"", ""},
	}
	for _, test := range tests {
		if got := commandLine(strings.Split(test.args, " ")); got != test.want {
			t.Errorf("commandLine(%q) = %q, want %q", test.args, got, test.want)
		}
	}
}

func TestCommandLineEndsEarly(t *testing.T) {
	if got := commandLine(make([]string, 1_000_000)); len(got) > 2*maxCommand {
		t.Errorf("a million arguments made %d bytes", len(got))
	}
}
