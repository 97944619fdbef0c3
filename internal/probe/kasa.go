package probe

import (
	"bytes"
	"fmt"

	"sekisho/internal/exposure"
)

func init() {
	register(Probe{Name: "kasa", Transport: exposure.UDP, Ports: []uint16{9999}, Hello: kasaHello, Match: kasaReplies})
}

// kasaHello calls a method that there is not, whose name is the nonce. The
// device says so in a line, where its description would be twenty times the
// question.
func kasaHello(nonce uint64) []byte {
	return kasaHide(fmt.Appendf(nil, `{"system":{"sekisho_%016x":{}}}`, nonce))
}

const kasaKey = 171

// kasaHide is the disguise of these devices: each byte is combined with the one
// before it as it was sent.
func kasaHide(plain []byte) []byte {
	b, key := make([]byte, len(plain)), byte(kasaKey)
	for i, c := range plain {
		key ^= c
		b[i] = key
	}
	return b
}

func kasaShow(hidden []byte) []byte {
	b, key := make([]byte, len(hidden)), byte(kasaKey)
	for i, c := range hidden {
		b[i] = c ^ key
		key = c
	}
	return b
}

// kasaReplies wants the same method with an error.
func kasaReplies(hello, b []byte) bool {
	_, method, found := bytes.Cut(kasaShow(hello), []byte(`{"system":{`))
	method, _, ended := bytes.Cut(method, []byte(":"))
	said := kasaShow(b[:min(len(b), 1024)])
	return found && ended && bytes.HasPrefix(said, []byte("{")) && bytes.Contains(said, method) && bytes.Contains(said, []byte(`"err_code"`))
}
