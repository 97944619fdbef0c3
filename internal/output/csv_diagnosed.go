package output

import (
	"encoding/csv"
	"io"
	"strconv"
	"strings"

	"sekisho/internal/exposure"
)

// csvDiagnosis writes a row for each port and zone. Lists in one field have
// semicolons between them.
func csvDiagnosis(w io.Writer, d exposure.Diagnosis, _ Options) error {
	c := csv.NewWriter(w)
	if err := c.Write([]string{"host", "transport", "port", "name", "zone", "cause", "certainty", "evidence", "rivals", "stages", "remedy"}); err != nil {
		return err
	}
	for _, p := range d.Ports {
		var rivals, stages []string
		for _, r := range p.Rivals {
			rivals = append(rivals, r.ID)
		}
		for _, s := range p.Stages {
			stages = append(stages, s.ID+" "+string(s.Result))
		}
		list := func(items []string) string { return strings.Join(items, "; ") }
		if err := c.Write(each([]string{
			d.Host, p.Transport.String(), strconv.Itoa(int(p.Port)), p.Name, string(p.Zone), p.Cause.ID, string(p.Cause.Certainty),
			list(p.Cause.Evidence), list(rivals), list(stages), list(p.Cause.Remedy),
		}, csvField)); err != nil {
			return err
		}
	}
	c.Flush()
	return c.Error()
}
