package probe

import (
	"context"
	"slices"
	"strings"

	"sekisho/internal/exposure"
	"sekisho/internal/untrusted"
)

var sshTests = []Test{{Name: "ssh", Port: 22, Options: []Option{{Name: "expect-fingerprint", Kind: Text}}, Run: sshTrial}}

// sshTrial tells what a client meets: version, algorithms, every host key, and
// the methods of authentication, for a user of yours where one was named. It
// shows no key and no password.
func sshTrial(ctx context.Context, s *Session, t *Trial) (exposure.Service, error) {
	user := t.User()
	if user == "" {
		user = sshUser
	}
	svc, err := s.ssh(ctx, user)
	version := exposure.Step{ID: "ssh-version", Result: exposure.StepOK, Said: svc.Banner}
	if svc.Protocol == "" {
		version.Result, version.Detail = exposure.StepFailed, sshDetail(err)
		t.Step(version)
		return svc, err
	}
	t.Step(version)
	algorithms := exposure.Step{ID: "ssh-algorithms", Result: exposure.StepOK, Facts: exposure.Facts{}}
	for _, name := range []string{"kex_algorithms", "host_key_algorithms", "ciphers", "macs", "weak_algorithms", "terrapin_ciphers"} {
		if list := svc.Facts.Texts(name); len(list) > 0 {
			algorithms.Facts[name] = list
		}
	}
	if len(algorithms.Facts) == 0 {
		algorithms.Result, algorithms.Detail = exposure.StepFailed, sshDetail(err)
		t.Step(algorithms)
		return svc, err
	}
	t.Step(algorithms)
	t.Step(sshKeyStep(svc))
	if want := t.Text("expect-fingerprint"); want != "" {
		t.Step(sshExpected(svc, want))
	}
	methods := exposure.Step{ID: "ssh-auth-methods", Result: exposure.StepFailed, Asked: "none, " + untrusted.New(user, maxFact).Terminal()}
	if offered := svc.Facts.Texts("auth_methods"); len(offered) > 0 {
		methods.Result, methods.Facts = exposure.StepOK, exposure.Facts{"auth_methods": offered}
	} else if err != nil {
		methods.Detail = sshDetail(err)
	}
	t.Step(methods)
	return svc, err
}

// sshKeyStep tells the host keys, and those of the types offered that could not
// be had.
func sshKeyStep(svc exposure.Service) exposure.Step {
	keys := svc.Facts.Texts("host_keys")
	step := exposure.Step{ID: "ssh-host-keys", Result: exposure.StepFailed, Why: "no-host-key"}
	if len(keys) > 0 {
		step.Result, step.Why, step.Facts = exposure.StepOK, "", exposure.Facts{"host_keys": keys}
	}
	return step
}

// sshExpected holds the host keys to the fingerprint of yours, written as
// ssh-keygen -l shows it, with or without SHA256: before it.
func sshExpected(svc exposure.Service, want string) exposure.Step {
	step := exposure.Step{ID: "ssh-expect-fingerprint", Result: exposure.StepRefused, Why: "other-host-key", Asked: untrusted.New(want, maxFact).Terminal()}
	bare := strings.TrimRight(strings.TrimPrefix(strings.TrimSpace(want), "SHA256:"), "=")
	if slices.ContainsFunc(svc.Facts.Texts("host_keys"), func(key untrusted.Text) bool {
		return strings.HasSuffix(key.Raw(), " SHA256:"+bare)
	}) {
		step.Result, step.Why = exposure.StepOK, ""
	}
	return step
}

func sshDetail(err error) string {
	if err == nil {
		return ""
	}
	return untrusted.New(err.Error(), maxErrorText).Terminal()
}
