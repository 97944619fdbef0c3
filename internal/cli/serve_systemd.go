package cli

import (
	_ "embed"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/pflag"
)

// unit is the systemd unit of serve: everything that it does not need is taken
// away. What stays is the network, raw packets, and a folder of its own.
//
//go:embed sekisho.service
var unit string

// lowPort is the first port that anybody may listen at.
const lowPort = 1024

// secretsFile is where the unit reads what nobody else is to read.
const secretsFile = "/etc/sekisho/serve.env"

// holdsSecret reports whether the value of a flag holds a password or a token: whoever
// is on a machine may read its units and the command lines of its processes.
func holdsSecret(flag, value string) bool {
	for one := range strings.SplitSeq(value, ",") {
		u, err := url.Parse(one)
		if err != nil || u.Scheme == "" {
			continue
		}
		_, password := u.User.Password()
		query := u.Query()
		if flag == "database" && (password || query.Has("password") || query.Has("sslpassword")) || flag == "nats-url" && u.User != nil {
			return true
		}
	}
	return false
}

// namesFile reports whether the value of a flag is a file or a folder.
func namesFile(flag, value string) bool {
	if flag == "database" && strings.Contains(value, "://") || value == "" {
		return false
	}
	return slices.Contains([]string{"acme-folder", "database", "opt-out", "tls-cert", "tls-key"}, flag)
}

// printSystemd writes the unit that runs serve as it was called here, and returns
// the variables that are secrets and are to stand in secretsFile instead.
func printSystemd(w io.Writer, flags *pflag.FlagSet, addresses ...string) (secrets []string, err error) {
	program, err := os.Executable()
	if err != nil {
		program = "/usr/bin/sekisho"
	}
	line := []string{escapedForUnit(program), "serve"}
	flags.Visit(func(f *pflag.Flag) {
		switch value := f.Value.String(); {
		case f.Name == "print-systemd" || f.Name == "lang": // the language of who reads this now
		case f.Name == "config": // what it holds stands in the line
		case holdsSecret(f.Name, value):
			secrets = append(secrets, "SEKISHO_"+strings.ToUpper(strings.ReplaceAll(f.Name, "-", "_")))
		case f.Value.Type() == "stringSlice":
			value = strings.Join(f.Value.(pflag.SliceValue).GetSlice(), ",")
			fallthrough
		default:
			if namesFile(f.Name, value) {
				if path, err := filepath.Abs(value); err == nil { // systemd starts it in another folder
					value = path
				}
			}
			line = append(line, escapedForUnit("--"+f.Name+"="+value))
		}
	})
	capabilities := "CAP_NET_RAW"
	for _, address := range addresses {
		if _, port, err := net.SplitHostPort(address); err == nil {
			if n, err := strconv.Atoi(port); err == nil && n > 0 && n < lowPort {
				capabilities = "CAP_NET_RAW CAP_NET_BIND_SERVICE"
			}
		}
	}
	file := ""
	if len(secrets) > 0 {
		file = "EnvironmentFile=" + secretsFile + "\n"
	}
	_, err = fmt.Fprint(w, strings.NewReplacer("@LINE@", strings.Join(line, " "), "@CAPABILITIES@", capabilities, "@SECRETS@\n", file).Replace(unit))
	return secrets, err
}

// escapedForUnit writes a word of a command line so that systemd reads it as it is.
func escapedForUnit(word string) string {
	word = strings.NewReplacer("%", "%%", "$", "$$").Replace(word)
	if strings.ContainsAny(word, " \t\"'\\;") || word == "" {
		return strconv.Quote(word)
	}
	return word
}
