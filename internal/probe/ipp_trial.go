package probe

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"sekisho/internal/exposure"
	"sekisho/internal/untrusted"
	"sekisho/internal/wire/ipp"
)

var ippTests = []Test{{Name: "ipp", Port: 631, Run: testIPP}}

// maxIPPPrinters is how many printers are asked whether they would print.
const maxIPPPrinters = 8

// testIPP lists the printers and asks each whether it would take a job from us:
// Validate-Job checks as for printing, and prints nothing (RFC 8011 section
// 4.2.3).
func testIPP(ctx context.Context, s *Session, t *Trial) (exposure.Service, error) {
	svc, err := runIPP(ctx, s)
	printers := svc.Facts.Texts("printers")
	step := storesStep("ipp-printers", "CUPS-Get-Printers", untrusted.New(fmt.Sprint(len(printers)), 0), err)
	if required, _ := svc.Facts.Bool("password_required"); required {
		step.Result = exposure.StepRefused
	}
	t.Step(step)
	if err != nil || len(printers) == 0 {
		return svc, err
	}
	accepted := false
	for _, p := range printers[:min(len(printers), maxIPPPrinters)] {
		name, _, _ := strings.Cut(p.Raw(), " ")
		path := "/printers/" + name
		if svc.Product.Raw() != "CUPS" {
			path = "/ipp/print"
		}
		takes, err := s.ippValidate(ctx, t, name, path)
		if err != nil {
			return svc, err
		}
		accepted = accepted || takes
	}
	svc.Facts["job_accepted"] = accepted
	return svc, nil
}

// ippValidate asks one printer.
func (s *Session) ippValidate(ctx context.Context, t *Trial, name, path string) (bool, error) {
	response, answer, err := s.ippPost(ctx, path, ipp.Validate(2, "ipp://"+s.ippHost()+path, "sekisho"))
	refused := errors.Is(err, errIPPStatus) && (answer.status == http.StatusUnauthorized || answer.status == http.StatusForbidden)
	if refused {
		err = nil
	}
	step := storesStep("ipp-validate", "Validate-Job "+untrusted.New(name, maxFact).Terminal(), untrusted.Text{}, err)
	switch {
	case err != nil:
	case refused:
		step.Result, step.Said = exposure.StepRefused, untrusted.New(answer.line, maxFact)
	case response.Status >= 0x100:
		step.Result, step.Said = exposure.StepRefused, untrusted.New(fmt.Sprintf("0x%04x", response.Status), 0)
	}
	t.Step(step)
	if err != nil {
		return false, s.fail("ask whether a job is taken", err)
	}
	return step.Result == exposure.StepOK, nil
}
