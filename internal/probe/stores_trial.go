package probe

import (
	"errors"

	"sekisho/internal/exposure"
	"sekisho/internal/untrusted"
)

// storesRefusal is an error with which a database or a queue said no.
type storesRefusal interface {
	error
	storesRefused() string // what it said, as it came
}

// storesStep is a step of a database or a queue that ended with err.
func storesStep(id, asked string, said untrusted.Text, err error) exposure.Step {
	step := exposure.Step{ID: id, Asked: asked, Said: said, Result: exposure.StepOK}
	var no storesRefusal
	switch {
	case err == nil:
	case errors.As(err, &no):
		step.Result = exposure.StepRefused
		if said.IsZero() {
			step.Said = untrusted.New(no.storesRefused(), maxFact)
		}
	default:
		step.Result, step.Detail = exposure.StepFailed, untrusted.New(cause(err).Error(), maxErrorText).Terminal()
	}
	return step
}

// storesMasked stands for a password in what was asked.
const storesMasked = "****"
