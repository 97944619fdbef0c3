package probe

import (
	"context"
	"time"

	"sekisho/internal/exposure"
	"sekisho/internal/untrusted"
	"sekisho/internal/wire/ike"
)

// What must not be agreed to any more (RFC 8247): in version 2 any cipher with
// MODP-1024; in version 1 DES, MD5 or the groups 1 and 2. AES stands among them
// since a server that has it would choose it.
var (
	ike2Weak = [][]byte{
		{1, 0, 0, 3}, {1, 0, 0, 12, 0x80, 14, 1, 0}, {1, 0, 0, 12, 0x80, 14, 0, 128}, {2, 0, 0, 2}, {3, 0, 0, 2}, {4, 0, 0, 2},
	}
	ike1Weak = [][]byte{
		ikev1Transform(1, 1, 1, 1), ikev1Transform(5, 1, 1, 2), ikev1Transform(5, 2, 1, 2), ikev1Transform(5, 2, 3, 2),
		append(ikev1Transform(7, 2, 1, 2), 0x80, 14, 1, 0), append(ikev1Transform(7, 2, 3, 2), 0x80, 14, 0, 128),
	}
)

// ikeAggressive proposes aggressive mode with a shared key in one group: the
// public value stands in the same message, so that there is no choice.
func ikeAggressive(nonce uint64, group byte, bits int) []byte {
	var offers [][]byte
	for _, hash := range []byte{4, 2, 1} {
		offers = append(offers, append(ikev1Transform(7, hash, 1, group), 0x80, 14, 1, 0), append(ikev1Transform(7, hash, 1, group), 0x80, 14, 0, 128),
			ikev1Transform(5, hash, 1, group))
	}
	return ike.Aggressive1(nonce, offers, ikePublic(nonce, bits), noise(nonce, 20), "sekisho")
}

// ikePublic is a public value of a MODP group of so many bits, a power of its
// generator 2 (RFC 2409 section 6.2, RFC 3526): servers check that a value lies in the group. It keeps no secret,
// since no key is made of it.
func ikePublic(nonce uint64, bits int) []byte {
	b := make([]byte, bits/8)
	bit := bits/2 + int(nonce%uint64(bits/2-1))
	b[len(b)-1-bit/8] = 1 << (bit % 8)
	return b
}

// ikeStepTime is what one proposal of the test may take: two repetitions fit.
const ikeStepTime = 3500 * time.Millisecond

// testIKE proposes what is good, what is weak and what tells too much, each on
// its own, and goes on with none of it.
func testIKE(ctx context.Context, s *Session, t *Trial) (exposure.Service, error) {
	svc := exposure.Service{Facts: exposure.Facts{}}
	nonce := s.peer.nonce()
	var first error
	for i, step := range []struct {
		id      string
		version ikeVersion
		propose [][]byte // one after the other until it agrees
	}{
		{"ike-v2", ikeTwo, [][]byte{ikev2Hello(nonce)}},
		{"ike-v1", ikeOne, [][]byte{ikev1Hello(nonce + 1)}},
		{"ike-v2-weak", ikeTwo, [][]byte{ike.Init2(nonce+2, ike2Weak, 2, ikePublic(nonce+2, 1024), noise(nonce+3, 32))}},
		{"ike-v1-weak", ikeOne, [][]byte{ike.Main1(nonce+4, ike1Weak)}},
		{"ike-v1-aggressive", ikeOne, [][]byte{ikeAggressive(nonce+5, 14, 2048), ikeAggressive(nonce+6, 2, 1024)}},
	} {
		if _, spoken := svc.Facts[step.version.name]; i > 1 && !spoken {
			t.Step(exposure.Step{ID: step.id, Result: exposure.StepSkipped, Why: "no-version", Remote: s.peer.at})
			continue
		}
		m, err := s.ikeStep(ctx, t, step.id, step.version, step.propose)
		if m == nil {
			if first == nil {
				first = err
			}
			continue
		}
		s.ikeLearn(&svc, step.id, step.version, m)
	}
	if len(svc.Facts) == 0 {
		return svc, first
	}
	svc.Confidence, svc.Protocol = exposure.Confirmed, ikeTwo.name
	if _, two := svc.Facts[ikeTwo.name]; !two {
		svc.Protocol = ikeOne.name
	}
	return svc, nil
}

// ikeStep makes one proposal a step.
func (s *Session) ikeStep(ctx context.Context, t *Trial, id string, v ikeVersion, proposals [][]byte) (m *ike.Message, err error) {
	ctx, cancel := context.WithTimeout(ctx, ikeStepTime)
	defer cancel()
	for _, propose := range proposals {
		if m, err = s.ikePropose(ctx, v, propose); m == nil || v.agrees(m) {
			break
		}
	}
	step := exposure.Step{ID: id, Result: exposure.StepRefused, Remote: s.peer.at}
	switch {
	case m == nil:
		step.Result, step.Detail = exposure.StepFailed, err.Error()
	case v.agrees(m):
		step.Result = exposure.StepOK
		for _, chosen := range m.Transforms {
			step.Said = untrusted.New(chosen.String(), maxFact)
		}
		if m.Group != 0 {
			step.Said = untrusted.New(ike.GroupName(m.Group), maxFact)
		}
	default:
		step.Said = untrusted.New("NO_PROPOSAL_CHOSEN", maxFact)
		if len(m.Notices) > 0 && m.Notices[0] != ike.NoProposalChosen {
			step.Said = untrusted.Text{}
			step.Facts = exposure.Facts{"notice": int(m.Notices[0])}
		}
	}
	t.Step(step)
	return m, err
}

// ikeLearn keeps what a proposal of the test found out.
func (s *Session) ikeLearn(svc *exposure.Service, id string, v ikeVersion, m *ike.Message) {
	agrees := v.agrees(m)
	switch id {
	case "ike-v2", "ike-v1":
		svc.Facts[v.name] = ikeRefuses
		if agrees {
			svc.Facts[v.name] = ikeAccepts
		}
		s.ikeKeep(svc, m)
	case "ike-v1-aggressive":
		svc.Facts["aggressive"] = agrees
	default:
		s.ikeKeep(svc, m)
		weak, _ := svc.Facts.Bool("weak")
		svc.Facts["weak"] = weak || agrees
		if agrees {
			// It agreed to nothing but such.
			svc.Facts[v.name] = ikeAccepts
		}
	}
}
