package probe

import "testing"

// TestFingerBeginsItsAnswer: a client of TLS reads five bytes of the answer to
// its hello, and they have to do.
func TestFingerBeginsItsAnswer(t *testing.T) {
	for said, want := range map[string]Fit{
		"finge": Sure, "finger:": Sure, "finger: GET: no such user.\r\n": Sure, "No one logged on.\r\n": Sure,
		"": No, "f": No, "fing": No, "finale": No, "220 f": No,
	} {
		if got := greetsFinger([]byte(said)); got != want {
			t.Errorf("%q: %v, want %v", said, got, want)
		}
	}
}
