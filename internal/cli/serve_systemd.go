package cli

import (
	_ "embed"
	"fmt"
	"io"
	"net"
	"os"
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

// printSystemd writes the unit that runs serve as it was called here.
func printSystemd(w io.Writer, flags *pflag.FlagSet, addresses ...string) error {
	program, err := os.Executable()
	if err != nil {
		program = "/usr/bin/sekisho"
	}
	line := []string{escapedForUnit(program), "serve"}
	flags.Visit(func(f *pflag.Flag) {
		switch value := f.Value.String(); {
		case f.Name == "print-systemd" || f.Name == "lang": // the language of who reads this now
		case f.Value.Type() == "stringSlice":
			value = strings.Join(f.Value.(pflag.SliceValue).GetSlice(), ",")
			fallthrough
		default:
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
	_, err = fmt.Fprint(w, strings.NewReplacer("@LINE@", strings.Join(line, " "), "@CAPABILITIES@", capabilities).Replace(unit))
	return err
}

// escapedForUnit writes a word of a command line so that systemd reads it as it is.
func escapedForUnit(word string) string {
	word = strings.NewReplacer("%", "%%", "$", "$$").Replace(word)
	if strings.ContainsAny(word, " \t\"'\\;") || word == "" {
		return strconv.Quote(word)
	}
	return word
}
