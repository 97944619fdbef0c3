package lang

import (
	"bytes"
	"embed"
	"fmt"
	"strings"
	"sync"
	texttemplate "text/template"

	"github.com/nicksnyder/go-i18n/v2/i18n"
	"github.com/nicksnyder/go-i18n/v2/i18n/template"
	"golang.org/x/text/language"

	"sekisho/internal/untrusted"
)

//go:embed en.json ja.json
var catalogue embed.FS

// Printer says the messages of the catalogue in one language.
type Printer struct {
	localizer *i18n.Localizer
	parser    parser
}

// printers are made on first use: a run speaks one language and pays for one.
var printers = map[Tag]func() *Printer{
	English:  sync.OnceValue(func() *Printer { return load(English) }),
	Japanese: sync.OnceValue(func() *Printer { return load(Japanese) }),
}

// For returns the printer of a language, English for one that is not spoken.
func For(t Tag) *Printer {
	if printer, ok := printers[t]; ok {
		return printer()
	}
	return printers[English]()
}

// load reads one file of the catalogue. The file is part of the program, so
// one that does not parse is a mistake of ours and no state to go on from.
func load(t Tag) *Printer {
	name := string(t) + ".json"
	b, err := catalogue.ReadFile(name)
	if err != nil {
		panic(err)
	}
	bundle := i18n.NewBundle(language.Make(string(t)))
	if _, err := bundle.ParseMessageFileBytes(b, name); err != nil {
		panic(err)
	}
	return &Printer{localizer: i18n.NewLocalizer(bundle, string(t)), parser: parser{t}}
}

// Say returns the message of that id. Pairs are the names and values of its
// parameters; a Count chooses the plural. A value may be text from anywhere:
// nothing in it can act on a terminal. An id or parameter that is missing shows
// the id in brackets, and fails the test of the catalogue.
func (p *Printer) Say(id string, pairs ...any) string {
	parameters := named(pairs)
	config := &i18n.LocalizeConfig{MessageID: id, TemplateData: parameters, TemplateParser: p.parser}
	if count, ok := parameters["Count"]; ok {
		config.PluralCount = count
	}
	// A message that needs no plural forms has only the general one; go-i18n
	// returns it together with an error that says so.
	message, _ := p.localizer.Localize(config)
	if message == "" {
		return "⟦" + id + "⟧"
	}
	return message
}

// Text is a text that stands in both languages in the room that owns it, in
// the template syntax of the catalogue.
type Text struct{ EN, JA string }

// In returns the text in a language with its parameters filled in.
func (t Text) In(tag Tag, pairs ...any) string {
	src := t.EN
	if tag == Japanese {
		src = t.JA
	}
	if !strings.Contains(src, "{{") {
		return src
	}
	message, err := parsed(parser{tag}, src)
	if err != nil {
		return "⟦" + src + "⟧"
	}
	text, err := message.Execute(named(pairs))
	if err != nil {
		return "⟦" + src + "⟧"
	}
	return text
}

// texts keeps what was parsed: a machine on which every port answers has sixty
// thousand findings of a few texts.
var texts sync.Map

func parsed(p parser, src string) (template.ParsedTemplate, error) {
	key := [2]string{string(p.tag), src}
	if known, ok := texts.Load(key); ok {
		return known.(template.ParsedTemplate), nil
	}
	t, err := p.Parse(src, "", "")
	if err == nil {
		texts.Store(key, t)
	}
	return t, err
}

// parser parses the messages of one language, each once.
type parser struct{ tag Tag }

// Cacheable tells go-i18n that a message means the same at every call.
func (parser) Cacheable() bool { return true }

// Parse reads one message.
func (p parser) Parse(src, _, _ string) (template.ParsedTemplate, error) {
	t, err := texttemplate.New("").Option("missingkey=error").Funcs(functions(p.tag)).Parse(src)
	if err != nil {
		return nil, err
	}
	return message{t}, nil
}

type message struct{ *texttemplate.Template }

// Execute fills the message in; half a message is none.
func (m message) Execute(data any) (string, error) {
	var b bytes.Buffer
	if err := m.Template.Execute(&b, data); err != nil {
		return "", err
	}
	return b.String(), nil
}

// functions are what a message may call: plural for a second number in a
// sentence, whose first one is Count ({{plural .Things "thing" "things"}}), and
// list for an enumeration with the separator of the language.
func functions(tag Tag) texttemplate.FuncMap {
	separator := ", "
	if tag == Japanese {
		separator = "、"
	}
	return texttemplate.FuncMap{
		"plural": func(n int, one, other string) string {
			if n == 1 {
				return one
			}
			return other
		},
		"list": func(items []string) string { return strings.Join(items, separator) },
	}
}

// named makes parameters of names and values, harmless ones.
func named(pairs []any) map[string]any {
	parameters := make(map[string]any, len(pairs)/2)
	for i := 0; i+1 < len(pairs); i += 2 {
		if name, ok := pairs[i].(string); ok {
			parameters[name] = harmless(pairs[i+1])
		}
	}
	return parameters
}

// harmless passes numbers and turns everything else into text for a terminal:
// not only banners come from outside, a process chooses its name too.
func harmless(v any) any {
	switch v := v.(type) {
	case int, int64, uint16, bool, float64:
		return v
	case []string:
		items := make([]string, len(v))
		for i, item := range v {
			items[i] = untrusted.New(item, 0).Terminal()
		}
		return items
	}
	return untrusted.New(fmt.Sprint(v), 0).Terminal()
}
