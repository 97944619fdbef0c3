package cli

import (
	"context"
	"net/netip"
	"strings"

	"sekisho/internal/exposure"
	"sekisho/internal/netio"
	"sekisho/internal/probe"
)

// testTargets turns the word of a test into addresses. In a test of mail a name
// is that of a domain, whose MX leads to them; where it has none, or where the
// name is of the local machine or network only, it is a host's, as elsewhere.
func (a *app) testTargets(ctx context.Context, t probe.Test, values map[string][]string, word string, proxy *netio.Proxy, only family) ([]exposure.Target, error) {
	if !t.Mail || proxy != nil { // through a proxy no name is looked up here
		return a.targetsThrough(ctx, proxy, []string{word}, nil, only)
	}
	resolver := strings.Join(values["resolver"], "")
	if resolver != "" && !isResolver(resolver) {
		return nil, a.fail(exitUsage, "cli.bad-resolver", "Value", quoted(resolver))
	}
	if _, err := parseAddress(word); err == nil || looksNumeric(word) || !strings.Contains(strings.Trim(word, "."), ".") || strings.ContainsAny(word, ":/") {
		return a.targets(ctx, []string{word}, nil, only)
	}
	if _, named := values["domain"]; !named {
		values["domain"] = []string{word}
	}
	bounded, cancel := context.WithTimeout(ctx, nameTimeout)
	defer cancel()
	hosts, err := probe.SMTPTargets(bounded, word, resolver)
	if err != nil && resolver != "" {
		return nil, a.fail(exitUsage, "cli.resolver-failed", "Resolver", quoted(resolver), "Target", quoted(word), "Error", oneLine(err.Error()))
	}
	for _, host := range hosts {
		if !only.keeps(host.Address) {
			continue
		}
		// A name may lead to what is no host: that is refused there.
		list, err := a.targets(ctx, []string{host.Address.String()}, nil, only)
		if err != nil {
			return nil, err
		}
		list[0].Name = host.Name
		return list, nil
	}
	return a.targets(ctx, []string{word}, nil, only)
}

func isResolver(text string) bool {
	if _, err := netip.ParseAddrPort(text); err == nil {
		return true
	}
	_, err := netip.ParseAddr(text)
	return err == nil
}
