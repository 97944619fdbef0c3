package web

import (
	"cmp"
	"encoding"
	"fmt"
	"reflect"
	"strings"
	"time"

	"sekisho/internal/exposure"
	"sekisho/internal/untrusted"
)

// describe makes the description of the API (OpenAPI 3.1.0) from the routes and
// from the types of their bodies.
func describe(list []route, version string) map[string]any {
	d := &description{schemas: map[string]any{}}
	paths := map[string]any{}
	for _, r := range list {
		item, _ := paths[r.path].(map[string]any)
		if item == nil {
			item = map[string]any{}
			paths[r.path] = item
		}
		item[strings.ToLower(r.method)] = d.operation(r)
	}
	return map[string]any{
		"openapi": "3.1.0",
		"info": map[string]any{
			"title": "sekisho", "version": version,
			"description": "A look at the address that a request comes from, from outside, or at one that proved itself by requests of its own to two vantages. No request names an address.",
		},
		"paths": paths,
		"components": map[string]any{
			"schemas": d.schemas,
			"securitySchemes": map[string]any{"owner": map[string]any{
				"type": "http", "scheme": "bearer",
				"description": "What the owner of a job is known by: a word of 20 to 64 characters that the caller chose, or the secret of the plan.",
			}},
		},
	}
}

type description struct{ schemas map[string]any }

func (d *description) operation(r route) map[string]any {
	success := map[string]any{"description": "Done."}
	if r.gives != nil {
		success["content"] = d.content(cmp.Or(r.kind, "application/json"), r.gives)
	}
	responses := map[string]any{fmt.Sprint(r.status): success}
	for _, status := range r.problems {
		responses[fmt.Sprint(status)] = map[string]any{
			"description": "A problem (RFC 9457).", "content": d.content("application/problem+json", exposure.Problem{}),
		}
	}
	operation := map[string]any{"summary": r.summary, "operationId": operationID(r), "responses": responses}
	if strings.HasPrefix(r.path, "/api/v1/jobs") {
		operation["security"] = []any{map[string]any{}, map[string]any{"owner": []any{}}} // without a secret much is answered too
	}
	var parameters []any
	for _, name := range []string{"id", "token"} {
		if strings.Contains(r.path, "{"+name+"}") {
			parameters = append(parameters, parameter(name, "path", map[string]any{"type": "string"}))
		}
	}
	if strings.HasSuffix(r.path, "/batches") || strings.HasSuffix(r.path, "/events") {
		number := map[string]any{"type": "integer", "minimum": 0}
		parameters = append(parameters, parameter("after", "query", number), parameter("Last-Event-ID", "header", number))
	}
	if parameters != nil {
		operation["parameters"] = parameters
	}
	if r.takes != nil {
		operation["requestBody"] = map[string]any{"required": true, "content": d.content("application/json", r.takes)}
	}
	return operation
}

// operationID is the name of a request in programs that are made of the
// description: its method and the words of its path.
func operationID(r route) string {
	words := strings.FieldsFunc(strings.TrimPrefix(r.path, "/api/v1"), func(c rune) bool { return strings.ContainsRune("/{}.", c) })
	return strings.Join(append([]string{strings.ToLower(r.method)}, words...), "-")
}

func parameter(name, in string, schema map[string]any) map[string]any {
	return map[string]any{"name": name, "in": in, "required": in == "path", "schema": schema}
}

func (d *description) content(kind string, body any) map[string]any {
	return map[string]any{kind: map[string]any{"schema": d.schema(reflect.TypeOf(body))}}
}

var (
	timeType = reflect.TypeFor[time.Time]()
	textType = reflect.TypeFor[encoding.TextMarshaler]()
	unitType = reflect.TypeFor[exposure.Microseconds]()

	quotedType = reflect.TypeFor[untrusted.Text]()
)

// schema is what a type looks like in JSON, those with a name as a reference.
func (d *description) schema(t reflect.Type) map[string]any {
	switch {
	case t.Kind() == reflect.Pointer:
		return d.schema(t.Elem())
	case t == timeType:
		return map[string]any{"type": "string", "format": "date-time"}
	case t == unitType:
		return map[string]any{"type": "integer"}
	case t.Implements(textType), t == quotedType:
		return map[string]any{"type": "string"}
	}
	switch t.Kind() {
	case reflect.String:
		return map[string]any{"type": "string"}
	case reflect.Bool:
		return map[string]any{"type": "boolean"}
	case reflect.Float64:
		return map[string]any{"type": "number"}
	case reflect.Slice:
		return map[string]any{"type": "array", "items": d.schema(t.Elem())}
	case reflect.Map:
		return map[string]any{"type": "object"}
	case reflect.Struct:
		name := strings.ToUpper(t.Name()[:1]) + t.Name()[1:]
		if d.schemas[name] == nil {
			properties, required := map[string]any{}, []string{}
			d.schemas[name] = map[string]any{} // it may hold itself
			d.fields(t, properties, &required)
			d.schemas[name] = map[string]any{"type": "object", "properties": properties, "required": required}
		}
		return map[string]any{"$ref": "#/components/schemas/" + name}
	}
	return map[string]any{"type": "integer"}
}

// fields adds the fields of a struct, those of an embedded one as its own.
func (d *description) fields(t reflect.Type, properties map[string]any, required *[]string) {
	for f := range t.Fields() {
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case f.Anonymous && name == "":
			d.fields(f.Type, properties, required)
			continue
		case name == "-" || !f.IsExported():
			continue
		}
		properties[name] = d.schema(f.Type)
		if !strings.Contains(options, "omit") {
			*required = append(*required, name)
		}
	}
}
