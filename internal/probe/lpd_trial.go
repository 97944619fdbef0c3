package probe

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"sekisho/internal/exposure"
	"sekisho/internal/untrusted"
)

var lpdTests = []Test{{Name: "lpd", Port: 515, Options: []Option{{Name: "queue", Default: "lp"}}, Check: lpdCheckQueue, Run: testLPD}}

var errLPDQueue = errors.New("the name of a queue is one word (RFC 1179 section 5)")

// lpdCheckQueue holds that the name is one word: it stands in a command.
func lpdCheckQueue(t *Trial) error {
	if queue := t.Text("queue"); queue == "" || len(queue) > 255 || strings.ContainsAny(queue, " \t\v\f\r\n\x00") {
		return errLPDQueue
	}
	return nil
}

// testLPD asks for the state of a queue, in short and in long form. It prints
// nothing.
func testLPD(ctx context.Context, s *Session, t *Trial) (exposure.Service, error) {
	var told exposure.Service
	for _, form := range []struct {
		id   string
		code byte
	}{{"lpd-queue", 3}, {"lpd-queue-long", 4}} { // RFC 1179 sections 5.3 and 5.4
		svc, lines, err := s.lpdState(ctx, string(form.code)+t.Text("queue")+"\n")
		step := storesStep(form.id, fmt.Sprintf("%d %s", form.code, t.Text("queue")), untrusted.New(strings.Join(lines, "\n"), maxFact), err)
		if err == nil && lpdNoQueue.MatchString(strings.Join(lines, "\n")) {
			step.Result = exposure.StepRefused
		}
		t.Step(step)
		if told.Protocol == "" {
			told = svc
		}
		if err != nil {
			return told, err
		}
	}
	return told, nil
}
