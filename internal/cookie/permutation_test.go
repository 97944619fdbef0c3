package cookie

import (
	"fmt"
	"testing"
)

func TestPermutationMeetsEachNumberOnce(t *testing.T) {
	for _, size := range []uint64{1, 2, 3, 4, 5, 26, 64, 1056, 65535, 65536, 65537, 1 << 20} {
		for _, key := range []uint64{0, 1, 1 << 63} {
			t.Run(fmt.Sprintf("size-%d-key-%d", size, key), func(t *testing.T) {
				p := NewPermutation(size, key)
				met := make([]bool, size)
				for place := range size {
					n := p.At(place)
					if n >= size {
						t.Fatalf("place %d: %d is outside", place, n)
					}
					if met[n] {
						t.Fatalf("place %d: %d comes twice", place, n)
					}
					met[n] = true
					if back := p.Place(n); back != place {
						t.Fatalf("place %d: %d is at %d", place, n, back)
					}
				}
			})
		}
	}
}

func TestPermutationIsTheKeys(t *testing.T) {
	const size = 65535
	a, same, other := NewPermutation(size, 7), NewPermutation(size, 7), NewPermutation(size, 8)
	agree := 0
	for place := range uint64(size) {
		if a.At(place) != same.At(place) {
			t.Fatalf("place %d: the same key gives another order", place)
		}
		if a.At(place) == other.At(place) {
			agree++
		}
	}
	// Two unrelated orders agree in one place on average.
	if agree > 20 {
		t.Errorf("two keys agree in %d of %d places", agree, size)
	}
}

// TestPermutationSpreads counts neighbours that stay neighbours: a scan that
// walks the ports in their own order is what intrusion detection looks for.
func TestPermutationSpreads(t *testing.T) {
	for _, size := range []uint64{1056, 65535} {
		p := NewPermutation(size, 42)
		neighbours := 0
		for place := range size - 1 {
			if d := int64(p.At(place)) - int64(p.At(place+1)); d == 1 || d == -1 {
				neighbours++
			}
		}
		if neighbours > 20 { // 2 are to be expected
			t.Errorf("size %d: %d neighbours stay neighbours", size, neighbours)
		}
	}
}

func BenchmarkPermutation(b *testing.B) {
	p := NewPermutation(65535, 42)
	var place uint64
	for b.Loop() {
		p.At(place)
		if place++; place == 65535 {
			place = 0
		}
	}
}

func BenchmarkPlace(b *testing.B) {
	p := NewPermutation(65535, 42)
	var number uint64
	for b.Loop() {
		p.Place(number)
		if number++; number == 65535 {
			number = 0
		}
	}
}
