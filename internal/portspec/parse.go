package portspec

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Spec is which ports are meant, by transport.
type Spec struct {
	TCP Set
	UDP Set
}

// Parse reads a list of ports such as "22,80-90,ssh,@common,u:53,snmp":
// numbers (0 included), ranges, names of services and named sets, with commas
// between them and blanks around the commas. "t:" and "u:" say, as with nmap,
// that what follows is TCP or UDP until the next of them; before the first,
// ports are TCP, or UDP when udp is true. A range without its beginning starts
// at 1, one without its end goes to 65535, and "-" alone is 1-65535. A name
// stands for the ports that the service has on the transport in force. Names
// and sets are read in any case.
//
// The sets:
//
//	@common   the 26 ports that ShieldsUP! calls common
//	@service  every port of every service in the catalogue
//	@grid     0-1055, the service ports that ShieldsUP! paints as a grid
//	@trojan   the usual ports of remote-access trojans; that one of them is
//	          open is a hint to look who owns it, and nothing more
//	@all      1-65535; port 0 is not used on networks, name it if you mean it
//
// An error is an [*Error] that points at the character that is wrong.
func Parse(text string, udp bool) (Spec, error) {
	p := parser{text: text, udp: udp}
	if half, wide := narrow(text); wide >= 0 {
		_, size := utf8.DecodeRuneInString(text[wide:])
		return Spec{}, p.fail(FullWidth, wide, wide+size, half)
	}
	for start := 0; start <= len(text); {
		end := len(text)
		if comma := strings.IndexByte(text[start:], ','); comma >= 0 {
			end = start + comma
		}
		if err := p.item(start, end); err != nil {
			return Spec{}, err
		}
		start = end + 1
	}
	return Spec{TCP: p.tcp.set(), UDP: p.udpPorts.set()}, nil
}

// parser reads one text. Positions in it are bytes until they go into an Error.
type parser struct {
	text     string
	udp      bool // the transport in force
	tcp      bitmap
	udpPorts bitmap
}

// fail makes the error about text[start:end].
func (p *parser) fail(kind Kind, start, end int, suggestion string) error {
	return &Error{
		Kind:       kind,
		Text:       p.text,
		Offset:     utf8.RuneCountInString(p.text[:start]),
		Item:       p.text[start:end],
		Suggestion: suggestion,
	}
}

// add puts a range in on the transport in force.
func (p *parser) add(spans ...span) {
	into := &p.tcp
	if p.udp {
		into = &p.udpPorts
	}
	for _, r := range spans {
		into.add(r.first, r.last)
	}
}

// trim moves the ends of text[start:end] past the blanks in it.
func (p *parser) trim(start, end int) (int, int) {
	end = start + len(strings.TrimRightFunc(p.text[start:end], unicode.IsSpace))
	start = end - len(strings.TrimLeftFunc(p.text[start:end], unicode.IsSpace))
	return start, end
}

// item reads what stands between two commas: an optional prefix, and then one
// number, range, set or name.
func (p *parser) item(start, end int) error {
	from, end := p.trim(start, end)
	prefix := from
	for prefix < end && isLetter(p.text[prefix]) {
		prefix++
	}
	if prefix > from && prefix < end && p.text[prefix] == ':' {
		switch strings.ToLower(p.text[from:prefix]) {
		case "t":
			p.udp = false
		case "u":
			p.udp = true
		default:
			return p.fail(UnknownPrefix, from, prefix+1, prefixMeant(p.text[from:prefix]))
		}
		from, end = p.trim(prefix+1, end)
	}
	if from == end {
		return p.fail(Missing, end, end, "")
	}
	switch c := p.text[from]; {
	case c == '@':
		return p.set(from, end)
	case c == '-' || isDigit(c):
		return p.numbers(from, end)
	}
	return p.name(from, end)
}

// numbers reads a number or a range.
func (p *parser) numbers(start, end int) error {
	digits := func(from int) int {
		for from < end && isDigit(p.text[from]) {
			from++
		}
		return from
	}
	stop := digits(start)
	first, err := p.number(start, stop, 1)
	if err != nil {
		return err
	}
	last := first
	if stop < end && p.text[stop] == '-' {
		from := stop + 1
		stop = digits(from)
		if stop == from && stop < end && p.text[stop] == '-' {
			return p.fail(Negative, stop, end, "")
		}
		if stop == end || stop > from {
			if last, err = p.number(from, stop, 65535); err != nil {
				return err
			}
		}
	}
	if stop < end {
		_, size := utf8.DecodeRuneInString(p.text[stop:])
		return p.fail(Misplaced, stop, stop+size, numberMeant(p.text[start:end]))
	}
	if last < first {
		return p.fail(Reversed, start, end, reversed(p.text[start:end]))
	}
	p.add(span{first, last})
	return nil
}

// number reads text[start:end], all digits, or takes the default of an open end
// when there are none.
func (p *parser) number(start, end int, open uint16) (uint16, error) {
	if start == end {
		return open, nil
	}
	n := 0
	for _, c := range []byte(p.text[start:end]) {
		if n = n*10 + int(c-'0'); n > 65535 {
			return 0, p.fail(TooLarge, start, end, "")
		}
	}
	return uint16(n), nil
}

// set reads the name of a set.
func (p *parser) set(start, end int) error {
	name := strings.ToLower(p.text[start:end])
	spans, known := named(name, p.udp)
	if !known {
		return p.fail(UnknownSet, start, end, Similar(name, setNames))
	}
	p.add(spans...)
	return nil
}

// name reads the name of a service.
func (p *parser) name(start, end int) error {
	name := p.text[start:end]
	if i := strings.IndexFunc(name, func(r rune) bool { return r < utf8.RuneSelf && !isNameByte(byte(r)) }); i >= 0 {
		return p.fail(Misplaced, start+i, start+i+1, numberMeant(name))
	}
	s, known := ByName(name)
	if !known {
		return p.fail(UnknownName, start, end, Similar(strings.ToLower(name), serviceNames()))
	}
	ports := s.TCP
	if p.udp {
		ports = s.UDP
	}
	switch {
	case len(ports) == 0 && p.udp:
		return p.fail(NotUDP, start, end, "t:"+s.Name)
	case len(ports) == 0:
		return p.fail(NotTCP, start, end, "u:"+s.Name)
	}
	for _, port := range ports {
		p.add(span{port, port})
	}
	return nil
}

func isDigit(c byte) bool  { return '0' <= c && c <= '9' }
func isLetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }

// isNameByte holds for what names of services are made of (RFC 6335 section
// 5.1), and for what people write in their place.
func isNameByte(c byte) bool {
	return isLetter(c) || isDigit(c) || c == '-' || c == '_' || c == '.' || c == '+'
}
