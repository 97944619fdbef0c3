//go:build !race

package scan

// forgedAnswers of each part.
const forgedAnswers = 5_000_000
