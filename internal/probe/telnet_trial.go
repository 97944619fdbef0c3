package probe

import (
	"context"
	"strings"

	"sekisho/internal/exposure"
	"sekisho/internal/untrusted"
)

var telnetTests = []Test{{Name: "telnet", Port: 23, Run: telnetTrial}}

// telnetTrial negotiates and reads on to the prompt. It sends no name.
func telnetTrial(ctx context.Context, s *Session, t *Trial) (exposure.Service, error) {
	svc, err := runTelnet(ctx, s)
	options := svc.Facts.Texts("options")
	step := exposure.Step{ID: "telnet-negotiate", Result: exposure.StepOK}
	switch {
	case svc.Protocol == "":
		step.Result, step.Detail = exposure.StepFailed, untrusted.New(err.Error(), maxErrorText).Terminal()
		t.Step(step)
		return svc, err
	case len(options) == 0:
		step.Result, step.Why = exposure.StepSkipped, "no-negotiation"
	default:
		step.Facts = exposure.Facts{"options": options}
		step.Asked = strings.Join(telnetAnswers(options), ", ")
	}
	if err != nil {
		step.Result, step.Detail = exposure.StepFailed, untrusted.New(err.Error(), maxErrorText).Terminal()
	}
	t.Step(step)
	prompt := exposure.Step{ID: "telnet-prompt", Result: exposure.StepFailed, Why: "no-prompt", Said: svc.Banner}
	if asks, _ := svc.Facts.Bool("login_prompt"); asks {
		prompt.Result, prompt.Why = exposure.StepOK, ""
	}
	if hint := svc.Facts.Text("device_hint"); !hint.IsZero() {
		prompt.Facts = exposure.Facts{"device_hint": hint}
	}
	t.Step(prompt)
	return svc, err
}

// telnetAnswers are what was answered to the proposals, in the words of RFC 854.
func telnetAnswers(proposals []untrusted.Text) []string {
	var answers []string
	for _, p := range proposals {
		verb, option, _ := strings.Cut(p.Terminal(), " ")
		switch {
		case verb == "DO":
			answers = append(answers, "WONT "+option)
		case verb == "WILL" && (option == telnetOptions[telnetEcho] || option == telnetOptions[telnetGoAhead]):
			answers = append(answers, "DO "+option)
		case verb == "WILL":
			answers = append(answers, "DONT "+option)
		}
	}
	return answers
}
