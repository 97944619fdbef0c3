package ftp

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// Entry is one line of a list of files.
type Entry struct {
	Name   string
	Size   int64 // in bytes; -1 when the line does not tell it
	Folder bool
	Other  bool // a link, a device or something else that is no plain file
}

// Plain reports whether the entry is a file whose name can be sent back in a
// command.
func (e Entry) Plain() bool { return !e.Folder && !e.Other && sendable(e.Name) }

// sendable tells names without a path, and without what a terminal or a command
// line would take for something else.
func sendable(name string) bool {
	return name != "" && name != "." && name != ".." && !strings.ContainsAny(name, `/\`) &&
		strings.IndexFunc(name, unicode.IsControl) < 0 && strings.TrimSpace(name) == name
}

// ParseLine reads one line of the reply to LIST, whose form RFC 959 section
// 4.1.3 leaves open: that of ls -l, which most servers send, and that of DOS,
// which those of Windows do. Any other line is no entry.
func ParseLine(line string) (Entry, bool) {
	line = strings.TrimRight(line, "\r\n")
	if line == "" {
		return Entry{}, false
	}
	if strings.IndexByte("-dlbcps", line[0]) >= 0 {
		return unixLine(line)
	}
	return dosLine(line)
}

var months = []string{"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"}

// unixLine reads "-rw-r--r-- 1 root root 20 Nov 22 17:00 welcome.txt". Some
// servers leave the group out, so the month is what tells where the size and
// the name are.
func unixLine(line string) (Entry, bool) {
	fields := strings.Fields(line)
	if len(fields) < 7 {
		return Entry{}, false
	}
	for i := 3; i < min(len(fields)-3, 6); i++ {
		size, err := strconv.ParseInt(fields[i-1], 10, 64)
		if err != nil || size < 0 || !slices.Contains(months, fields[i]) {
			continue
		}
		name := behind(line, i+3)
		e := Entry{Name: name, Size: size, Folder: line[0] == 'd', Other: line[0] != 'd' && line[0] != '-'}
		return e, name != ""
	}
	return Entry{}, false
}

// behind is what stands behind the first n fields of a line and the one space
// after them: a name may begin with spaces and hold them.
func behind(line string, n int) string {
	for range n {
		line = strings.TrimLeft(line, " \t")
		end := strings.IndexAny(line, " \t")
		if end < 0 {
			return ""
		}
		line = line[end:]
	}
	return line[1:]
}

// dos is "11-22-26  05:00PM       20 welcome.txt", or <DIR> for the size.
var dos = regexp.MustCompile(`^\d{2}-\d{2}-\d{2,4}\s+\d{2}:\d{2}(?:[AP]M)?\s+(<DIR>|\d{1,18})\s+(\S.*)$`)

func dosLine(line string) (Entry, bool) {
	m := dos.FindStringSubmatch(line)
	if m == nil {
		return Entry{}, false
	}
	if m[1] == "<DIR>" {
		return Entry{Name: m[2], Size: -1, Folder: true}, true
	}
	size, err := strconv.ParseInt(m[1], 10, 64)
	return Entry{Name: m[2], Size: size}, err == nil
}

// ParseFacts reads one line of the reply to MLSD: "type=file;size=20; name"
// (RFC 3659 section 7.2). Entries for the folder itself and the one above it
// are of kind Other.
func ParseFacts(line string) (Entry, bool) {
	facts, name, ok := strings.Cut(strings.TrimRight(line, "\r\n"), " ")
	if !ok || name == "" || !strings.Contains(facts, "=") {
		return Entry{}, false
	}
	e := Entry{Name: name, Size: -1, Other: true}
	for fact := range strings.SplitSeq(facts, ";") {
		key, value, _ := strings.Cut(fact, "=")
		switch strings.ToLower(key) {
		case "type":
			e.Folder = strings.EqualFold(value, "dir")
			e.Other = !e.Folder && !strings.EqualFold(value, "file")
		case "size":
			if n, err := strconv.ParseInt(value, 10, 64); err == nil && n >= 0 {
				e.Size = n
			}
		}
	}
	return e, true
}

// Smallest is the smallest plain file of a list, the first of several. A file
// whose size is not told counts as larger than all others.
func Smallest(entries []Entry) (Entry, bool) {
	var found Entry
	ok := false
	for _, e := range entries {
		if e.Plain() && (!ok || uint64(e.Size) < uint64(found.Size)) {
			found, ok = e, true
		}
	}
	return found, ok
}

// Folders are the names of the folders of a list that can be sent back in a
// command, in its order.
func Folders(entries []Entry) []string {
	var names []string
	for _, e := range entries {
		if e.Folder && sendable(e.Name) {
			names = append(names, e.Name)
		}
	}
	return names
}
