package probe

import (
	"bytes"
	"encoding/binary"

	"sekisho/internal/exposure"
)

func init() {
	register(Probe{Name: "bittorrent", Transport: exposure.UDP, Ports: []uint16{6881, 51413}, Hello: bittorrentHello, Match: bittorrentReplies})
}

// bittorrentHello is a ping of the distributed table (BEP 5), from a node whose
// id is noise. The transaction comes back. It says that it is only a reader, so
// that nobody puts it into a table (BEP 43).
func bittorrentHello(nonce uint64) []byte {
	b := append([]byte("d1:ad2:id20:"), noise(nonce, 20)...)
	b = binary.BigEndian.AppendUint64(append(b, "e1:q4:ping2:roi1e1:t8:"...), nonce)
	return append(b, "1:y1:qe"...)
}

// bittorrentReplies wants a dictionary of a response or an error with the same
// transaction.
func bittorrentReplies(hello, b []byte) bool {
	const end = len("1:y1:qe")
	const transaction = len("1:t8:") + 8
	if len(hello) < end+transaction || len(b) < 2 || b[0] != 'd' || b[len(b)-1] != 'e' {
		return false
	}
	return bytes.Contains(b, hello[len(hello)-end-transaction:len(hello)-end]) &&
		(bytes.Contains(b, []byte("1:y1:r")) || bytes.Contains(b, []byte("1:y1:e")))
}
