package tables

import (
	"cmp"
	"context"
	"net/netip"
	"slices"

	"sekisho/internal/exposure"
)

// OptOuts implements store.Store.
func (s *Store) OptOuts(ctx context.Context) ([]exposure.OptOut, error) {
	const what = "read the opt-outs"
	ctx, cancel := context.WithTimeout(ctx, answerTime)
	defer cancel()
	rows, err := s.db.Read.QueryContext(ctx, `SELECT network, since, why FROM opt_outs`)
	if err != nil {
		return nil, s.fault(what, err)
	}
	defer rows.Close()
	list := []exposure.OptOut{}
	for rows.Next() {
		var (
			o     exposure.OptOut
			word  string
			since int64
		)
		if err := rows.Scan(&word, &since, &o.Why); err != nil {
			return nil, s.fault(what, err)
		}
		if o.Network, err = netip.ParsePrefix(word); err != nil {
			return nil, s.fault(what, err) // whoever stands there is not to be forgotten
		}
		o.Since = instant(since)
		list = append(list, o)
	}
	slices.SortFunc(list, func(a, b exposure.OptOut) int {
		return cmp.Or(a.Network.Addr().Compare(b.Network.Addr()), cmp.Compare(a.Network.Bits(), b.Network.Bits()))
	})
	return list, s.fault(what, rows.Err())
}

// AddOptOut implements store.Store.
func (s *Store) AddOptOut(ctx context.Context, o exposure.OptOut) error {
	_, err := s.do(ctx, "keep an opt-out", `INSERT INTO opt_outs (network, since, why) VALUES ($1, $2, $3)
		ON CONFLICT (network) DO UPDATE SET since = excluded.since, why = excluded.why`, o.Network.Masked().String(), nanos(o.Since), o.Why)
	return err
}

// RemoveOptOut implements store.Store.
func (s *Store) RemoveOptOut(ctx context.Context, network netip.Prefix) (bool, error) {
	rows, err := s.do(ctx, "remove an opt-out", `DELETE FROM opt_outs WHERE network = $1`, network.Masked().String())
	return rows > 0, err
}
