package output

// style is an SGR parameter string (ECMA-48 section 8.3.117); empty is none.
// Only the sixteen colours of the terminal's own palette are used, so that they
// are legible on whatever background its user chose.
type style string

const (
	plain  style = ""
	bold   style = "1"
	dim    style = "2"
	red    style = "1;31"
	green  style = "32"
	yellow style = "33"
	cyan   style = "36"
)

// paint colours a text. The word says the same without the colour.
func (o Options) paint(s style, text string) string {
	if !o.Color || s == plain || text == "" {
		return text
	}
	return "\x1b[" + string(s) + "m" + text + "\x1b[0m"
}
