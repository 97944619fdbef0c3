package hostnet

import (
	"regexp"
	"strings"
)

// hidden stands for a secret in a command line.
const hidden = "***"

// Secrets in arguments: a report is made to be passed on, and what everybody
// on the machine may read with ps should not leave it so.
var (
	secretName = regexp.MustCompile(`(?i)pass(word|wd|phrase|code)?\b|passw|secret|token|credential|authorization|(api|access|private)[-_]?key`)
	secretURL  = regexp.MustCompile(`(://[^/\s:@]*:)[^/\s@]+@`)
	secretLine = regexp.MustCompile(`(?i)((authorization|cookie|[-\w]*(api|access)[-_]?key|[-\w]*token)\s*:\s*).+`)
)

// commandLine joins arguments for people, with the values of those that are
// named like a secret hidden: --password=x, --password x, TOKEN=x, a header such
// as Authorization: x, and the password of scheme://user:x@host.
func commandLine(args []string) string {
	var b strings.Builder
	next := false
	for i, arg := range args {
		if b.Len() > maxCommand {
			break
		}
		if i > 0 {
			b.WriteByte(' ')
		}
		name, value, joined := strings.Cut(arg, "=")
		flag := strings.HasPrefix(arg, "-")
		secret := secretName.MatchString(name)
		switch {
		case next && !flag:
			arg, secret = hidden, false
		case secret && joined && value != "":
			arg = name + "=" + hidden
		default:
			arg = secretURL.ReplaceAllString(arg, "${1}"+hidden+"@")
			arg = secretLine.ReplaceAllString(arg, "${1}"+hidden)
		}
		b.WriteString(arg)
		next = i > 0 && flag && secret && !joined
	}
	return b.String()
}
