package snmp

import (
	"bytes"
	"errors"
	"strconv"
)

// Limits of what is read of the files of vendors.
const (
	MaxMIB         = 4 << 20 // bytes of one file
	maxDefinitions = 200_000 // of all files
	maxMIBName     = 64      // RFC 2578 section 3.1
	maxMIBDepth    = 16      // of parents inside one pair of braces
)

// ErrMIB is a file that holds too much to be a module.
var ErrMIB = errors.New("the file holds more than a MIB module may")

// definition is one name with the place that its module gives it.
type definition struct {
	name, parent string
	subs         []uint32
}

// mibMacros are the words after a name whose value is a place in the tree (RFC
// 2578, RFC 2580); TRAP-TYPE is that of RFC 1215.
var mibMacros = map[string]bool{
	"OBJECT": true, "OBJECT-TYPE": true, "OBJECT-IDENTITY": true, "MODULE-IDENTITY": true, "NOTIFICATION-TYPE": true,
	"OBJECT-GROUP": true, "NOTIFICATION-GROUP": true, "MODULE-COMPLIANCE": true, "AGENT-CAPABILITIES": true, "TRAP-TYPE": true,
}

// Read takes the names of a MIB module: its OBJECT IDENTIFIER assignments and
// the macros that place an object. What else stands in it is passed over. Resolve
// must follow the last file, since modules stand on one another.
func (n *Names) Read(mib []byte) error {
	if len(mib) > MaxMIB {
		return ErrMIB
	}
	s := mibScanner{rest: mib}
	var before, name, enterprise string
	macro := ""
	for {
		word := s.next()
		switch {
		case word == "":
			return nil
		case mibMacros[word] && mibName(before):
			if word == "OBJECT" && s.peek() != "IDENTIFIER" {
				break
			}
			name, macro, enterprise = before, word, ""
		case word == "ENTERPRISE" && macro == "TRAP-TYPE":
			if enterprise = s.next(); enterprise == "{" {
				enterprise = s.next()
			}
		case word == "::=" && name != "":
			d, ok := s.place(name)
			if macro == "TRAP-TYPE" {
				d, ok = s.trap(name, enterprise)
			}
			if ok {
				if len(n.open) == maxDefinitions {
					return ErrMIB
				}
				n.open = append(n.open, d)
			}
			name, macro = "", ""
		}
		before = word
	}
}

// mibName reports whether a word may be the name of an object.
func mibName(w string) bool {
	return w != "" && len(w) <= maxMIBName && w[0] >= 'a' && w[0] <= 'z'
}

// Resolve gives the objects that Read found their places. It returns how many
// have none, since a module that they stand on was not read.
func (n *Names) Resolve() (missing int) {
	for {
		var left []definition
		for _, d := range n.open {
			parent, known := n.byName[d.parent]
			if d.parent == "" {
				known = true
			}
			switch {
			case !known:
				left = append(left, d)
			case len(parent)+len(d.subs) <= maxSubs:
				n.add(parent.Plus(d.subs...), d.name)
			}
		}
		if len(left) == len(n.open) {
			n.open = nil
			return len(left)
		}
		n.open = left
	}
}

// mibScanner takes words off a module.
type mibScanner struct{ rest []byte }

// peek is the next word, which stays.
func (s *mibScanner) peek() string {
	rest := s.rest
	word := s.next()
	s.rest = rest
	return word
}

// next is the next word: a name, a number, a sign or ::=. A text is passed over
// as one sign. It is empty at the end.
func (s *mibScanner) next() string {
	for {
		s.rest = bytes.TrimLeft(s.rest, " \t\r\n\f\v")
		if !bytes.HasPrefix(s.rest, []byte("--")) {
			break
		}
		// A comment ends with its line. By the book two more hyphens end it too,
		// which makers who draw lines of hyphens do not mean.
		end := bytes.IndexByte(s.rest, '\n')
		if end < 0 {
			end = len(s.rest)
		}
		s.rest = s.rest[end:]
	}
	b := s.rest
	if len(b) == 0 {
		return ""
	}
	size := 0
	for size < len(b) && mibWord(b[size]) && !bytes.HasPrefix(b[size:], []byte("--")) {
		size++
	}
	switch {
	case size > 0:
	case b[0] == '"':
		size = bytes.IndexByte(b[1:], '"') + 2
		if size < 2 {
			size = len(b)
		}
		s.rest = b[size:]
		return `"`
	case bytes.HasPrefix(b, []byte("::=")):
		size = 3
	default:
		size = 1
	}
	s.rest = b[size:]
	return string(b[:size])
}

func mibWord(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '_'
}

// place reads { parent 1 two(2) }.
func (s *mibScanner) place(name string) (definition, bool) {
	d := definition{name: name}
	if s.peek() != "{" {
		return d, false
	}
	s.next()
	for i := 0; ; i++ {
		word := s.next()
		switch {
		case word == "}":
			return d, len(d.subs) > 0
		case word == "" || i > 4*maxMIBDepth:
			return d, false
		case mibName(word) && s.peek() == "(":
			// The number says it, and the name of iso(1) org(3) is known anyway.
			s.next()
			if !d.number(s.next()) || s.next() != ")" {
				return d, false
			}
		case mibName(word) && i == 0:
			d.parent = word
			if word == "iso" {
				d.parent, d.subs = "", []uint32{1}
			}
		case !d.number(word):
			return d, false
		}
	}
}

func (d *definition) number(word string) bool {
	v, err := strconv.ParseUint(word, 10, 32)
	if err != nil || len(d.subs) == maxMIBDepth {
		return false
	}
	d.subs = append(d.subs, uint32(v))
	return true
}

// trap reads the number of a TRAP-TYPE, which stands below its enterprise (RFC
// 3584 section 3.1).
func (s *mibScanner) trap(name, enterprise string) (definition, bool) {
	d := definition{name: name, parent: enterprise, subs: []uint32{0}}
	return d, enterprise != "" && d.number(s.next())
}
