package rules

import (
	"slices"
	"strings"

	"sekisho/internal/exposure"
	"sekisho/internal/lang"
)

// unneeded is the step that fits every service: what nobody needs is stopped by
// whatever started it.
func (s subject) unneeded() said {
	l := s.owner()
	if slices.Contains(publishers, l.Process) {
		return say(lang.Text{
			EN: "If nobody needs it, see which container publishes the port, and stop that one:\ndocker ps --filter publish={{.Port}}",
			JA: "使っていなければ、このポートを公開しているコンテナを確かめて止めます。\ndocker ps --filter publish={{.Port}}",
		}, "Port", s.number())
	}
	if runtime, id, ok := strings.Cut(l.Container, " "); ok && (runtime == "docker" || runtime == "podman") && safe(id) {
		return say(lang.Text{
			EN: "If nobody needs it, stop its container:\n{{.Runtime}} stop {{.ID}}",
			JA: "使っていなければ、コンテナを止めます。\n{{.Runtime}} stop {{.ID}}",
		}, "Runtime", runtime, "ID", id)
	}
	if unit, ok := unit(l); ok {
		return say(lang.Text{
			EN: "If nobody needs it, stop it now and for good:\nsystemctl disable --now {{.Unit}}",
			JA: "使っていなければ、停止して自動起動も無効にします。\nsystemctl disable --now {{.Unit}}",
		}, "Unit", unit)
	}
	if l.Process != "" && l.PID > 1 {
		return say(lang.Text{
			EN: "If nobody needs it, end the process {{.Process}} (number {{.PID}}) and remove it from what starts it.",
			JA: "使っていなければ、プロセス {{.Process}}(番号 {{.PID}})を終了し、自動起動の設定からも外します。",
		}, "Process", l.Process, "PID", l.PID)
	}
	if s.Local {
		return say(lang.Text{
			EN: "If nobody needs it, stop the program that listens on port {{.Port}} and keep it from starting again.",
			JA: "使っていなければ、ポート {{.Port}} で待ち受けているプログラムを止め、再び起動しないようにします。",
		}, "Port", s.number())
	}
	return say(lang.Text{
		EN: "If nobody needs it, switch it off in the settings of that device.",
		JA: "使っていなければ、その機器の設定で無効にします。",
	})
}

// restarted is the step after a change to a file: what makes the service read
// it. Usual is the unit of the product in Debian, for when none is seen to own
// the port; without either there is no command to tell.
func (s subject) restarted(usual string) said { return s.systemctl("restart", usual) }

// reloaded is restarted for what need not be interrupted.
func (s subject) reloaded(usual string) said { return s.systemctl("reload-or-restart", usual) }

func (s subject) systemctl(verb, usual string) said {
	if unit, ok := unit(s.owner()); ok {
		usual = unit
	}
	if usual == "" {
		return say(lang.Text{
			EN: "Then restart the service.",
			JA: "その後、サービスを再起動します。",
		})
	}
	return then("systemctl " + verb + " " + usual)
}

// then is the command after a change to a file.
func then(command string) said {
	return say(lang.Text{
		EN: "Then have the service read it:\n{{.Command}}",
		JA: "その後、サービスに読み込ませます。\n{{.Command}}",
	}, "Command", command)
}

// unit is the systemd unit that stops a listener: a service or a socket of the
// system. A session or a user's own manager is none.
func unit(l exposure.Listener) (string, bool) {
	if !safe(l.Unit) || strings.HasPrefix(l.Unit, "user@") {
		return "", false
	}
	return l.Unit, strings.HasSuffix(l.Unit, ".service") || strings.HasSuffix(l.Unit, ".socket")
}

// safe reports whether a name may stand in a command that somebody will copy
// into a shell: others chose it.
func safe(name string) bool {
	return name != "" && name[0] != '-' && strings.Trim(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789@._:-") == ""
}

// admitFew is the step for a service that must stay reachable.
var admitFew = say(lang.Text{
	EN: "If others need it, let the firewall admit only their addresses.",
	JA: "他の機器から使う必要があれば、ファイアウォールで必要な相手だけを許可します。",
})

// productRemedy is how one product is set to do what a rule wants.
type productRemedy struct {
	product string
	unit    string // of systemd, to be reloaded afterwards; empty: it needs none
	step    lang.Text
}

// ofProduct is the remedy of a list for the product of a service, or else what is
// true of any.
func (s subject) ofProduct(service exposure.Service, list []productRemedy, other lang.Text) []said {
	for _, r := range list {
		switch {
		case !product(service, r.product):
		case r.unit == "":
			return []said{say(r.step)}
		default:
			return []said{say(r.step), s.reloaded(r.unit)}
		}
	}
	return []said{say(other)}
}
