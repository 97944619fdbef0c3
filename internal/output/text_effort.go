package output

import (
	"math"
	"strconv"
	"time"

	"sekisho/internal/exposure"
)

// cost is what a scan took, and how the way was.
func (p *page) cost(s exposure.ScanSummary) string {
	elapsed := seconds(time.Duration(s.ElapsedMS) * time.Millisecond)
	if s.Loss == nil {
		return p.say.Say("scan.cost", "Seconds", elapsed, "Count", s.PacketsSent)
	}
	loss := strconv.FormatFloat(*s.Loss*100, 'f', 1, 64)
	if s.RTT == 0 {
		return p.say.Say("scan.cost-loss", "Seconds", elapsed, "Count", s.PacketsSent, "Loss", loss)
	}
	return p.say.Say("scan.cost-way", "Seconds", elapsed, "Count", s.PacketsSent, "Loss", loss, "Milliseconds", milliseconds(s.RTT))
}

// effort is how sure the silence of ports is, and how hard the paths were
// driven where that was not as hard as they can bear.
func (p *page) effort(s exposure.ScanSummary, style style) {
	switch {
	case s.Tries == 0:
	case s.ExpectedMissed == nil || *s.ExpectedMissed == 0:
		p.paragraph("", style, p.say.Say("scan.tries", "Count", s.Tries))
	default:
		p.paragraph("", style, p.say.Say("scan.tries-missed", "Count", s.Tries, "Missed", atMost(*s.ExpectedMissed)))
	}
	if pace := p.pace(s); pace != "" {
		p.paragraph("", style, pace)
	}
}

func (p *page) pace(s exposure.ScanSummary) string {
	switch profiles := s.Profiles(); {
	case s.Rate > 0 && len(profiles) > 0:
		return p.say.Say("scan.pace-rate-profile", "Count", s.Rate, "Profiles", profiles)
	case s.Rate > 0:
		return p.say.Say("scan.pace-rate", "Count", s.Rate)
	case len(profiles) > 1:
		return p.say.Say("scan.pace-several", "Profiles", profiles)
	case s.Profile == "wan":
		return p.say.Say("scan.pace-wan")
	case s.Profile == "polite":
		return p.say.Say("scan.pace-polite")
	}
	return ""
}

// milliseconds rounds a round-trip time to what tells near from far.
func milliseconds(m exposure.Microseconds) string {
	ms := time.Duration(m).Seconds() * 1000
	if ms < 1 {
		return significant(ms, 1, math.Ceil)
	}
	return significant(ms, 2, math.Round)
}

// atMost writes a number that is mostly far below one: two digits of it, no
// less than what it is, and nothing below a ten thousandth.
func atMost(x float64) string { return significant(max(x, 0.0001), 2, math.Ceil) }

// significant writes so many digits of a positive number, or all that stand
// before the point.
func significant(x float64, digits int, round func(float64) float64) string {
	decimals := max(digits-1-int(math.Floor(math.Log10(x))), 0)
	unit := math.Pow10(decimals)
	// What is a whole number of units but for the error of the product is one.
	x = round(math.Round(x*unit*1e6)/1e6) / unit
	return strconv.FormatFloat(x, 'f', -1, 64)
}
