package snmp

// The Basic Encoding Rules (ITU-T X.690) as the protocol uses them: tags of one
// byte and definite lengths (RFC 3417 section 8).

const (
	tagInteger  = 0x02
	tagOctets   = 0x04
	tagNull     = 0x05
	tagOID      = 0x06
	tagSequence = 0x30
)

// appendTLV appends one value, whose content is the parts one after another.
func appendTLV(b []byte, tag byte, parts ...[]byte) []byte {
	size := 0
	for _, p := range parts {
		size += len(p)
	}
	b = append(b, tag)
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

func tlv(tag byte, parts ...[]byte) []byte { return appendTLV(nil, tag, parts...) }

// number is an integer in as few bytes as it takes (X.690 section 8.3).
func number(tag byte, n int64) []byte {
	size := 1
	for v := n; v > 127 || v < -128; v >>= 8 {
		size++
	}
	b := make([]byte, size)
	for i := range b {
		b[size-1-i] = byte(n >> (8 * i))
	}
	return tlv(tag, b)
}

// reader takes values off the front of what is left. After the first that is
// not as wanted all are empty and err says why.
type reader struct {
	rest []byte
	err  error
}

// next takes one value of any tag.
func (r *reader) next() (tag byte, content []byte) {
	if r.err != nil {
		return 0, nil
	}
	b := r.rest
	if len(b) < 2 {
		r.err = ErrShort
		return 0, nil
	}
	tag, size := b[0], int(b[1])
	b = b[2:]
	if size >= 0x80 {
		n := size & 0x7f
		if n == 0 || n > 4 {
			r.err = ErrRange
			return 0, nil
		}
		if n > len(b) {
			r.err = ErrShort
			return 0, nil
		}
		var long uint64
		for _, c := range b[:n] {
			long = long<<8 | uint64(c)
		}
		b = b[n:]
		size = int(min(long, maxDatagram+1))
	}
	if size > len(b) {
		r.err = ErrShort
		return 0, nil
	}
	r.rest = b[size:]
	return tag, b[:size]
}

// take takes one value of a tag and returns its content.
func (r *reader) take(want byte) []byte {
	tag, content := r.next()
	if r.err == nil && tag != want {
		r.err = ErrTag
	}
	if r.err != nil {
		return nil
	}
	return content
}

// enter takes one value of a tag and returns a reader of what is in it.
func (r *reader) enter(want byte) *reader {
	content := r.take(want)
	return &reader{rest: content, err: r.err}
}

// integer takes an integer between two bounds.
func (r *reader) integer(low, high int64) int64 {
	n, err := signed(r.take(tagInteger))
	switch {
	case r.err != nil:
		return 0
	case err != nil:
		r.err = err
		return 0
	case n < low || n > high:
		r.err = ErrRange
		return 0
	}
	return n
}

// signed reads the content of an integer of at most eight bytes.
func signed(b []byte) (int64, error) {
	if len(b) == 0 || len(b) > 8 {
		return 0, ErrRange
	}
	n := int64(int8(b[0]))
	for _, c := range b[1:] {
		n = n<<8 | int64(c)
	}
	return n, nil
}

// unsigned reads the content of a number without sign, of which some agents
// forget the leading zero byte and send four bytes with the highest bit set.
func unsigned(b []byte) (uint64, error) {
	if len(b) > 0 && b[0] == 0 {
		b = b[1:]
	}
	if len(b) > 8 {
		return 0, ErrRange
	}
	var n uint64
	for _, c := range b {
		n = n<<8 | uint64(c)
	}
	return n, nil
}
