package cli

import (
	"bytes"

	"sekisho/internal/dialogue"
	"sekisho/internal/exposure"
	"sekisho/internal/untrusted"
)

// record keeps what was said for the document, a line at a time. What comes
// without an end of line waits for the rest of its line.
func (c *conversation) record(from string, e dialogue.Event) {
	if e.Command {
		c.recorded(exposure.DialogueLine{At: now(), From: from, Text: untrusted.New(e.Data, 0), Command: true})
		return
	}
	for data := e.Data; len(data) > 0; {
		piece := data
		if i := bytes.IndexByte(data, '\n'); i >= 0 {
			piece = data[:i+1]
		}
		data = data[len(piece):]
		at, waits := c.open[from]
		delete(c.open, from)
		if waits && len(c.told.Lines[at].Text.Raw())+len(piece) <= untrusted.MaxText {
			c.told.Lines[at].Text = untrusted.New(c.told.Lines[at].Text.Raw()+string(piece), 0)
			c.kept += len(piece)
		} else {
			at = c.recorded(exposure.DialogueLine{At: now(), From: from, Text: untrusted.New(piece, 0)})
		}
		if at >= 0 && piece[len(piece)-1] != '\n' {
			c.open[from] = at
		}
	}
}

// recorded keeps a line and returns its place, or a negative one when there is
// no room any more.
func (c *conversation) recorded(l exposure.DialogueLine) int {
	if len(c.told.Lines) >= maxDialogueLines || c.kept >= maxDialogueBytes {
		c.told.Cut = true
		return -1
	}
	c.kept += len(l.Text.Raw())
	c.told.Lines = append(c.told.Lines, l)
	return len(c.told.Lines) - 1
}

// document is the conversation as it is kept.
func (c *conversation) document() *exposure.Dialogue { return &c.told }
