package policy

import (
	"errors"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"sekisho/internal/lang"
	"sekisho/internal/portspec"
)

// portList reads ports as people write them: 22, 80-90, 53/udp, ssh, @trojan,
// u:53,123, several with commas between them. A number without more is TCP; a
// name stands for the service's TCP ports, or for its UDP ports when it has no
// other.
func (r *reader) portList(n *yaml.Node, e *entry) {
	udp, offset := false, 0
	for item := range strings.SplitSeq(n.Value, ",") {
		spec, now, err := portItem(item, udp)
		udp = now
		var wrong *portspec.Error
		if errors.As(err, &wrong) {
			r.portProblem(n, wrong, offset)
			return
		}
		e.tcp, e.udp = append(e.tcp, spec.TCP.Slice()...), append(e.udp, spec.UDP.Slice()...)
		offset += len([]rune(item)) + 1
	}
	slices.Sort(e.tcp)
	slices.Sort(e.udp)
	e.tcp, e.udp = slices.Compact(e.tcp), slices.Compact(e.udp)
}

// portItem reads what stands between two commas; now is the transport that
// holds for what follows, which only u: and t: change.
func portItem(item string, udp bool) (spec portspec.Spec, now bool, err error) {
	trimmed := strings.ToLower(strings.TrimSpace(item))
	for suffix, over := range map[string]bool{"/tcp": false, "/udp": true} {
		if strings.HasSuffix(trimmed, suffix) {
			spec, err = portspec.Parse(item[:strings.LastIndexByte(item, '/')], over)
			return spec, udp, err
		}
	}
	switch {
	case strings.HasPrefix(trimmed, "u:"):
		udp = true
	case strings.HasPrefix(trimmed, "t:"):
		udp = false
	}
	spec, err = portspec.Parse(item, udp)
	var wrong *portspec.Error
	if errors.As(err, &wrong) && wrong.Kind == portspec.NotTCP {
		spec, err = portspec.Parse(item, true)
	}
	return spec, udp, err
}

// portProblem points at the character that is wrong, where the word stands in
// the file as it is read.
func (r *reader) portProblem(n *yaml.Node, wrong *portspec.Error, offset int) {
	p := r.wrong(n, wrongPorts, "Error", sentences{lang.English: wrong.Sentence(false), lang.Japanese: wrong.Sentence(true)})
	switch {
	case n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0:
		return
	case n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle) != 0:
		offset++
	}
	p.Column += offset + wrong.Offset
}
