package hostnet

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"sekisho/internal/exposure"
)

// Inspect tells the services that processes belong to, which on Linux are
// systemd's units, and the files whose code they have in memory, which only
// root and the owner of a process may read.
func Inspect(ctx context.Context, pids []int) map[int]Details {
	return machine{root: "/"}.inspect(ctx, pids)
}

func (m machine) inspect(ctx context.Context, pids []int) map[int]Details {
	found := make(map[int]Details, len(pids))
	for _, pid := range pids {
		if ctx.Err() != nil {
			break
		}
		var d Details
		dir := "proc/" + strconv.Itoa(pid)
		if text, err := m.read(dir + "/cgroup"); err == nil {
			d.ServicesSeen = true
			if unit := parseCgroup(text).unit; strings.HasSuffix(unit, ".service") {
				d.Services = []exposure.HostService{{Name: unit, Display: m.description(unit)}}
			}
		}
		if file, err := os.Open(filepath.Join(m.root, dir, "maps")); err == nil {
			d.Modules, d.ModulesLimited, err = parseMaps(io.LimitReader(file, maxMaps))
			d.ModulesSeen = err == nil
			_ = file.Close()
		}
		found[pid] = d
	}
	return found
}

// maxMaps is how much of a process's memory map is read: 100 bytes a line and
// 65,530 lines at most (vm.max_map_count).
const maxMaps = 8 << 20

// parseMaps finds in /proc/PID/maps the files of which a process may run code,
// each with the lowest address of it. A line is address, permissions, offset,
// device, inode and path, which is blank without a file.
func parseMaps(r io.Reader) (modules []exposure.LoadedModule, limited bool, err error) {
	var (
		lines = bufio.NewScanner(r)
		bases = map[string]uint64{}
		seen  = map[string]bool{}
	)
	for lines.Scan() {
		fields := bytes.Fields(lines.Bytes())
		if len(fields) < 6 || fields[5][0] != '/' {
			continue
		}
		at := bytes.IndexByte(lines.Bytes(), '/')
		path := string(lines.Bytes()[at:])
		start, _, _ := strings.Cut(string(fields[0]), "-")
		base, err := strconv.ParseUint(start, 16, 64)
		if err != nil {
			continue
		}
		if _, ok := bases[path]; !ok {
			bases[path] = base
		}
		if !bytes.Contains(fields[1], []byte("x")) || seen[path] {
			continue
		}
		if seen[path] = true; len(modules) == maxModules {
			return modules, true, nil
		}
		modules = append(modules, exposure.LoadedModule{Path: clean(path, maxPath), Base: bases[path]})
	}
	return modules, false, lines.Err()
}

// unitFolders are where systemd looks for units, in its order (systemd.unit(5)).
var unitFolders = []string{"etc/systemd/system", "run/systemd/system", "usr/local/lib/systemd/system", "usr/lib/systemd/system", "lib/systemd/system"}

// description is what a unit's file says of it. That of name@instance.service
// is name@.service.
func (m machine) description(unit string) string {
	names := []string{unit}
	if name, rest, ok := strings.Cut(unit, "@"); ok && rest != ".service" {
		names = append(names, name+"@.service")
	}
	for _, name := range names {
		if strings.ContainsRune(name, filepath.Separator) {
			continue
		}
		for _, folder := range unitFolders {
			text, err := m.read(filepath.Join(folder, name))
			if err != nil {
				continue
			}
			for line := range strings.Lines(string(text)) {
				if words, ok := strings.CutPrefix(strings.TrimSpace(line), "Description="); ok {
					return clean(strings.TrimSpace(words), maxDisplay)
				}
			}
			return ""
		}
	}
	return ""
}

// ProcessName is the name of a process, and whether there is one.
func ProcessName(_ context.Context, pid int) (name string, ok bool) {
	m := machine{root: "/"}
	p := m.process(pid)
	if p == nil {
		return "", false
	}
	m.describe(p)
	return clean(p.name, maxName), true
}
