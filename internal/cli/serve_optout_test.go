package cli

import (
	"context"
	"log/slog"
	"net/netip"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"sekisho/internal/exposure"
	"sekisho/internal/store"
)

// keptOptOuts is a store that goes away.
type keptOptOuts struct {
	store.Store
	mu   sync.Mutex
	list []exposure.OptOut
	err  error
}

func (k *keptOptOuts) OptOuts(context.Context) ([]exposure.OptOut, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.list, k.err
}

// say is what the store answers from now on.
func (k *keptOptOuts) say(list []exposure.OptOut, err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.list, k.err = list, err
}

// TestOptOutsOfTheStoreHoldForAWhile: what the store says has effect within a
// minute, and a store that cannot be read for so long leaves nobody to be looked at.
func TestOptOutsOfTheStoreHoldForAWhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		k := &keptOptOuts{}
		o := &optOuts{store: k, log: slog.New(slog.DiscardHandler)}
		if _, err := o.read(); err == nil {
			t.Error("a list that nobody has read yet holds")
		}
		if err := o.ask(ctx); err != nil {
			t.Fatal(err)
		}
		go o.watch(ctx)
		one := []exposure.OptOut{{Network: netip.MustParsePrefix("192.0.2.0/24")}}
		k.say(one, nil)
		time.Sleep(time.Minute)
		if list, err := o.read(); err != nil || len(list) != 1 {
			t.Errorf("a minute later: %v, %v", list, err)
		}
		k.say(nil, exposure.ErrStoreAway)
		time.Sleep(10 * time.Second)
		if list, err := o.read(); err != nil || len(list) != 1 {
			t.Errorf("a store that is away for a moment: %v, %v", list, err)
		}
		time.Sleep(50 * time.Second)
		if _, err := o.read(); err == nil {
			t.Error("a minute without the store, and somebody may be looked at")
		}
		k.say(one, nil)
		time.Sleep(10 * time.Second)
		if list, err := o.read(); err != nil || len(list) != 1 {
			t.Errorf("a store that is back: %v, %v", list, err)
		}
	})
}
