package vantage

import (
	"context"
	"net/http"
	"net/netip"
	"slices"

	"sekisho/internal/exposure"
)

// Bounds of what a vantage may say of a name.
const (
	mostNameAnswers   = 8
	mostNameAddresses = 64
	mostAliases       = 16
)

// nameOutcomes are what may come of a question for a name.
var nameOutcomes = []exposure.NameOutcome{
	exposure.NameFound, exposure.NameNoData, exposure.NameNoSuch, exposure.NameServerFailure, exposure.NameRefused, exposure.NameLame,
	exposure.NameMalformed, exposure.NameUnreachable, exposure.NameNoResponse, exposure.NameLocalError,
}

// Names asks what addresses a name has where the vantage is. Who said it to the
// vantage is left out: the answer is the vantage's.
func (c *Client) Names(ctx context.Context, name string) ([]exposure.NameAnswer, error) {
	var view exposure.NameView
	// Its resolver may have to wait for others.
	if err := c.request(ctx, http.MethodPost, "/api/v1/names", exposure.NameRequest{Name: name}, &view); err != nil {
		return nil, err
	}
	if len(view.Answers) > mostNameAnswers {
		return nil, lies("it has %d answers for one name", len(view.Answers))
	}
	for i, a := range view.Answers {
		wrongFamily := func(address netip.Addr) bool {
			return !address.IsValid() || address.Zone() != "" || address.Is4In6() || address.Is4() != (a.Record == "A")
		}
		switch {
		case a.Record != "A" && a.Record != "AAAA", !slices.Contains(nameOutcomes, a.Outcome), a.More < 0,
			len(a.Addresses) > mostNameAddresses, len(a.Chain) > mostAliases, slices.ContainsFunc(a.Addresses, wrongFamily),
			(a.Outcome == exposure.NameFound) != (len(a.Addresses) > 0):
			return nil, lies("its answer for the %s of a name cannot be", a.Outcome)
		}
		view.Answers[i].Source, view.Answers[i].Server = exposure.NameVantage, c.base.Host
	}
	return view.Answers, nil
}
