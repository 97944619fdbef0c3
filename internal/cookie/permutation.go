package cookie

import "math/bits"

// Permutation is a keyed one-to-one mapping of the numbers below a size onto
// themselves: the order of a scan, without a list of it. The same key and size
// give the same order.
type Permutation struct {
	size uint64
	half uint   // bits of each half of a block
	mask uint64 // of a half
	keys [rounds]uint64
}

// rounds of the Feistel network. Four make a pseudo-random permutation out of
// a pseudo-random function (Luby and Rackoff 1988); the fourth is for the
// small blocks of few ports.
const rounds = 4

// NewPermutation returns the permutation of size numbers that belongs to key.
func NewPermutation(size, key uint64) Permutation {
	p := Permutation{size: size}
	if size > 1 {
		p.half = uint(bits.Len64(size-1)+1) / 2
	}
	p.mask = 1<<p.half - 1
	for i := range p.keys {
		// The golden ratio steps the key as SplitMix64 does, so that the
		// rounds differ even for key 0.
		key += 0x9e3779b97f4a7c15
		p.keys[i] = mix(key)
	}
	return p
}

// At returns the number at a place of the order. The place must be below the
// size. A block holds up to four times as many numbers as there are, so those
// that lie outside are permuted again until one lies inside (cycle walking,
// Black and Rogaway 2002).
func (p *Permutation) At(place uint64) uint64 {
	for {
		left, right := place>>p.half, place&p.mask
		for _, key := range p.keys {
			left, right = right, left^(mix(right^key)&p.mask)
		}
		if place = left<<p.half | right; place < p.size {
			return place
		}
	}
}

// Place returns the place of a number in the order: what At undoes. The number
// must be below the size. The cycle is walked the other way.
func (p *Permutation) Place(number uint64) uint64 {
	for {
		left, right := number>>p.half, number&p.mask
		for i := rounds - 1; i >= 0; i-- {
			left, right = right^(mix(left^p.keys[i])&p.mask), left
		}
		if number = left<<p.half | right; number < p.size {
			return number
		}
	}
}

// mix is the finaliser of SplitMix64: each bit of the result depends on each
// of v.
func mix(v uint64) uint64 {
	v = (v ^ v>>30) * 0xbf58476d1ce4e5b9
	v = (v ^ v>>27) * 0x94d049bb133111eb
	return v ^ v>>31
}
