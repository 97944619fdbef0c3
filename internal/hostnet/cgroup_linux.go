package hostnet

import (
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// maxUnit bounds the name of a unit, which systemd keeps below 256 bytes.
const maxUnit = 256

// group is what a control group's path tells of the processes in it.
type group struct {
	unit      string // systemd's, as systemctl takes it
	container string // runtime and short id
}

// parseCgroup reads /proc/PID/cgroup, lines of ID:CONTROLLERS:PATH. The unified
// hierarchy counts first, then systemd's own, then any that tells something.
func parseCgroup(text []byte) group {
	var unified, named string
	var others []string
	for line := range strings.Lines(string(text)) {
		fields := strings.SplitN(strings.TrimRight(line, "\n"), ":", 3)
		switch {
		case len(fields) < 3:
		case fields[0] == "0" && fields[1] == "":
			unified = fields[2]
		case fields[1] == "name=systemd":
			named = fields[2]
		default:
			others = append(others, fields[2])
		}
	}
	var best group
	for _, path := range append([]string{unified, named}, others...) {
		found := parseGroupPath(path)
		if best.unit == "" {
			best.unit = found.unit
		}
		if best.container == "" {
			best.container = found.container
		}
	}
	return best
}

// parseGroupPath finds the unit and the container in the path of a group.
func parseGroupPath(path string) group {
	path = strings.TrimSuffix(path, " (deleted)")
	names := strings.FieldsFunc(path, func(r rune) bool { return r == '/' })
	unit, at := unitOf(names)
	container, inside := containerOf(names)
	if container != "" && at >= inside {
		// The unit is the container's own scope, or one that runs in it.
		unit = ""
	}
	return group{unit: clean(unit, maxUnit), container: clean(container, maxUnit)}
}

// unitOf follows systemd (cg_path_get_unit): slices are only folders, the first
// other name is the unit. What is below belongs to the unit and may be named by
// anybody, except below a user's manager, whose units are told instead.
func unitOf(names []string) (unit string, at int) {
	for i, name := range names {
		// A name that would be mistaken for a file of the kernel has an underscore
		// before it (cg_unescape).
		name = strings.TrimPrefix(name, "_")
		switch {
		case strings.HasSuffix(name, ".slice"):
			continue
		case !isUnit(name):
			return unit, at
		case strings.HasPrefix(name, "user@") && unit == "":
			unit, at = name, i
			continue
		case name == "init.scope" && unit != "":
			return unit, at // the user's manager itself
		}
		return name, i
	}
	return unit, at
}

func isUnit(name string) bool {
	for _, kind := range []string{".service", ".scope", ".socket", ".mount", ".swap"} {
		if stem, ok := strings.CutSuffix(name, kind); ok && stem != "" {
			return true
		}
	}
	return false
}

// runtimes are the words before the id of a container in the name of its
// group, and whom they stand for. conmon holds the ports that podman publishes.
var runtimes = []struct{ prefix, runtime string }{
	{"docker-", "docker"},
	{"libpod-conmon-", "podman"},
	{"libpod-payload-", "podman"},
	{"libpod-", "podman"},
	{"cri-containerd-", "containerd"},
	{"crio-conmon-", "cri-o"},
	{"crio-", "cri-o"},
	{"nerdctl-", "containerd"},
	{"buildah-", "buildah"},
}

// folders are groups whose children are containers named by their id alone.
var folders = []struct{ name, runtime string }{
	{"docker", "docker"},
	{"libpod_parent", "podman"},
	{"kubepods", "kubernetes"},
	{"kubepods.slice", "kubernetes"},
	{"ecs", "ecs"},
}

// containerOf finds the outermost container, the one that this machine's own
// tools list, and where in the path it stands.
func containerOf(names []string) (container string, at int) {
	folder := "container"
	for i, name := range names {
		stem := strings.TrimSuffix(strings.TrimSuffix(name, ".scope"), ".service")
		for _, r := range runtimes {
			if id, ok := strings.CutPrefix(stem, r.prefix); ok && isContainerID(id) {
				return r.runtime + " " + id[:shortID], i
			}
		}
		for _, f := range folders {
			if name == f.name {
				folder = f.runtime
			}
		}
		if isContainerID(name) {
			return folder + " " + name[:shortID], i
		}
		if found := namedContainer(names, i, stem); found != "" {
			return found, i
		}
	}
	return "", 0
}

// namedContainer recognises containers and virtual machines that people name.
func namedContainer(names []string, i int, stem string) string {
	name := names[i]
	below := func() string {
		if i+1 < len(names) {
			return names[i+1]
		}
		return ""
	}
	if guest, ok := strings.CutPrefix(name, "lxc.payload."); ok && guest != "" {
		return "lxc " + guest
	}
	if (name == "lxc" || name == "lxc.payload") && below() != "" {
		return "lxc " + below()
	}
	if guest, ok := strings.CutPrefix(stem, "systemd-nspawn@"); ok && guest != "" {
		return "nspawn " + unescape(guest)
	}
	guest, ok := strings.CutPrefix(stem, "machine-")
	if !ok || guest == "" || !strings.HasSuffix(name, ".scope") {
		return ""
	}
	guest = unescape(guest)
	// libvirt registers qemu-3-NAME and lxc-17-NAME.
	for _, kind := range []string{"qemu", "lxc"} {
		if rest, ok := strings.CutPrefix(guest, kind+"-"); ok {
			if number, domain, ok := strings.Cut(rest, "-"); ok && isNumber(number) && domain != "" {
				return "libvirt-" + kind + " " + domain
			}
		}
	}
	return "nspawn " + guest
}

func isNumber(s string) bool {
	_, err := strconv.ParseUint(s, 10, 32)
	return err == nil
}

// shortID is how many digits of a container's id the runtimes show.
const shortID = 12

// isContainerID tells 64 hexadecimal digits.
func isContainerID(s string) bool {
	return len(s) == 64 && strings.Trim(s, "0123456789abcdef") == ""
}

// unescape turns systemd's \x2d back into what it stands for (systemd.unit(5),
// "String Escaping").
func unescape(name string) string {
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(name, `\x`)
		b.WriteString(before)
		if !found {
			return b.String()
		}
		if len(rest) >= 2 {
			// No name holds a slash, escaped or not: that would make a path of it.
			if value, err := strconv.ParseUint(rest[:2], 16, 8); err == nil && value != '/' {
				b.WriteByte(byte(value))
				name = rest[2:]
				continue
			}
		}
		b.WriteString(`\x`)
		name = rest
	}
}

// maxGroups bounds the search for groups by number. A machine of services has a
// few hundred, a node full of containers some thousands.
const maxGroups = 50_000

// cgroups finds the path of a group of cgroup v2 by its number, which is the
// inode of its directory. So the unit of a socket is known without knowing its
// process, and without any privilege.
type cgroups struct {
	machine machine
	paths   map[uint64]group // nil: not read yet
}

func (c *cgroups) of(id uint64) group {
	if id <= 1 { // the root group, or the kernel did not tell
		return group{}
	}
	if c.paths == nil {
		c.paths = c.machine.groupPaths()
	}
	return c.paths[id]
}

// groupPaths walks the unified hierarchy, which lies apart where both versions
// are mounted.
func (m machine) groupPaths() map[uint64]group {
	groups := map[uint64]group{}
	for _, mount := range []string{"sys/fs/cgroup/unified", "sys/fs/cgroup"} {
		root := filepath.Join(m.root, mount)
		if _, err := os.Stat(filepath.Join(root, "cgroup.controllers")); err != nil {
			continue
		}
		_ = filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return nil // it was removed meanwhile, or is not for us: go on with the others
			case len(groups) == maxGroups:
				return fs.SkipAll
			case !entry.IsDir():
				return nil
			}
			var stat unix.Stat_t
			if unix.Lstat(path, &stat) == nil {
				groups[stat.Ino] = parseGroupPath(strings.TrimPrefix(path, root))
			}
			return nil
		})
		break
	}
	return groups
}
