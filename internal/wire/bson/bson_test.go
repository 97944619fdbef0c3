package bson_test

import (
	"bytes"
	"encoding/binary"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sekisho/internal/wire/bson"
)

// hello is the example of bsonspec.org.
const hello = "\x16\x00\x00\x00\x02hello\x00\x06\x00\x00\x00world\x00\x00"

func TestExample(t *testing.T) {
	if got := bson.Marshal(bson.Field{Name: "hello", Value: "world"}); string(got) != hello {
		t.Errorf("%q", got)
	}
	d, err := bson.Unmarshal([]byte(hello + "after"))
	if err != nil || d.Text("hello") != "world" {
		t.Errorf("%v, %v", d, err)
	}
	// ["awesome", 5.05, 1986] under BSON, of the same page.
	const awesome = "1\x00\x00\x00\x04BSON\x00&\x00\x00\x00\x020\x00\x08\x00\x00\x00awesome\x00\x011\x00333333\x14@\x102\x00\xc2\x07\x00\x00\x00\x00"
	d, err = bson.Unmarshal([]byte(awesome))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]any{"awesome", 5.05, int64(1986)}, d.List("BSON")); diff != "" {
		t.Error(diff)
	}
}

func TestBackAndForth(t *testing.T) {
	d, err := bson.Unmarshal(bson.Marshal(
		bson.Field{Name: "ok", Value: 1}, bson.Field{Name: "yes", Value: true}, bson.Field{Name: "no", Value: false},
		bson.Field{Name: "in", Value: []bson.Field{{Name: "text", Value: ""}}},
	))
	want := bson.Document{"ok": int64(1), "yes": true, "no": false, "in": bson.Document{"text": ""}}
	if diff := cmp.Diff(want, d); diff != "" || err != nil {
		t.Error(diff, err)
	}
	for name, number := range map[string]int{"ok": 1, "yes": 1, "no": 0} {
		if n, ok := d.Number(name); !ok || n != number {
			t.Errorf("%s is %d, %v", name, n, ok)
		}
	}
	if _, ok := d.Number("in"); ok {
		t.Error("a document is a number")
	}
}

func TestLies(t *testing.T) {
	deep := bson.Marshal()
	for range 20 {
		b := append(append([]byte{0, 0, 0, 0, 3, 'a', 0}, deep...), 0)
		binary.LittleEndian.PutUint32(b, uint32(len(b)))
		deep = b
	}
	many := bson.Marshal(make([]bson.Field, 0)...)
	many = append(many[:4], bytes.Repeat([]byte{0x0a, 0}, 5000)...)
	many = append(many, 0)
	binary.LittleEndian.PutUint32(many, uint32(len(many)))
	for name, b := range map[string]string{
		"empty": "", "cut": hello[:10], "longer than all": "\xff\xff\xff\x7f" + hello[4:], "shorter than itself": "\x04\x00\x00\x00\x00",
		"text longer than all": "\x16\x00\x00\x00\x02hello\x00\xff\xff\xff\xffworld\x00\x00", "text of no bytes": "\x10\x00\x00\x00\x02a\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00",
		"type unheard of": "\x08\x00\x00\x00\x66a\x00\x00", "deep": string(deep), "many": string(many),
	} {
		if _, err := bson.Unmarshal([]byte(b)); err == nil {
			t.Errorf("%s: a document", name)
		}
	}
}

func FuzzUnmarshal(f *testing.F) {
	f.Add([]byte(hello))
	f.Add(bson.Marshal(bson.Field{Name: "a", Value: []bson.Field{{Name: "b", Value: 1}, {Name: "c", Value: true}}}))
	f.Fuzz(func(t *testing.T, b []byte) {
		d, err := bson.Unmarshal(b)
		if err == nil && 2*len(d) > len(b) {
			t.Errorf("%d fields out of %d bytes", len(d), len(b))
		}
		d.Number("ok")
	})
}
