package dialogue

import "fmt"

// The commands of RFC 854.
const (
	subEnd   = 240
	subBegin = 250
	will     = 251
	wont     = 252
	do       = 253
	dont     = 254
	iac      = 255
)

// commands and options are their names (RFC 854, and the registry of IANA).
var (
	commands = map[byte]string{
		240: "SE", 241: "NOP", 242: "DATA MARK", 243: "BREAK", 244: "INTERRUPT", 245: "ABORT OUTPUT",
		246: "ARE YOU THERE", 247: "ERASE CHARACTER", 248: "ERASE LINE", 249: "GO AHEAD",
		will: "WILL", wont: "WONT", do: "DO", dont: "DONT",
	}
	options = map[byte]string{
		0: "BINARY", 1: "ECHO", 3: "SUPPRESS GO AHEAD", 5: "STATUS", 6: "TIMING MARK", 24: "TERMINAL TYPE", 31: "WINDOW SIZE",
		32: "TERMINAL SPEED", 33: "REMOTE FLOW CONTROL", 34: "LINEMODE", 35: "X DISPLAY LOCATION", 36: "ENVIRONMENT",
		37: "AUTHENTICATION", 38: "ENCRYPT", 39: "NEW ENVIRONMENT", 45: "SUPPRESS LOCAL ECHO", 46: "START TLS", 70: "MSSP", 86: "MCCP",
	}
)

// maxCommand bounds what is kept of a subnegotiation that does not end, and
// maxAnswers how many offers are refused: a peer that answers each refusal by
// another offer would go on for ever.
const (
	maxCommand = 512
	maxAnswers = 256
)

// part is a run of text, or one command.
type part struct {
	data     []byte // the text, or the command in words
	command  bool
	answer   []byte // what is to be sent back
	answered string // the same in words
}

// negotiation takes the commands of Telnet out of what a server sends, and
// refuses every option: what is typed here are whole lines.
type negotiation struct {
	on       bool
	pending  []byte // a command whose end has not come
	answered int
}

// parts cuts bytes into text and commands. A command may come in pieces.
func (n *negotiation) parts(b []byte) []part {
	if !n.on {
		return []part{{data: b}}
	}
	b = append(n.pending, b...)
	n.pending = nil
	var (
		list []part
		text []byte
	)
	flush := func() {
		if len(text) > 0 {
			list = append(list, part{data: text})
			text = nil
		}
	}
	for i := 0; i < len(b); {
		if b[i] != iac {
			text = append(text, b[i])
			i++
			continue
		}
		length, whole := commandLength(b[i:])
		if !whole {
			n.pending = append([]byte{}, b[i:]...)
			break
		}
		if b[i+1] == iac { // a byte 255 of the text
			text = append(text, iac)
			i += length
			continue
		}
		flush()
		list = append(list, n.command(b[i:i+length]))
		i += length
	}
	flush()
	return list
}

// commandLength is how long the command at the beginning of b is; whole is
// false while its end has not come. One that is too long ends at the bound.
func commandLength(b []byte) (length int, whole bool) {
	switch {
	case len(b) < 2:
		return 0, false
	case b[1] >= will && b[1] <= dont:
		return 3, len(b) >= 3
	case b[1] != subBegin:
		return 2, true
	}
	for i := 2; i+1 < len(b); i++ {
		if b[i] == iac && b[i+1] == subEnd {
			return i + 2, true
		}
		if b[i] == iac && b[i+1] == iac {
			i++
		}
		if i >= maxCommand {
			return i, true
		}
	}
	return 0, false
}

// command says what a command is and how it is answered.
func (n *negotiation) command(b []byte) part {
	p := part{command: true}
	switch verb := b[1]; {
	case verb == subBegin:
		p.data = fmt.Appendf(nil, "SB %s, %d bytes", named(options, b[min(2, len(b)-1)]), max(len(b)-5, 0))
	case verb < will:
		p.data = []byte(named(commands, verb))
	default:
		p.data = []byte(commands[verb] + " " + named(options, b[2]))
		refusal := map[byte]byte{will: dont, do: wont}[verb]
		if refusal != 0 && n.answered < maxAnswers {
			n.answered++
			p.answer = []byte{iac, refusal, b[2]}
			p.answered = commands[refusal] + " " + named(options, b[2])
		}
	}
	return p
}

func named(names map[byte]string, code byte) string {
	if name, known := names[code]; known {
		return name
	}
	return fmt.Sprint(code)
}
