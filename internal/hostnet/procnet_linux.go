package hostnet

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
)

var errLine = errors.New("malformed line")

// procNet reads the text form of a table, which tells neither the interface
// that a socket is bound to nor whether IPv6 is all that it takes.
func (m machine) procNet(t table) ([]socket, error) {
	// thread-self: the namespace of this thread, as netlink has it too.
	path := filepath.Join(m.root, "proc/thread-self/net", t.file)
	file, err := os.Open(path)
	if err != nil {
		return nil, &Error{Op: "read", Source: path, Err: err}
	}
	defer file.Close()

	var found []socket
	lines := bufio.NewScanner(file) // a line of more than 64 KiB is an error
	lines.Scan()                    // the heading
	for lines.Scan() {
		s, wanted, err := t.parseLine(lines.Bytes())
		if err == nil && len(found) == maxSockets {
			err = errTooMany
		}
		if err != nil {
			return nil, &Error{Op: "read", Source: path, Err: err}
		}
		if wanted {
			found = append(found, s)
		}
	}
	if err := lines.Err(); err != nil {
		return nil, &Error{Op: "read", Source: path, Err: err}
	}
	return found, nil
}

// parseLine reads one line of a table: number, local and remote address, state,
// queues, timer, retransmissions, user, timeout, inode and more.
func (t table) parseLine(line []byte) (s socket, wanted bool, err error) {
	fields := bytes.Fields(line)
	if len(fields) < 10 {
		return socket{}, false, errLine
	}
	state, err := strconv.ParseUint(string(fields[3]), 16, 8)
	if err != nil {
		return socket{}, false, errLine
	}
	if !t.wants(uint8(state)) {
		return socket{}, false, nil
	}
	local, ok := parseHexAddress(fields[1])
	uid, uidErr := strconv.ParseUint(string(fields[7]), 10, 32)
	inode, inodeErr := strconv.ParseUint(string(fields[9]), 10, 64)
	if !ok || uidErr != nil || inodeErr != nil {
		return socket{}, false, errLine
	}
	s = socket{transport: t.transport, local: local, uid: uint32(uid), inode: inode, partial: true}
	if t.all {
		s.state = uint8(state)
		if s.remote, ok = parseHexAddress(fields[2]); !ok {
			return socket{}, false, errLine
		}
	}
	return s, true, nil
}

// parseHexAddress reads 0100007F:0016. The kernel prints the address as 32-bit
// words of its own byte order, the port as a number.
func parseHexAddress(text []byte) (netip.AddrPort, bool) {
	words, number, ok := bytes.Cut(text, []byte(":"))
	if !ok || len(words) != 8 && len(words) != 32 {
		return netip.AddrPort{}, false
	}
	port, err := strconv.ParseUint(string(number), 16, 16)
	if err != nil {
		return netip.AddrPort{}, false
	}
	raw := make([]byte, hex.DecodedLen(len(words)))
	if _, err := hex.Decode(raw, words); err != nil {
		return netip.AddrPort{}, false
	}
	for word := raw; len(word) > 0; word = word[4:] {
		binary.NativeEndian.PutUint32(word, binary.BigEndian.Uint32(word))
	}
	address, ok := netip.AddrFromSlice(raw)
	return netip.AddrPortFrom(address, uint16(port)), ok
}
