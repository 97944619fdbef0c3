package probe

// The Basic Encoding Rules (ITU-T X.690), as far as first packets need them:
// tags of one byte and definite lengths.

// berMaxLength is how many bytes a length may take. More than two mean
// something only in datagrams that do not exist; Active Directory always sends
// four.
const berMaxLength = 4

// ber encodes one value, whose content is the parts one after another.
func ber(tag byte, parts ...[]byte) []byte {
	size := 0
	for _, p := range parts {
		size += len(p)
	}
	b := []byte{tag}
	switch {
	case size < 0x80:
		b = append(b, byte(size))
	case size < 0x100:
		b = append(b, 0x81, byte(size))
	default:
		b = append(b, 0x82, byte(size>>8), byte(size))
	}
	for _, p := range parts {
		b = append(b, p...)
	}
	return b
}

const (
	berInteger  = 0x02
	berBits     = 0x03
	berOctets   = 0x04
	berNull     = 0x05
	berOID      = 0x06
	berEnum     = 0x0a
	berTime     = 0x18
	berGeneral  = 0x1b
	berSequence = 0x30
)

// berID encodes an id that fits into 31 bits, in four bytes always.
func berID(id uint32) []byte {
	return ber(berInteger, []byte{byte(id>>24)&0x3f | 0x40, byte(id >> 16), byte(id >> 8), byte(id)})
}

// berSmall encodes a number below 128.
func berSmall(tag, n byte) []byte { return ber(tag, []byte{n}) }

// berReader takes values off the front of what is left. After the first that
// is not as wanted, all are empty and ok is false.
type berReader struct {
	rest   []byte
	failed bool
}

// next takes one value of any tag.
func (r *berReader) next() (tag byte, content []byte) {
	b := r.rest
	if r.failed || len(b) < 2 {
		r.failed = true
		return 0, nil
	}
	tag, size, b := b[0], int(b[1]), b[2:]
	if size >= 0x80 {
		n := size & 0x7f
		if n == 0 || n > berMaxLength || n > len(b) {
			r.failed = true
			return 0, nil
		}
		size = 0
		for _, c := range b[:n] {
			size = size<<8 | int(c)
		}
		b = b[n:]
	}
	if tag&0x1f == 0x1f || size < 0 || size > len(b) {
		r.failed = true
		return 0, nil
	}
	r.rest = b[size:]
	return tag, b[:size]
}

// take takes one value of a tag and returns its content.
func (r *berReader) take(want byte) []byte {
	tag, content := r.next()
	if tag != want {
		r.failed = true
		return nil
	}
	return content
}

// enter takes one value of a tag and returns a reader of what is in it.
func (r *berReader) enter(want byte) *berReader {
	content := r.take(want)
	return &berReader{rest: content, failed: r.failed}
}

// number takes an integer of at most eight bytes that is not negative.
func (r *berReader) number() uint64 {
	content := r.take(berInteger)
	if r.failed || len(content) == 0 || len(content) > 8 || content[0]&0x80 != 0 {
		r.failed = true
		return 0
	}
	var n uint64
	for _, c := range content {
		n = n<<8 | uint64(c)
	}
	return n
}
