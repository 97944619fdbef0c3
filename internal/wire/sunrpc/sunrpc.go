// Package sunrpc writes calls of ONC RPC (RFC 5531) and reads the replies of
// the port mapper (RFC 1833) and the mount protocol (RFC 1813, appendix I).
package sunrpc

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// Programs that have a name here (IANA, "rpc-program-numbers").
const (
	Portmapper = 100000
	NFS        = 100003
	Mount      = 100005
)

// TCP is the number that the port mapper has for TCP: that of IP.
const TCP = 6

// names are programs as people know them.
var names = map[uint32]string{
	Portmapper: "portmapper", 100001: "rstatd", 100002: "rusersd", NFS: "nfs", 100004: "ypserv", Mount: "mountd",
	100007: "ypbind", 100008: "walld", 100009: "yppasswdd", 100011: "rquotad", 100012: "sprayd", 100021: "nlockmgr",
	100024: "status", 100026: "bootparam", 100068: "cmsd", 100083: "ttdbserverd", 100227: "nfs_acl", 300019: "amd", 391002: "sgi_fam",
}

// The answers that are no result.
var (
	// ErrFormat is what is no reply to the call.
	ErrFormat = errors.New("no reply of RPC")
	// ErrNoProgram is a server that has another program.
	ErrNoProgram = errors.New("no such program")
	// ErrDenied is a server that wants credentials, or others.
	ErrDenied = errors.New("denied")
	// ErrProcedure is a server that does not know the procedure, or fails in it.
	ErrProcedure = errors.New("no such procedure")
)

// Mismatch is a server that has other versions of the program.
type Mismatch struct{ Low, High uint32 }

// Error names the versions.
func (m *Mismatch) Error() string { return fmt.Sprintf("has versions %d to %d", m.Low, m.High) }

// Call is a call without credentials (RFC 5531 section 9). The arguments are in
// XDR, the id comes back in the reply.
func Call(id, program, version, procedure uint32, arguments []byte) []byte {
	var b []byte
	for _, word := range []uint32{id, 0, 2, program, version, procedure, 0, 0, 0, 0} {
		b = binary.BigEndian.AppendUint32(b, word)
	}
	return append(b, arguments...)
}

// lastFragment is the bit that ends a record (RFC 5531 section 11).
const lastFragment = 1 << 31

// Record is a message as it stands on a stream.
func Record(message []byte) []byte {
	return append(binary.BigEndian.AppendUint32(nil, lastFragment|uint32(len(message))), message...)
}

// ReadRecord reads a message of at most limit bytes from a stream, in however
// many fragments. Its error is ErrFormat, or that of the reader.
func ReadRecord(r io.Reader, limit int) ([]byte, error) {
	var b []byte
	for fragments := 0; ; fragments++ {
		var head [4]byte
		if _, err := io.ReadFull(r, head[:]); err != nil {
			return nil, err
		}
		mark := binary.BigEndian.Uint32(head[:])
		length := int(mark &^ lastFragment)
		if length > limit-len(b) || fragments > 64 {
			return nil, ErrFormat
		}
		// What is read grows with what comes, not with what is promised.
		for length > 0 {
			part := min(length, 4096)
			b = append(b, make([]byte, part)...)
			if _, err := io.ReadFull(r, b[len(b)-part:]); err != nil {
				return nil, err
			}
			length -= part
		}
		if mark&lastFragment != 0 {
			return b, nil
		}
	}
}

// Result is the body of the reply to a call, or why there is none: a Mismatch,
// ErrNoProgram, ErrDenied, ErrProcedure or ErrFormat.
func Result(reply []byte, id uint32) ([]byte, error) {
	d := decoder{b: reply}
	if d.word() != id || d.word() != 1 || d.bad {
		return nil, ErrFormat
	}
	switch d.word() {
	case 0:
	case 1:
		return nil, ErrDenied
	default:
		return nil, ErrFormat
	}
	d.word()
	if d.opaque(400); d.bad {
		return nil, ErrFormat
	}
	switch status := d.word(); {
	case d.bad:
		return nil, ErrFormat
	case status == 0:
		return d.b, nil
	case status == 1:
		return nil, ErrNoProgram
	case status == 2:
		m := &Mismatch{d.word(), d.word()}
		if d.bad {
			return nil, ErrFormat
		}
		return nil, m
	case status <= 5:
		return nil, ErrProcedure
	}
	return nil, ErrFormat
}

// Mapping is a program and where it is (RFC 1833 section 3).
type Mapping struct{ Program, Version, Protocol, Port uint32 }

// String is like "nfs 3 tcp 2049".
func (m Mapping) String() string {
	name := names[m.Program]
	if name == "" {
		name = fmt.Sprint(m.Program)
	}
	protocol := fmt.Sprint(m.Protocol)
	switch m.Protocol {
	case TCP:
		protocol = "tcp"
	case 17:
		protocol = "udp"
	}
	return fmt.Sprintf("%s %d %s %d", name, m.Version, protocol, m.Port)
}

// maxList bounds what is kept of a list.
const maxList = 512

// Mappings reads the list of the port mapper.
func Mappings(body []byte) ([]Mapping, error) {
	d := decoder{b: body}
	var list []Mapping
	for d.word() == 1 && len(list) < maxList {
		list = append(list, Mapping{d.word(), d.word(), d.word(), d.word()})
	}
	if d.bad {
		return nil, ErrFormat
	}
	return list, nil
}

// Exported is a file system and whom it is for: hosts, networks and netgroups;
// none means everybody.
type Exported struct {
	Directory string
	Groups    []string
}

// Everybody reports whether anybody may mount it.
func (e Exported) Everybody() bool {
	return len(e.Groups) == 0 || slices.ContainsFunc(e.Groups, func(g string) bool {
		return slices.Contains([]string{"*", "(everyone)", "0.0.0.0/0", "0.0.0.0/0.0.0.0", "::/0"}, g)
	})
}

// String is like showmount's line: "/srv 192.0.2.0/24,host".
func (e Exported) String() string {
	if len(e.Groups) == 0 {
		return e.Directory + " *"
	}
	return e.Directory + " " + strings.Join(e.Groups, ",")
}

// Exports reads the list of the mount daemon. Names are text from the network.
func Exports(body []byte) ([]Exported, error) {
	d := decoder{b: body}
	var list []Exported
	for d.word() == 1 && len(list) < maxList {
		e := Exported{Directory: d.text(1024)}
		for d.word() == 1 && len(e.Groups) < maxList {
			e.Groups = append(e.Groups, d.text(255))
		}
		list = append(list, e)
	}
	if d.bad {
		return nil, ErrFormat
	}
	return list, nil
}

// decoder takes words and texts of XDR (RFC 4506) off b. Past the end it is bad.
type decoder struct {
	b   []byte
	bad bool
}

func (d *decoder) word() uint32 {
	if len(d.b) < 4 {
		d.bad = true
		return 0
	}
	w := binary.BigEndian.Uint32(d.b)
	d.b = d.b[4:]
	return w
}

func (d *decoder) opaque(limit uint32) []byte {
	length := d.word()
	padded := (uint64(length) + 3) &^ 3
	if length > limit || padded > uint64(len(d.b)) {
		d.bad = true
		return nil
	}
	b := d.b[:length]
	d.b = d.b[padded:]
	return b
}

func (d *decoder) text(limit uint32) string { return string(d.opaque(limit)) }
