package scan

import (
	"errors"
	"fmt"
	"testing"
)

func TestMethodWords(t *testing.T) {
	r := &Request{Say: func(id string, _ ...any) string { return id }}
	for _, c := range []struct {
		methods methods
		want    string
	}{
		{methods{}, ""}, // no TCP port was asked
		{methods{syn: true}, "method.syn"},
		{methods{syn: true, connect: true, own: true}, "method.syn-and-connect"},
		{methods{syn: true, connect: true, unreached: true}, "method.syn-and-connect-unreached"},
		{methods{syn: true, connect: true, own: true, unreached: true}, "method.syn-and-connect-unreached"},
		{methods{connect: true, own: true, asked: true}, "method.connect"},
		{methods{connect: true, own: true}, "method.connect-own"},
		{methods{connect: true, unreached: true}, "method.connect-unreached"},
		{methods{connect: true, own: true, unreached: true}, "method.connect-unreached"},
		{methods{connect: true, unreached: true, why: &outputRule{"inet filter"}}, "method.connect-rules"},
		{methods{connect: true, unreached: true, why: fmt.Errorf("raw: %w", ErrNotPermitted)}, "method.connect-unpermitted"},
		{methods{connect: true, unreached: true, why: errors.ErrUnsupported}, "method.connect-unsupported"},
	} {
		if got := c.methods.words(r); got != c.want {
			t.Errorf("%+v: %q, want %q", c.methods, got, c.want)
		}
	}
}
