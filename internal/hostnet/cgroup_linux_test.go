package hostnet

import (
	"strings"
	"testing"
)

const id64 = "0a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d7e8f9"

func TestParseCgroup(t *testing.T) {
	tests := []struct{ name, text, unit, container string }{
		{"v2-service", "0::/system.slice/ssh.service", "ssh.service", ""},
		{"v2-template", "0::/system.slice/system-postgresql.slice/postgresql@15-main.service", "postgresql@15-main.service", ""},
		{"v2-escaped-slice", `0::/system.slice/system-wg\x2dquick.slice/wg-quick@wg0.service`, "wg-quick@wg0.service", ""},
		{"v2-escaped-unit", `0::/user.slice/user-1000.slice/user@1000.service/app.slice/app-org.gnome.Terminal\x2d4242.scope`, `app-org.gnome.Terminal\x2d4242.scope`, ""},
		{"v2-below-service", "0::/system.slice/cron.service/sub/other.service", "cron.service", ""},
		{"v2-login", "0::/user.slice/user-1000.slice/session-3.scope", "session-3.scope", ""},
		{"v2-user-service", "0::/user.slice/user-1000.slice/user@1000.service/app.slice/syncthing.service", "syncthing.service", ""},
		{"v2-user-manager", "0::/user.slice/user-1000.slice/user@1000.service/init.scope", "user@1000.service", ""},
		{"v2-user-folder", "0::/user.slice/user-1000.slice/user@1000.service/mine/x", "user@1000.service", ""},
		{"v2-first-process", "0::/init.scope", "init.scope", ""},
		{"v2-root", "0::/", "", ""},
		{"v2-kernel-file-name", "0::/system.slice/_cgroup.service", "cgroup.service", ""},
		{"v2-deleted", "0::/system.slice/old.service (deleted)", "old.service", ""},
		{"v2-in-namespace", "0::/../../system.slice", "", ""},
		{"v1-service", "12:pids:/system.slice/nginx.service\n11:cpu,cpuacct:/\n1:name=systemd:/system.slice/nginx.service", "nginx.service", ""},
		{"v1-only-named", "4:memory:/\n1:name=systemd:/system.slice/cron.service", "cron.service", ""},
		{"hybrid", "9:name=systemd:/system.slice/a.service\n8:pids:/\n0::/system.slice/a.service", "a.service", ""},
		{"openrc", "2:name=openrc:/sshd\n0::/openrc.sshd", "", ""},

		{"docker-systemd", "0::/system.slice/docker-" + id64 + ".scope", "", "docker 0a1b2c3d4e5f"},
		{"docker-with-systemd-inside", "0::/system.slice/docker-" + id64 + ".scope/system.slice/nginx.service", "", "docker 0a1b2c3d4e5f"},
		{"docker-cgroupfs-v1", "12:pids:/docker/" + id64 + "\n1:name=systemd:/docker/" + id64, "", "docker 0a1b2c3d4e5f"},
		{"docker-in-docker", "0::/docker/" + id64 + "/docker/" + strings.Repeat("f", 64), "", "docker 0a1b2c3d4e5f"},
		{"docker-in-service", "0::/system.slice/containerd.service", "containerd.service", ""},
		{"docker-wrong-id", "0::/user.slice/user-1000.slice/user@1000.service/docker-mine.scope", "docker-mine.scope", ""},
		{"podman", "0::/machine.slice/libpod-" + id64 + ".scope/container", "", "podman 0a1b2c3d4e5f"},
		{"podman-conmon", "0::/machine.slice/libpod-conmon-" + id64 + ".scope", "", "podman 0a1b2c3d4e5f"},
		{"podman-rootless", "0::/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-" + id64 + ".scope", "", "podman 0a1b2c3d4e5f"},
		{"podman-in-unit", "0::/system.slice/web.service/libpod-payload-" + id64, "web.service", "podman 0a1b2c3d4e5f"},
		{"podman-cgroupfs", "0::/libpod_parent/libpod-" + id64, "", "podman 0a1b2c3d4e5f"},
		{"kubernetes-containerd", "0::/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod8a3f.slice/cri-containerd-" + id64 + ".scope", "", "containerd 0a1b2c3d4e5f"},
		{"kubernetes-crio", "0::/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod11.slice/crio-" + id64 + ".scope", "", "cri-o 0a1b2c3d4e5f"},
		{"kubernetes-cgroupfs", "11:memory:/kubepods/besteffort/pod11aa-22bb/" + id64, "", "kubernetes 0a1b2c3d4e5f"},
		{"containerd-nerdctl", "0::/system.slice/nerdctl-" + id64 + ".scope", "", "containerd 0a1b2c3d4e5f"},
		{"containerd-folder", "0::/default/" + id64, "", "container 0a1b2c3d4e5f"},
		{"ecs", "9:cpu:/ecs/prod/0123456789abcdef/" + id64, "", "ecs 0a1b2c3d4e5f"},
		{"lxc-payload", "0::/lxc.payload.web/system.slice/nginx.service", "", "lxc web"},
		{"lxc-v1", "5:devices:/lxc/web/init.scope", "", "lxc web"},
		{"lxc-monitor", "0::/lxc.monitor.web", "", ""},
		{"nspawn", `0::/machine.slice/machine-web\x2dtest.scope/payload/system.slice/nginx.service`, "", "nspawn web-test"},
		{"nspawn-service", `0::/machine.slice/systemd-nspawn@web\x2dtest.service/payload`, "", "nspawn web-test"},
		{"libvirt", `0::/machine.slice/machine-qemu\x2d3\x2ddebian\x2d12.scope/libvirt/emulator`, "", "libvirt-qemu debian-12"},
		{"libvirt-lxc", `0::/machine.slice/machine-lxc\x2d17\x2dbox.scope`, "", "libvirt-lxc box"},
		{"escape-codes", "0::/system.slice/machine-\\x1b]0;x\\x07.scope", "", `nspawn \x1b]0;x\x07`},
		{"garbage", "::::\n\n:\nno colon\n0:", "", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := parseCgroup([]byte(test.text + "\n")); got.unit != test.unit || got.container != test.container {
				t.Errorf("parseCgroup(%q) = %+v, want unit %q, container %q", test.text, got, test.unit, test.container)
			}
		})
	}
}

func TestUnescape(t *testing.T) {
	for name, want := range map[string]string{
		`plain`: "plain", `a\x2db\x2dc`: "a-b-c", `\x2`: `\x2`, `\xzz\x2d`: `\xzz-`, `end\x`: `end\x`, `\\x2d`: `\-`, `a\x2fb`: `a\x2fb`,
	} {
		if got := unescape(name); got != want {
			t.Errorf("unescape(%q) = %q, want %q", name, got, want)
		}
	}
}

func FuzzParseCgroup(f *testing.F) {
	f.Add([]byte("0::/system.slice/docker-" + id64 + ".scope\n"))
	f.Add([]byte("12:pids:/docker/" + id64 + "\n1:name=systemd:/lxc/web\n"))
	f.Add([]byte("0::/machine.slice/machine-qemu\\x2d3\\x2dx.scope (deleted)\n"))
	f.Add([]byte("0::/user.slice/user@1000.service/app.slice/a.service\n"))
	f.Add([]byte("::machine-\\x2f.scope"))
	f.Fuzz(func(t *testing.T, text []byte) {
		got := parseCgroup(text)
		for _, name := range []string{got.unit, got.container} {
			if clean(name, 2*len(name)+1) != name {
				t.Errorf("parseCgroup(%q) lets %q through", text, name)
			}
			if strings.Contains(name, "/") {
				t.Errorf("parseCgroup(%q) took a path for a name: %q", text, name)
			}
		}
	})
}
