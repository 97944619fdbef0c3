package fingerprint

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"regexp/syntax"
	"slices"
	"strconv"
	"strings"
)

// What is read is bounded: recog's own 51 files hold 4,657 fingerprints in
// 3 MB, the largest 580 in 0.5 MB, and no pattern of theirs is half as long.
const (
	maxFiles   = 1000
	maxFile    = 8 << 20
	maxTotal   = 64 << 20
	maxPrints  = 50_000 // of one file
	maxPattern = 4 << 10
	maxNodes   = 20_000 // of a pattern, each repeat counted as often as it repeats
	maxParams  = 64
	maxValue   = 1 << 10
)

// file is what one file of fingerprints holds.
type file struct {
	matches    string // which kind of text it judges
	preference float64
	prints     []*fingerprint
}

// Error says what is wrong in a file of fingerprints, and where.
type Error struct {
	File string
	Line int // 0: of the file as a whole
	Err  error
}

// Error is the message: "ssh_banners.xml:12: missing closing )".
func (e *Error) Error() string {
	if e.Line == 0 {
		return fmt.Sprintf("%s: %v", e.File, e.Err)
	}
	return fmt.Sprintf("%s:%d: %v", e.File, e.Line, e.Err)
}

// Unwrap is the reason.
func (e *Error) Unwrap() error { return e.Err }

// ErrNone says that a folder holds no fingerprints.
var ErrNone = errors.New("no fingerprints here (*.xml, or xml/*.xml as in recog's own folder)")

// Load reads all files *.xml of a folder, or of the folder xml in it. One that
// cannot be read ends it with an *Error: half of the fingerprints would name
// half of the products.
func Load(folder fs.FS) (*Matcher, error) {
	names, err := fs.Glob(folder, "*.xml")
	if err == nil && len(names) == 0 {
		names, err = fs.Glob(folder, "xml/*.xml")
	}
	switch {
	case err != nil:
		return nil, err
	case len(names) == 0:
		return nil, ErrNone
	case len(names) > maxFiles:
		return nil, fmt.Errorf("%d files of fingerprints: at most %d are read", len(names), maxFiles)
	}
	var files []file
	total := 0
	for _, name := range names {
		b, err := readWhole(folder, name)
		if err != nil {
			return nil, &Error{File: name, Err: err}
		}
		if total += len(b); total > maxTotal {
			return nil, &Error{File: name, Err: fmt.Errorf("more than %d MiB of fingerprints", maxTotal>>20)}
		}
		f, err := readFile(name, b)
		if err != nil {
			return nil, err
		}
		files = append(files, f)
	}
	return newMatcher(files), nil
}

func readWhole(folder fs.FS, name string) ([]byte, error) {
	opened, err := folder.Open(name)
	if err != nil {
		return nil, err
	}
	defer opened.Close()
	b, err := io.ReadAll(io.LimitReader(opened, maxFile+1))
	if err == nil && len(b) > maxFile {
		err = fmt.Errorf("larger than %d MiB", maxFile>>20)
	}
	return b, err
}

// readFile reads one file. Examples are for whoever writes fingerprints, and
// are passed over.
func readFile(name string, b []byte) (file, error) {
	r := &reader{
		name: name, d: xml.NewDecoder(strings.NewReader(string(b))),
		// The word for a file that does not say which texts it judges.
		file: file{matches: strings.TrimSuffix(path.Base(name), ".xml"), preference: 0.1},
	}
	for {
		token, err := r.d.Token()
		switch {
		case errors.Is(err, io.EOF) && len(r.file.prints) == 0:
			return file{}, r.fail(errors.New("no fingerprints in it"))
		case errors.Is(err, io.EOF):
			return r.file, nil
		case err != nil:
			return file{}, r.fail(err)
		}
		start, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		switch {
		case !r.inside && start.Name.Local == "fingerprints":
			r.inside = true
			err = r.head(start)
		case r.inside && start.Name.Local == "fingerprint":
			err = r.print(start)
		default:
			err = fmt.Errorf("<%s> is none of a file of fingerprints", clip(start.Name.Local))
		}
		if err != nil {
			return file{}, r.fail(err)
		}
	}
}

// reader is the reading of one file.
type reader struct {
	name   string
	d      *xml.Decoder
	file   file
	inside bool
}

func (r *reader) fail(err error) error {
	var known *Error
	if errors.As(err, &known) {
		return known
	}
	var bad *xml.SyntaxError
	if errors.As(err, &bad) {
		return &Error{r.name, bad.Line, errors.New(bad.Msg)}
	}
	line, _ := r.d.InputPos()
	return &Error{r.name, line, err}
}

// head reads the attributes of the whole file.
func (r *reader) head(start xml.StartElement) error {
	if matches := attribute(start, "matches"); matches != "" {
		r.file.matches = matches
	}
	if text := attribute(start, "preference"); text != "" {
		preference, err := strconv.ParseFloat(text, 64)
		if err != nil || !(preference >= 0 && preference <= 1) {
			return fmt.Errorf("preference %q is no number from 0 to 1", clip(text))
		}
		r.file.preference = preference
	}
	return nil
}

// print reads one fingerprint.
func (r *reader) print(start xml.StartElement) error {
	if len(r.file.prints) == maxPrints {
		return fmt.Errorf("more than %d fingerprints", maxPrints)
	}
	line, _ := r.d.InputPos()
	p, groups, err := newPattern(attribute(start, "pattern"), attribute(start, "flags"))
	if err != nil {
		return err
	}
	for {
		token, err := r.d.Token()
		if err != nil {
			return err
		}
		switch token := token.(type) {
		case xml.EndElement:
			if err := p.whole(groups); err != nil {
				return &Error{r.name, line, err}
			}
			r.file.prints = append(r.file.prints, p)
			return nil
		case xml.StartElement:
			if err := r.part(p, token); err != nil {
				return err
			}
		}
	}
}

// part reads an element inside a fingerprint.
func (r *reader) part(p *fingerprint, start xml.StartElement) error {
	switch start.Name.Local {
	case "description":
		var text string
		err := r.d.DecodeElement(&text, &start)
		text = strings.Join(strings.Fields(text), " ")
		p.description = text[:min(len(text), maxValue)]
		return err
	case "param":
		group, err := strconv.Atoi(attribute(start, "pos"))
		if err != nil || group < 0 {
			return fmt.Errorf("pos %q of a param is no number of a group", clip(attribute(start, "pos")))
		}
		read := param{name: attribute(start, "name"), value: attribute(start, "value"), group: group}
		if read.name == "" || len(read.name)+len(read.value) > maxValue {
			return fmt.Errorf("a param has no name, or more than %d bytes", maxValue)
		}
		if len(p.params) == maxParams {
			return fmt.Errorf("more than %d params", maxParams)
		}
		// Of two of one name the later counts, as for recog itself.
		p.params = slices.DeleteFunc(p.params, func(known param) bool { return known.name == read.name })
		p.params = append(p.params, read)
	}
	return r.d.Skip()
}

// whole checks what can be checked when all of a fingerprint is read.
func (p *fingerprint) whole(groups int) error {
	for _, param := range p.params {
		if param.group > groups {
			return fmt.Errorf("param %s is group %d of a pattern with %d", clip(param.name), param.group, groups)
		}
	}
	return nil
}

// flagsOf are the flags of fingerprints in the words of regexp. That ^ and $
// stand at every line goes without saying, so that of the many words only those
// for case and for what a dot matches are left.
var flagsOf = map[string]string{
	"REG_ICASE": "i", "IGNORECASE": "i",
	"REG_DOT_NEWLINE": "s", "REG_MULTILINE": "s", "REG_LINE_ANY_CRLF": "s",
}

// newPattern makes a fingerprint of a pattern and tells how many groups it has.
func newPattern(text, words string) (p *fingerprint, groups int, err error) {
	if text == "" || len(text) > maxPattern {
		return nil, 0, fmt.Errorf("a fingerprint has no pattern, or one of more than %d bytes", maxPattern)
	}
	flags := ""
	for word := range strings.SplitSeq(words, ",") {
		flag, known := flagsOf[strings.TrimSpace(word)]
		if !known && words != "" {
			return nil, 0, fmt.Errorf("flag %q is none of REG_ICASE, REG_DOT_NEWLINE, REG_MULTILINE, REG_LINE_ANY_CRLF", clip(word))
		}
		if !strings.Contains(flags, flag) {
			flags += flag
		}
	}
	mode := syntax.Perl &^ syntax.OneLine
	if strings.Contains(flags, "i") {
		mode |= syntax.FoldCase
	}
	if strings.Contains(flags, "s") {
		mode |= syntax.DotNL
	}
	parsed, err := syntax.Parse(text, mode)
	if err != nil {
		return nil, 0, err
	}
	if nodes(parsed) > maxNodes {
		return nil, 0, fmt.Errorf("pattern %q repeats too much", clip(text))
	}
	p = &fingerprint{pattern: text, needs: needed(parsed)}
	return p, parsed.MaxCap(), p.compile(flags)
}

// nodes is about how large a pattern becomes when it is compiled.
func nodes(re *syntax.Regexp) int {
	sum := 1 + len(re.Rune)/4
	for _, sub := range re.Sub {
		sum += nodes(sub)
	}
	if re.Op == syntax.OpRepeat {
		return min(sum*max(re.Min, re.Max, 1), maxNodes+1)
	}
	return min(sum, maxNodes+1)
}

func attribute(start xml.StartElement, name string) string {
	for _, a := range start.Attr {
		if a.Name.Local == name && a.Name.Space == "" {
			return a.Value
		}
	}
	return ""
}

// clip shortens what an error quotes.
func clip(s string) string {
	const most = 80
	if len(s) > most {
		return s[:most] + "..."
	}
	return s
}
