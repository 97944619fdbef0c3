package hostnet

import (
	"bufio"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// maxPasswd bounds what is read of /etc/passwd.
const maxPasswd = 8 << 20

// users names users by the machine's own files. The C library would ask a
// directory server for the others, and a reading of this machine sends nothing:
// such a user stays a number.
type users struct {
	machine machine
	local   map[uint32]string // nil: not read yet
}

func (u *users) name(uid uint32) string {
	if u.local == nil {
		u.local = u.machine.passwd()
	}
	if name, ok := u.local[uid]; ok {
		return name
	}
	name := strconv.FormatUint(uint64(uid), 10)
	// systemd tells the users that it makes up for services (DynamicUser=) by
	// links from number to name.
	link := filepath.Join(u.machine.root, "run/systemd/dynamic-uid/direct:"+name)
	if dynamic, err := os.Readlink(link); err == nil {
		name = clean(dynamic, maxName)
	}
	u.local[uid] = name
	return name
}

// passwd reads the names of /etc/passwd; of several with one number the first
// counts, as for getpwuid(3).
func (m machine) passwd() map[uint32]string {
	names := map[uint32]string{}
	file, err := os.Open(filepath.Join(m.root, "etc/passwd"))
	if err != nil {
		return names
	}
	defer file.Close()
	lines := bufio.NewScanner(io.LimitReader(file, maxPasswd))
	for lines.Scan() {
		uid, name, ok := parsePasswd(lines.Text())
		if _, known := names[uid]; ok && !known {
			names[uid] = name
		}
	}
	return names
}

// parsePasswd reads name:password:uid: of passwd(5).
func parsePasswd(line string) (uid uint32, name string, ok bool) {
	fields := strings.SplitN(line, ":", 4)
	if len(fields) < 4 || fields[0] == "" {
		return 0, "", false
	}
	id, err := strconv.ParseUint(fields[2], 10, 32)
	return uint32(id), clean(fields[0], maxName), err == nil
}
