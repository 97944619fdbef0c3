package lab

import "errors"

type relay struct{ process *process }

func (r *relay) overruns() (int, error) { return 0, nil }
func runRelay() error                   { return errors.New("todo") }
