package output

import (
	"encoding/json"
	"io"

	"sekisho/internal/exposure"
)

// Query writes the document of a query. Its text is PortQry's, which is printed
// as it comes and not from here.
func Query(w io.Writer, d exposure.QueryDocument) error { return indented(w, wholeQuery(d)) }

// QueryLine writes the document on one line: one of several that follow each
// other.
func QueryLine(w io.Writer, d exposure.QueryDocument) error {
	b, err := json.Marshal(wholeQuery(d))
	if err != nil {
		return err
	}
	_, err = w.Write(append(inert(b), '\n'))
	return err
}

// wholeQuery is a document whose lists are all there where they must be.
func wholeQuery(d exposure.QueryDocument) exposure.QueryDocument {
	if d.Join != nil && d.Join.Blocked == nil {
		join := *d.Join
		join.Blocked = []exposure.QueryBlocked{}
		d.Join = &join
	}
	if d.Local != nil && d.Local.Connections == nil {
		local := *d.Local
		local.Connections = []exposure.Connection{}
		d.Local = &local
	}
	return d
}
