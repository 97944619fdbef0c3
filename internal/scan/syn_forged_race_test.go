//go:build race

package scan

// forgedAnswers of each part: the race detector makes each ten times as dear,
// so that it sees a tenth of them; ./check runs them all without it.
const forgedAnswers = 500_000
