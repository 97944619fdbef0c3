// Package portqry speaks as PortQry 2 does: its command line, its wording and
// its exit codes, over sekisho's own eyes. Scripts that read PortQry's output
// read this one's. What its documents leave open is chosen here and listed in
// docs/portqry.md.
package portqry

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Command is what a command line asks for.
type Command struct {
	Node        string
	TCP, UDP    bool
	Ports       []uint16 // in the order of asking
	Range       bool     // given by -r: no protocol is spoken with the endpoint mapper
	Quiet       bool     // nothing on the screen but errors
	Log         string   // file, empty: none
	Overwrite   bool     // without asking
	Source      uint16   // port to ask from, 0: any
	SlowLink    bool     // wait twice as long for datagrams
	NoReverse   bool     // look up no name of an address
	Community   string   // for SNMP
	Interactive bool
	Help        bool

	Line string // as it was typed, for the log
}

// The defaults of PortQry.
const (
	defaultPort      = 80
	defaultCommunity = "public"
	defaultNode      = "127.0.0.1"
)

// Error is a command line that cannot be carried out, in the words that the
// user reads.
type Error struct{ Text string }

// Error is the text.
func (e *Error) Error() string { return e.Text }

func wrong(format string, args ...any) error { return &Error{fmt.Sprintf(format, args...)} }

// Parse reads a command line. Options begin with a dash or, as in version 1,
// with a slash, and their names and values may be in any case. In the slash
// form -i and -s keep what they meant there: no reverse lookup, slow link.
func Parse(args []string) (Command, error) {
	p := parser{args: args, c: Command{TCP: true, Community: defaultCommunity, Line: strings.Join(args, " ")}}
	for len(p.args) > 0 {
		if err := p.option(); err != nil {
			return p.c, err
		}
	}
	return p.c, p.whole()
}

// parser takes a command line apart.
type parser struct {
	args []string
	c    Command
	from []string // which of -e, -o and -r were given
}

// option takes one option and its value off the arguments.
func (p *parser) option() error {
	word := p.args[0]
	p.args = p.args[1:]
	name, ok := strings.CutPrefix(strings.ToLower(word), "-")
	old := false
	if !ok {
		name, old = strings.CutPrefix(strings.ToLower(word), "/")
	}
	if name = strings.TrimPrefix(name, "-"); !ok && !old || name == "" {
		return wrong("%q is no option of PortQry; options begin with - or /", word)
	}
	switch name {
	case "?", "h", "help":
		p.c.Help = true
	case "q":
		p.c.Quiet = true
	case "y":
		p.c.Overwrite = true
	case "sl":
		p.c.SlowLink = true
	case "s":
		p.c.SlowLink = true // of version 1
	case "nr":
		p.c.NoReverse = true
	case "i":
		if old {
			p.c.NoReverse = true // of version 1
		} else {
			p.c.Interactive = true
		}
	case "n", "p", "e", "r", "o", "l", "sp", "cn":
		if len(p.args) == 0 {
			return wrong("option %s needs a value", word)
		}
		value := p.args[0]
		p.args = p.args[1:]
		return p.valued(name, word, value)
	case "local", "wport", "wpid", "wt", "v":
		return wrong("%s: the local mode of PortQry is not spoken yet; sekisho local shows what listens here and whose it is", word)
	default:
		return wrong("%q is no option of PortQry; -? shows them", word)
	}
	return nil
}

// valued takes an option that has a value.
func (p *parser) valued(name, word, value string) (err error) {
	switch name {
	case "n":
		p.c.Node = value
	case "p":
		p.c.TCP, p.c.UDP, err = protocols(value)
	case "e":
		p.from = append(p.from, word)
		var port uint16
		port, err = number(word, value)
		p.c.Ports = []uint16{port}
	case "r":
		p.from = append(p.from, word)
		p.c.Range = true
		p.c.Ports, err = span(word, value)
	case "o":
		p.from = append(p.from, word)
		p.c.Ports, err = list(word, value)
	case "l":
		p.c.Log = value
	case "sp":
		p.c.Source, err = number(word, value)
	case "cn":
		p.c.Community, err = community(word, value)
	}
	return err
}

// whole checks what the options say together.
func (p *parser) whole() error {
	c := &p.c
	if c.Help {
		return nil
	}
	if len(p.from) > 1 {
		return wrong("%s cannot be used together", strings.Join(p.from, " and "))
	}
	if c.Quiet && (c.Range || slices.Contains(p.from, "-o") || c.TCP && c.UDP) {
		return wrong("-q answers for one port of one protocol: not with -o, -r or -p both")
	}
	if c.Node == "" && !c.Interactive {
		return wrong("say which system to query: -n name_to_query")
	}
	if strings.ContainsAny(c.Node, " \t") {
		return wrong("%q is no name or address of a system", c.Node)
	}
	if c.Ports == nil && !c.Interactive {
		c.Ports = []uint16{defaultPort}
	}
	return nil
}

// protocols reads the value of -p.
func protocols(value string) (tcp, udp bool, err error) {
	switch strings.ToLower(value) {
	case "tcp":
		return true, false, nil
	case "udp":
		return false, true, nil
	case "both":
		return true, true, nil
	}
	return false, false, wrong("-p %q: the protocol is TCP, UDP or BOTH", value)
}

// number reads a port.
func number(word, value string) (uint16, error) {
	n, err := strconv.ParseUint(value, 10, 16)
	if err != nil || n == 0 {
		return 0, wrong("%s %q: a port is a number from 1 to 65535", word, value)
	}
	return uint16(n), nil
}

// span reads a range, of which one page of the documents has a semicolon where
// the others have a colon.
func span(word, value string) ([]uint16, error) {
	first, last, ok := strings.Cut(strings.ReplaceAll(value, ";", ":"), ":")
	if !ok {
		return nil, wrong("%s %q: a range is two ports with a colon between them, as 80:90", word, value)
	}
	from, err := number(word, first)
	if err != nil {
		return nil, err
	}
	to, err := number(word, last)
	if err != nil {
		return nil, err
	}
	if from >= to {
		return nil, wrong("%s %q: the first port of a range is lower than the last", word, value)
	}
	ports := make([]uint16, 0, int(to-from)+1)
	for port := int(from); port <= int(to); port++ {
		ports = append(ports, uint16(port))
	}
	return ports, nil
}

// list reads ports that are asked in the order in which they stand.
func list(word, value string) ([]uint16, error) {
	var ports []uint16
	for field := range strings.SplitSeq(value, ",") {
		port, err := number(word, field)
		if err != nil {
			return nil, err
		}
		ports = append(ports, port)
	}
	return ports, nil
}

// community reads the name between exclamation marks. Both or neither of them
// may be missing: shells take them for themselves.
func community(word, value string) (string, error) {
	name := strings.TrimSuffix(strings.TrimPrefix(value, "!"), "!")
	if name == "" || strings.HasPrefix(value, "!") != strings.HasSuffix(value, "!") || value == "!" {
		return "", wrong("%s %q: a community name stands between exclamation marks, as !public!", word, value)
	}
	return name, nil
}

// The waits for an answer: PortQry's own are not documented.
const (
	tcpWait = 3 * time.Second
	udpWait = 3 * time.Second
)
