package hostnet

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sekisho/internal/exposure"
)

const someMaps = `55d0c0a00000-55d0c0a20000 r--p 00000000 fe:01 1 /usr/sbin/nginx
55d0c0a20000-55d0c0b00000 r-xp 00020000 fe:01 1 /usr/sbin/nginx
7f0000000000-7f0000001000 rw-p 00000000 00:00 0
7f1000000000-7f1000020000 r--p 00000000 fe:01 2 /usr/lib/data with blanks.bin
7f2000000000-7f2000020000 r--p 00000000 fe:01 3 /usr/lib/libc.so.6
7f2000020000-7f2000040000 r-xp 00020000 fe:01 3 /usr/lib/libc.so.6
7f3000000000-7f3000020000 r-xp 00000000 fe:01 4 /opt/a b.so (deleted)
7ffd00000000-7ffd00001000 r-xp 00000000 00:00 0 [vdso]
nonsense
`

func TestParseMaps(t *testing.T) {
	got, limited, err := parseMaps(strings.NewReader(someMaps))
	want := []exposure.LoadedModule{
		{Path: "/usr/sbin/nginx", Base: 0x55d0c0a00000}, {Path: "/usr/lib/libc.so.6", Base: 0x7f2000000000}, {Path: "/opt/a b.so (deleted)", Base: 0x7f3000000000},
	}
	if d := cmp.Diff(want, got); d != "" || limited || err != nil {
		t.Errorf("limited %v, error %v, -want +got:\n%s", limited, err, d)
	}
}

func FuzzParseMaps(f *testing.F) {
	f.Add(someMaps)
	f.Fuzz(func(t *testing.T, text string) {
		modules, _, _ := parseMaps(strings.NewReader(text))
		if len(modules) > maxModules {
			t.Errorf("%d modules", len(modules))
		}
	})
}

func TestInspect(t *testing.T) {
	root := t.TempDir()
	for name, content := range map[string]string{
		"proc/7/cgroup":                          "0::/system.slice/nginx.service\n",
		"proc/7/maps":                            someMaps,
		"proc/8/cgroup":                          "0::/user.slice/user-1000.slice/session-3.scope\n",
		"proc/9/cgroup":                          "0::/system.slice/system-getty.slice/getty@tty1.service\n",
		"usr/lib/systemd/system/nginx.service":   "[Unit]\nDescription=A web server\x1b[2J\n",
		"usr/lib/systemd/system/getty@.service":  "[Unit]\n Description = no\nDescription=Getty on %I\n",
		"etc/systemd/system/nginx.service.d/not": "Description=wrong\n",
	} {
		plantAt(t, filepath.Join(root, name), func(path string) error { return os.WriteFile(path, []byte(content), 0o600) })
	}
	got := machine{root: root}.inspect(t.Context(), []int{7, 8, 9, 10})
	if d := got[7]; !d.ServicesSeen || !d.ModulesSeen || len(d.Modules) != 3 || len(d.Services) != 1 || d.Services[0] != (exposure.HostService{Name: "nginx.service", Display: `A web server\x1b[2J`}) {
		t.Errorf("7: %+v", d)
	}
	if d := got[8]; !d.ServicesSeen || d.ModulesSeen || d.Services != nil {
		t.Errorf("8: %+v", d)
	}
	if d := got[9]; len(d.Services) != 1 || d.Services[0].Display != "Getty on %I" {
		t.Errorf("9: %+v", d)
	}
	if d := got[10]; d.ServicesSeen || d.ModulesSeen {
		t.Errorf("10: %+v", d)
	}
}

// TestInspectThisProcess reads a real one.
func TestInspectThisProcess(t *testing.T) {
	d := Inspect(t.Context(), []int{os.Getpid()})[os.Getpid()]
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if !d.ModulesSeen || len(d.Modules) == 0 || d.Modules[0].Path != program {
		t.Errorf("%+v does not begin with %s", d.Modules, program)
	}
}
