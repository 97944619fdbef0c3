// Package ipp writes requests of the Internet Printing Protocol and reads the
// attributes of its responses (RFC 8010).
package ipp

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// Operations (RFC 8011 section 5.4.15, CUPS "Operations").
const (
	validateJob          = 0x0004
	GetPrinterAttributes = 0x000b
	CUPSGetPrinters      = 0x4002
)

// ErrFormat is what is no response of IPP.
var ErrFormat = errors.New("no response of IPP")

// Tags that delimit groups, and those of values that are read (RFC 8010 section
// 3.5).
const (
	tagOperation = 0x01
	tagEnd       = 0x03
	tagPrinter   = 0x04
	tagInteger   = 0x21
	tagBoolean   = 0x22
	tagEnum      = 0x23
	tagText      = 0x40 // the first of the texts
	tagName      = 0x42
	tagKeyword   = 0x44
	tagURI       = 0x45
	tagCharset   = 0x47
	tagLanguage  = 0x48
)

// Validate asks whether a printer would take a job of a user (RFC 8011 section
// 4.2.3). Nothing is printed.
func Validate(id uint32, uri, user string) []byte {
	b := begin(validateJob, id, uri)
	return append(value(b, tagName, "requesting-user-name", user), tagEnd)
}

func begin(operation uint16, id uint32, uri string) []byte {
	b := []byte{1, 1}
	b = binary.BigEndian.AppendUint16(b, operation)
	b = binary.BigEndian.AppendUint32(b, id)
	b = append(b, tagOperation)
	b = value(b, tagCharset, "attributes-charset", "utf-8")
	b = value(b, tagLanguage, "attributes-natural-language", "en")
	if uri != "" {
		b = value(b, tagURI, "printer-uri", uri)
	}
	return b
}

// Request asks for attributes. URI is the printer, empty for a server.
func Request(operation uint16, id uint32, uri string, attributes ...string) []byte {
	b := begin(operation, id, uri)
	name := "requested-attributes"
	for _, a := range attributes {
		b = value(b, tagKeyword, name, a)
		name = "" // one more value of the attribute before
	}
	return append(b, tagEnd)
}

func value(b []byte, tag byte, name, text string) []byte {
	b = append(b, tag)
	b = append(binary.BigEndian.AppendUint16(b, uint16(len(name))), name...)
	return append(binary.BigEndian.AppendUint16(b, uint16(len(text))), text...)
}

// Response is what a server answered.
type Response struct {
	Major, Minor byte   // the version of the protocol
	Status       uint16 // below 0x100 it was successful
	ID           uint32
	Printers     []Attributes // one for each printer
}

// Attributes are values by name, as texts.
type Attributes map[string][]string

// First is the first value of an attribute, empty when there is none.
func (a Attributes) First(name string) string {
	if len(a[name]) == 0 {
		return ""
	}
	return a[name][0]
}

// Bounds of what is kept of a response.
const (
	maxPrinters = 64
	maxValues   = 2048
)

// Parse reads a response. One that was cut short ends where it was cut: printers
// send long lists.
func Parse(b []byte) (Response, error) {
	if len(b) < 9 || b[0] < 1 || b[0] > 2 {
		return Response{}, ErrFormat
	}
	r := Response{
		Major: b[0], Minor: b[1],
		Status: binary.BigEndian.Uint16(b[2:]), ID: binary.BigEndian.Uint32(b[4:]),
	}
	var into Attributes
	name := ""
	values := 0
	for b = b[8:]; len(b) > 0 && b[0] != tagEnd; {
		tag := b[0]
		if tag < 0x10 {
			into = nil
			if tag == tagPrinter && len(r.Printers) < maxPrinters {
				into = Attributes{}
				r.Printers = append(r.Printers, into)
			}
			b = b[1:]
			continue
		}
		key, rest, ok := lengthed(b[1:])
		if !ok {
			break
		}
		data, rest, ok := lengthed(rest)
		if !ok {
			break
		}
		b = rest
		if len(key) > 0 {
			name = string(key)
		}
		if values++; into != nil && values <= maxValues {
			into[name] = append(into[name], show(tag, data))
		}
	}
	return r, nil
}

func lengthed(b []byte) (data, rest []byte, ok bool) {
	if len(b) < 2 {
		return nil, nil, false
	}
	end := 2 + int(binary.BigEndian.Uint16(b))
	if end > len(b) {
		return nil, nil, false
	}
	return b[2:end], b[end:], true
}

func show(tag byte, data []byte) string {
	switch {
	case (tag == tagInteger || tag == tagEnum) && len(data) == 4:
		return fmt.Sprint(int32(binary.BigEndian.Uint32(data)))
	case tag == tagBoolean && len(data) == 1:
		return fmt.Sprint(data[0] != 0)
	case tag >= tagText && tag < 0x60:
		return string(data)
	}
	return ""
}
