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

	"sekisho/internal/exposure"
)

// Command is what a command line asks for.
type Command struct {
	Node        string
	TCP, UDP    bool
	Ports       []uint16 // in the order of asking
	Range       bool     // given by -r: no protocol is spoken with the endpoint mapper
	Set         string   // name of a set of ports, empty: none
	FollowEPM   bool     // the ports that the endpoint mapper names are asked too
	Quiet       bool     // nothing on the screen but errors
	Log         string   // file, empty: none
	Overwrite   bool     // without asking
	Source      uint16   // port to ask from, 0: any
	SlowLink    bool     // wait twice as long for datagrams
	NoReverse   bool     // look up no name of an address
	Community   string   // for SNMP
	Interactive bool
	Help        bool

	Local     bool          // what this machine uses, instead of a query
	WatchPort uint16        // watched for changes, 0: none
	WatchPID  int           // watched for changes, 0: none
	Every     time.Duration // between two looks
	Verbose   bool          // services and modules of processes

	// Beyond PortQry:
	JSON       bool
	Authorized bool   // consent to ask a stranger
	Family     string // 4 or 6; empty: either

	Line string // as it was typed, for the log
}

// Watches reports whether this machine is watched for changes.
func (c Command) Watches() bool { return c.WatchPort != 0 || c.WatchPID != 0 }

// OnLocal reports whether this machine is read and nobody is queried.
func (c Command) OnLocal() bool { return c.Local || c.Watches() }

// Asked are the questions that the command asks, in their order.
func (c Command) Asked() []Asked {
	if c.Set != "" {
		return sets[c.Set]
	}
	asked := make([]Asked, 0, 2*len(c.Ports))
	for _, port := range c.Ports {
		if c.TCP {
			asked = append(asked, Asked{exposure.TCP, port})
		}
		if c.UDP {
			asked = append(asked, Asked{exposure.UDP, port})
		}
	}
	return asked
}

// Asked is a port of a transport.
type Asked struct {
	Transport exposure.Transport
	Port      uint16
}

// The defaults of PortQry.
const (
	defaultPort      = 80
	defaultCommunity = "public"
	defaultNode      = "127.0.0.1"
	defaultEvery     = time.Minute
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
	args  []string
	c     Command
	given []string // names of options, in the order of the line
}

// valued are the options that have a value.
var valued = map[string]func(p *parser, word, value string) error{
	"n": func(p *parser, _, value string) error { p.c.Node = value; return nil },
	"p": func(p *parser, _, value string) (err error) { p.c.TCP, p.c.UDP, err = protocols(value); return err },
	"e": func(p *parser, word, value string) error {
		port, err := number(word, value)
		p.c.Ports = []uint16{port}
		return err
	},
	"r": func(p *parser, word, value string) (err error) {
		p.c.Range = true
		p.c.Ports, err = span(word, value)
		return err
	},
	"o":  func(p *parser, word, value string) (err error) { p.c.Ports, err = list(word, value); return err },
	"l":  func(p *parser, word, value string) (err error) { p.c.Log, err = logName(word, value); return err },
	"sp": func(p *parser, word, value string) (err error) { p.c.Source, err = number(word, value); return err },
	"cn": func(p *parser, word, value string) (err error) {
		p.c.Community, err = p.community(word, value)
		return err
	},
	"wport": func(p *parser, word, value string) (err error) { p.c.WatchPort, err = number(word, value); return err },
	"wpid":  func(p *parser, word, value string) (err error) { p.c.WatchPID, err = process(word, value); return err },
	"wt":    func(p *parser, word, value string) (err error) { p.c.Every, err = seconds(word, value); return err },
	"set":   func(p *parser, word, value string) (err error) { p.c.Set, err = setName(word, value); return err },
	"format": func(p *parser, word, value string) (err error) {
		p.c.JSON, err = format(word, value)
		return err
	},
	"lang": func(*parser, string, string) error { return nil }, // heard before anything was said
}

// plain are the options without a value.
var plain = map[string]func(c *Command){
	"?": func(c *Command) { c.Help = true }, "h": func(c *Command) { c.Help = true }, "help": func(c *Command) { c.Help = true },
	"q":     func(c *Command) { c.Quiet = true },
	"y":     func(c *Command) { c.Overwrite = true },
	"sl":    func(c *Command) { c.SlowLink = true },
	"s":     func(c *Command) { c.SlowLink = true }, // of version 1
	"nr":    func(c *Command) { c.NoReverse = true },
	"i":     func(c *Command) { c.Interactive = true },
	"local": func(c *Command) { c.Local = true },
	"v":     func(c *Command) { c.Verbose = true },
	"4":     func(c *Command) { c.Family += "4" },
	"6":     func(c *Command) { c.Family += "6" },

	"authorized": func(c *Command) { c.Authorized = true },
	"follow-epm": func(c *Command) { c.FollowEPM = true },
}

// option takes one option and its value off the arguments.
func (p *parser) option() error {
	word := p.args[0]
	p.args = p.args[1:]
	name, value, joined := strings.Cut(word, "=")
	name = strings.ToLower(name)
	dashed, ok := strings.CutPrefix(name, "-")
	old := false
	if !ok {
		dashed, old = strings.CutPrefix(name, "/")
	}
	if name = strings.TrimPrefix(dashed, "-"); !ok && !old || name == "" {
		return wrong("%q is no option of PortQry; options begin with - or /", word)
	}
	if old && name == "i" { // of version 1
		name = "nr"
	}
	if name == "f" {
		name = "format"
	}
	if set, is := plain[name]; is && !joined {
		p.given = append(p.given, name)
		set(&p.c)
		return nil
	}
	take, is := valued[name]
	if !is {
		return wrong("%q is no option of PortQry; -? shows them", word)
	}
	p.given = append(p.given, name)
	if !joined {
		if len(p.args) == 0 {
			return wrong("option %s needs a value", word)
		}
		value, p.args = p.args[0], p.args[1:]
	}
	return take(p, strings.TrimSuffix(word, "="+value), value)
}

// has tells which of some options were given, with their dash.
func (p *parser) has(names ...string) (found []string) {
	for _, name := range p.given {
		if slices.Contains(names, name) {
			found = append(found, "-"+name)
		}
	}
	return found
}

// apart are options of which each excludes the others.
var apart = [][]string{{"e", "o", "r", "set"}, {"local", "wport", "wpid"}, {"p", "set"}, {"i", "set"}, {"4", "6"}}

// whole checks what the options say together.
func (p *parser) whole() error {
	c := &p.c
	if c.Help {
		return nil
	}
	for _, names := range apart {
		if found := p.has(names...); len(found) > 1 {
			return wrong("%s cannot be used together", strings.Join(found, " and "))
		}
	}
	if c.OnLocal() {
		return p.local()
	}
	if p.has("wt") != nil {
		return wrong("-wt goes only with -wport or -wpid")
	}
	if c.Quiet && (c.Interactive || c.Set != "" || p.has("o", "r") != nil || c.TCP && c.UDP) {
		return wrong("-q answers for one port of one protocol: not with -o, -r, -i, -set or -p both")
	}
	if c.Quiet && c.JSON {
		return wrong("-q prints nothing: not with --format json")
	}
	if c.Interactive && c.JSON {
		return wrong("--format json answers one command line: not with -i")
	}
	if c.Node == "" && !c.Interactive {
		return wrong("say which system to query: -n name_to_query")
	}
	if strings.ContainsAny(c.Node, " \t") {
		return wrong("%q is no name or address of a system", c.Node)
	}
	if c.Ports == nil && c.Set == "" && !c.Interactive {
		c.Ports = []uint16{defaultPort}
	}
	if c.FollowEPM && (c.Range || c.Interactive || !slices.ContainsFunc(c.Asked(), func(a Asked) bool { return a.Port == portEPM })) {
		return wrong("--follow-epm asks the ports that the endpoint mapper names: it goes with -e 135, an -o with 135 in it, or -set ad")
	}
	return nil
}

// local checks what goes with the local mode, where -q counts for nothing.
func (p *parser) local() error {
	c := &p.c
	which := p.has("local", "wport", "wpid")[0]
	if found := p.has("n", "e", "r", "o", "p", "sp", "cn", "i", "set", "follow-epm"); found != nil {
		return wrong("%s and %s cannot be used together: the one queries a system, the other reads this one", which, found[0])
	}
	if c.Local && p.has("wt") != nil {
		return wrong("-wt goes only with -wport or -wpid")
	}
	c.Quiet = false
	if c.Watches() && c.Every == 0 {
		c.Every = defaultEvery
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

// community reads the name between exclamation marks, in which blanks may
// stand: then it is several arguments. Both marks or neither may be missing:
// shells take them for themselves.
func (p *parser) community(word, value string) (string, error) {
	for len(value) > 0 && value[0] == '!' && (len(value) == 1 || !strings.HasSuffix(value, "!")) && len(p.args) > 0 {
		value += " " + p.args[0]
		p.args = p.args[1:]
	}
	return community(word, value)
}

func community(word, value string) (string, error) {
	name := strings.TrimSuffix(strings.TrimPrefix(value, "!"), "!")
	if name == "" || strings.HasPrefix(value, "!") != strings.HasSuffix(value, "!") || value == "!" {
		return "", wrong("%s %q: a community name stands between exclamation marks, as !public!", word, value)
	}
	return name, nil
}

// logName reads the name of a log file, which PortQry does not let hold blanks;
// its folders may.
func logName(word, value string) (string, error) {
	if name := value[strings.LastIndexAny(value, `/\`)+1:]; name == "" || strings.ContainsAny(name, " \t") {
		return "", wrong("%s %q: the log needs a file name, and one without spaces", word, value)
	}
	return value, nil
}

// process reads the number of a process.
func process(word, value string) (int, error) {
	n, err := strconv.ParseUint(value, 10, 31)
	if err != nil || n == 0 {
		return 0, wrong("%s %q: a process ID is a number from 1", word, value)
	}
	return int(n), nil
}

// seconds reads how long is waited between two looks.
func seconds(word, value string) (time.Duration, error) {
	n, err := strconv.ParseUint(value, 10, 16)
	if err != nil || n < 1 || n > 1200 {
		return 0, wrong("%s %q: the watch time is 1 to 1200 seconds", word, value)
	}
	return time.Duration(n) * time.Second, nil
}

// format reads the form of what is printed.
func format(word, value string) (json bool, err error) {
	switch strings.ToLower(value) {
	case "json":
		return true, nil
	case "text":
		return false, nil
	}
	return false, wrong("%s %q: the format is text or json", word, value)
}

// The waits for an answer: PortQry's own are not documented. A server that looks
// up our name first greets late.
const (
	tcpWait = 8 * time.Second
	udpWait = 3 * time.Second
)
