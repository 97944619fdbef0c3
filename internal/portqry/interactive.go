package portqry

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
)

// shortcut is a service that query knows by name.
type shortcut struct {
	name     string
	tcp, udp []uint16
}

// shortcuts are those of PortQry.
var shortcuts = []shortcut{
	{"dns", []uint16{53}, []uint16{53}},
	{"ftp", []uint16{21}, nil},
	{"imap", []uint16{143}, nil},
	{"ipsec", nil, []uint16{500}},
	{"isa", []uint16{1745}, []uint16{1745}},
	{"l2tp", nil, []uint16{1701}},
	{"ldap", []uint16{389}, []uint16{389}},
	{"mail", []uint16{25, 110, 143}, nil},
	{"pop3", []uint16{110}, nil},
	{"rpc", []uint16{135}, []uint16{135}},
	{"smtp", []uint16{25}, nil},
	{"snmp", nil, []uint16{161}},
	{"sql", []uint16{1433}, []uint16{1434}},
	{"tftp", nil, []uint16{69}},
}

// maxInput is the longest line that interactive mode reads, in bytes.
const maxInput = 4096

// Interactive is the interactive mode: it reads commands until exit, the end of
// its input or the end of ctx and returns the exit code of the last query. What
// is typed goes to typed too, for a log. An error is one of in or out, or ctx's
// own.
func Interactive(ctx context.Context, c Command, eyes Eyes, in io.Reader, out, typed io.Writer) (int, error) {
	i := &interactive{Command: c, eyes: eyes, out: out}
	if i.Node == "" {
		i.Node = defaultNode
	}
	if i.Ports == nil {
		i.Ports = []uint16{defaultPort}
	}
	fmt.Fprintf(out, "\nPortqry Interactive Mode\n\nType 'help' for a list of commands\n\nDefault Node: %s\n\n", shown(i.Node))
	i.show()
	lines, failed := linesOf(in)
	for {
		if _, err := fmt.Fprint(out, "> "); err != nil {
			return i.code, err
		}
		var line string
		select {
		case <-ctx.Done():
			fmt.Fprintln(out)
			return i.code, ctx.Err()
		case read, ok := <-lines:
			if !ok {
				fmt.Fprintln(out)
				return i.code, <-failed
			}
			line = read
		}
		fmt.Fprintln(typed, shown(line))
		if strings.EqualFold(strings.TrimSpace(line), "exit") {
			return i.code, nil
		}
		if err := i.do(ctx, strings.Fields(line)); err != nil {
			return i.code, err
		}
	}
}

// linesOf reads lines one by one, so that whoever waits for one can wait for
// something else too. The reading goroutine ends with the input: nothing else
// ends a read from a terminal.
func linesOf(in io.Reader) (<-chan string, <-chan error) {
	lines, failed := make(chan string), make(chan error, 1)
	go func() {
		defer close(lines)
		scanner := bufio.NewScanner(in)
		scanner.Buffer(nil, maxInput)
		for scanner.Scan() {
			lines <- scanner.Text()
		}
		failed <- scanner.Err()
	}()
	return lines, failed
}

// interactive is a session and the options that it has by now.
type interactive struct {
	Command
	eyes Eyes
	out  io.Writer
	code int
}

func (i *interactive) show() {
	source := fmt.Sprint(i.Source)
	if i.Source == 0 {
		source = "0 (ephemeral)"
	}
	fmt.Fprintf(i.out, "Current option values:\n   end port= %s\n   protocol= %s\n   source port= %s\n", joined(i.Ports), i.protocol(), source)
	if i.Community != defaultCommunity {
		fmt.Fprintf(i.out, "   community name= %s\n", i.Community)
	}
	if i.NoReverse {
		fmt.Fprintln(i.out, "   no reverse lookup")
	}
	if i.SlowLink {
		fmt.Fprintln(i.out, "   slow link delay")
	}
	fmt.Fprintln(i.out)
}

func joined(ports []uint16) string {
	words := make([]string, len(ports))
	for i, p := range ports {
		words[i] = fmt.Sprint(p)
	}
	return strings.Join(words, ",")
}

func (i *interactive) protocol() string {
	switch {
	case i.TCP && i.UDP:
		return "BOTH"
	case i.UDP:
		return "UDP"
	}
	return "TCP"
}

// do carries one line out.
func (i *interactive) do(ctx context.Context, words []string) error {
	if len(words) == 0 {
		return nil
	}
	switch strings.ToLower(words[0]) {
	case "help", "?":
		_, err := fmt.Fprint(i.out, interactiveHelp)
		return err
	case "node", "n":
		if len(words) != 2 {
			return i.complain("node needs one name or address")
		}
		i.Node = words[1]
		return nil
	case "query", "q":
		return i.query(ctx, words[1:])
	case "set":
		return i.set(words[1:])
	}
	return i.complain(fmt.Sprintf("%q is no command; type 'help' for a list", words[0]))
}

func (i *interactive) complain(text string) error {
	_, err := fmt.Fprintln(i.out, text)
	return err
}

// query asks the ports that are set, or those of a shortcut.
func (i *interactive) query(ctx context.Context, words []string) error {
	if len(words) == 0 {
		return i.ask(ctx, i.Command)
	}
	at := slices.IndexFunc(shortcuts, func(s shortcut) bool { return strings.EqualFold(s.name, words[0]) })
	if at < 0 || len(words) > 1 {
		return i.complain(fmt.Sprintf("%q is no service that query knows; type 'help' for a list", strings.Join(words, " ")))
	}
	s := shortcuts[at]
	c := i.Command
	c.Range = false
	switch {
	case slices.Equal(s.tcp, s.udp):
		c.TCP, c.UDP, c.Ports = true, true, s.tcp
		return i.ask(ctx, c)
	case len(s.tcp) > 0:
		c.TCP, c.UDP, c.Ports = true, false, s.tcp
		if err := i.ask(ctx, c); err != nil || len(s.udp) == 0 {
			return err
		}
	}
	c.TCP, c.UDP, c.Ports = false, true, s.udp
	return i.ask(ctx, c)
}

// ask runs one query, which says by itself how the names of its ports were
// found.
func (i *interactive) ask(ctx context.Context, c Command) error {
	fmt.Fprintln(i.out, "resolving service name using local services file...")
	for _, on := range c.Asked() {
		if name := i.eyes.Service(on.Transport, on.Port); name != "" {
			fmt.Fprintf(i.out, "%s port resolved to the '%s' service\n", words[on.Transport], name)
		} else {
			fmt.Fprintf(i.out, "%s port %d: unknown service\n", words[on.Transport], on.Port)
		}
	}
	found, err := Query(ctx, c, i.eyes, i.out)
	i.code = found.ExitCode
	return err
}

// set changes one option.
func (i *interactive) set(words []string) error {
	name, value, _ := strings.Cut(strings.Join(words, " "), "=")
	name, value = strings.TrimSpace(name), strings.TrimSpace(value)
	var err error
	switch strings.ToLower(name) {
	case "all":
		i.show()
		return nil
	case "nr":
		i.NoReverse = !i.NoReverse
	case "sl":
		i.SlowLink = !i.SlowLink
	case "port", "e":
		var port uint16
		if port, err = number(name, value); err == nil {
			i.Ports, i.Range = []uint16{port}, false
		}
	case "sport", "sp":
		if value == "0" {
			i.Source = 0
			break
		}
		var port uint16
		if port, err = number(name, value); err == nil {
			i.Source = port
		}
	case "protocol", "p":
		var tcp, udp bool
		if tcp, udp, err = protocols(value); err == nil {
			i.TCP, i.UDP = tcp, udp
		}
	case "cn":
		var cn string
		if cn, err = community(name, value); err == nil {
			i.Community = cn
		}
	default:
		return i.complain(fmt.Sprintf("%q cannot be set; type 'help' for a list", name))
	}
	if err != nil {
		return i.complain(err.Error())
	}
	return nil
}

const interactiveHelp = `
node NAME, n NAME        query this system from now on
query, q                 query the ports that are set
query SERVICE            dns ftp imap ipsec isa l2tp ldap mail pop3 rpc smtp
                         snmp sql tftp
set all                  show the options
set port=N, set e=N      the port
set sport=N, set sp=N    the source port; 0 is any
set protocol=P, set p=P  TCP, UDP or BOTH
set cn=!NAME!            the SNMP community name
set nr                   reverse lookup on or off
set sl                   slow link delay on or off
exit                     end

`
