// Package bson writes and reads documents of BSON (bsonspec.org, version 1.1)
// as far as the commands of MongoDB need them before a login.
package bson

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math"
)

// ErrFormat is what is no document.
var ErrFormat = errors.New("no document of BSON")

// Field is a name and a value: int, string, bool or a []Field.
type Field struct {
	Name  string
	Value any
}

// Types of elements.
const (
	typeDouble   = 0x01
	typeString   = 0x02
	typeDocument = 0x03
	typeArray    = 0x04
	typeBinary   = 0x05
	typeObjectID = 0x07
	typeBool     = 0x08
	typeDate     = 0x09
	typeNull     = 0x0a
	typeInt32    = 0x10
	typeTime     = 0x11
	typeInt64    = 0x12
)

// Marshal writes a document. Values of other types are left out.
func Marshal(fields ...Field) []byte {
	b := []byte{0, 0, 0, 0}
	for _, f := range fields {
		name := append([]byte(f.Name), 0)
		switch v := f.Value.(type) {
		case int:
			b = binary.LittleEndian.AppendUint32(append(append(b, typeInt32), name...), uint32(v))
		case bool:
			b = append(append(append(b, typeBool), name...), map[bool]byte{true: 1}[v])
		case string:
			b = binary.LittleEndian.AppendUint32(append(append(b, typeString), name...), uint32(len(v)+1))
			b = append(append(b, v...), 0)
		case []Field:
			b = append(append(append(b, typeDocument), name...), Marshal(v...)...)
		}
	}
	b = append(b, 0)
	binary.LittleEndian.PutUint32(b, uint32(len(b)))
	return b
}

// Bounds of what is read.
const (
	maxDepth  = 8
	maxFields = 2048
)

// Document is what was read, by name: float64, string, bool, int64, a Document
// or, for an array, a []any. Values of other types are nil.
type Document map[string]any

// Text is a value that is text, empty when it is not.
func (d Document) Text(name string) string {
	s, _ := d[name].(string)
	return s
}

// Number is a value that is a number of whatever type; ok is false when it is
// none, or no whole one of 53 bits.
func (d Document) Number(name string) (n int, ok bool) {
	switch v := d[name].(type) {
	case int64:
		return int(v), true
	case float64:
		if v != math.Trunc(v) || math.Abs(v) > 1<<53 {
			return 0, false
		}
		return int(v), true
	case bool:
		return map[bool]int{true: 1}[v], true
	}
	return 0, false
}

// List is a value that is an array.
func (d Document) List(name string) []any {
	l, _ := d[name].([]any)
	return l
}

// Unmarshal reads the document with which b begins.
func Unmarshal(b []byte) (Document, error) {
	left := maxFields
	d, _, err := document(b, maxDepth, &left)
	return d, err
}

// body cuts a document out of b and returns its elements.
func body(b []byte) (elements, rest []byte, err error) {
	if len(b) < 5 {
		return nil, nil, ErrFormat
	}
	length := binary.LittleEndian.Uint32(b)
	if length < 5 || uint64(length) > uint64(len(b)) || b[length-1] != 0 {
		return nil, nil, ErrFormat
	}
	return b[4 : length-1], b[length:], nil
}

func document(b []byte, depth int, left *int) (Document, []byte, error) {
	d := Document{}
	rest, err := each(b, depth, left, func(name string, value any) { d[name] = value })
	return d, rest, err
}

// each reads the elements of a document, in whose place an array stands too.
func each(b []byte, depth int, left *int, found func(name string, value any)) ([]byte, error) {
	elements, rest, err := body(b)
	if err != nil {
		return nil, err
	}
	for len(elements) > 0 {
		if *left--; *left < 0 || depth == 0 {
			return nil, ErrFormat
		}
		name, after, ok := bytes.Cut(elements[1:], []byte{0})
		if !ok {
			return nil, ErrFormat
		}
		value, after, err := element(elements[0], after, depth-1, left)
		if err != nil {
			return nil, err
		}
		found(string(name), value)
		elements = after
	}
	return rest, nil
}

// fixed are the lengths of the types that have one.
var fixed = map[byte]int{
	typeDouble: 8, typeObjectID: 12, typeBool: 1, typeDate: 8, typeNull: 0, typeInt32: 4, typeTime: 8, typeInt64: 8,
}

func element(kind byte, b []byte, depth int, left *int) (any, []byte, error) {
	if length, ok := fixed[kind]; ok {
		if len(b) < length {
			return nil, nil, ErrFormat
		}
		return number(kind, b), b[length:], nil
	}
	switch kind {
	case typeDocument:
		d, rest, err := document(b, depth, left)
		return d, rest, err
	case typeArray:
		list := []any{}
		rest, err := each(b, depth, left, func(_ string, value any) { list = append(list, value) })
		return list, rest, err
	case typeString, typeBinary:
		if len(b) < 5 {
			return nil, nil, ErrFormat
		}
		length := uint64(binary.LittleEndian.Uint32(b))
		if kind == typeBinary {
			length++ // the kind of binary
		}
		if length < 1 || length > uint64(len(b)-4) {
			return nil, nil, ErrFormat
		}
		if kind == typeBinary {
			return nil, b[4+length:], nil
		}
		return string(b[4 : 4+length-1]), b[4+length:], nil
	}
	return nil, nil, ErrFormat
}

func number(kind byte, b []byte) any {
	switch kind {
	case typeDouble:
		return math.Float64frombits(binary.LittleEndian.Uint64(b))
	case typeBool:
		return b[0] != 0
	case typeInt32:
		return int64(int32(binary.LittleEndian.Uint32(b)))
	case typeInt64:
		return int64(binary.LittleEndian.Uint64(b))
	}
	return nil
}
