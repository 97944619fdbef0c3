package scan

import (
	"fmt"
	"net/netip"
	"testing"

	"sekisho/internal/exposure"
)

func TestParseShard(t *testing.T) {
	for _, word := range []string{"1/1", "2/8", "8/8", "64/64"} {
		s, err := ParseShard(word)
		if err != nil || fmt.Sprintf("%d/%d", s.Number, s.Of) != word {
			t.Errorf("%s: %+v, %v", word, s, err)
		}
	}
	for _, word := range []string{"", "/", "0/8", "9/8", "a/b", "1", "1/", "/8", "-1/8", "+1/8", "1/8/2", "1/0", "0/0", " 1/8", "1/99999999999999999999"} {
		if s, err := ParseShard(word); err == nil {
			t.Errorf("%q is taken for %+v", word, s)
		}
	}
}

// TestShardsAreEven deals requests of all shapes, alone and one after the other
// as one work, and looks at every port.
func TestShardsAreEven(t *testing.T) {
	works := [][]Request{
		{{Targets: block(1), TCP: portsUpTo(1)}},
		{{Targets: block(3), TCP: portsUpTo(5), UDP: portsUpTo(2), Echo: true}},
		{{Targets: block(200), TCP: portsUpTo(1)}},
		{{Targets: block(200), Echo: true}},
		{{Targets: block(7), TCP: portsUpTo(1056)}},
		{{Targets: block(5), TCP: portsUpTo(13)}, {Targets: block(9), UDP: portsUpTo(31)}, {Targets: block(2), TCP: portsUpTo(3)}},
	}
	for i, work := range works {
		for _, of := range []int{1, 2, 3, 7, 64, 1000} {
			t.Run(fmt.Sprintf("work-%d-of-%d", i, of), func(t *testing.T) {
				met := map[string]int{}
				least, most, all := 1<<30, 0, 0
				for number := 1; number <= of; number++ {
					size, promised, hosts := 0, 0, 0
					skip := 0
					for job := range work {
						r := work[job]
						r.Shard = Shard{Number: number, Of: of, Skip: skip}
						r, err := r.complete()
						if err != nil {
							t.Fatal(err)
						}
						skip += r.size()
						promised += r.Shard.Share(r.size())
						got, touched := dealt(t, &r, fmt.Sprint(job), met)
						if size += got; touched != r.hosts() {
							t.Errorf("shard %d: %d hosts, and %d were promised", number, touched, r.hosts())
						}
						hosts += touched
					}
					if all = skip; size != promised {
						t.Errorf("shard %d: %d ports, and %d were promised", number, size, promised)
					}
					least, most = min(least, size), max(most, size)
				}
				if most-least > 1 || len(met) != all {
					t.Errorf("from %d to %d ports, %d of %d in all", least, most, len(met), all)
				}
			})
		}
	}
}

// dealt counts the ports of a shard, and its hosts.
func dealt(t *testing.T, r *Request, job string, met map[string]int) (ports, hosts int) {
	t.Helper()
	k, err := r.know(0, r.Targets)
	if err != nil {
		t.Fatal(err)
	}
	each := r.each()
	for i := range r.size() {
		if k != nil && k.ports[i] == settled {
			continue
		}
		name := fmt.Sprintf("%s %v %d", job, r.Targets[i/each].Address, i%each)
		if met[name]++; met[name] > 1 {
			t.Errorf("%s is in two shards", name)
		}
		ports++
	}
	if hosts = len(r.Targets); k != nil {
		hosts = len(k.left())
	}
	return ports, hosts
}

func block(n int) []exposure.Target {
	var list []exposure.Target
	for a := netip.MustParseAddr("198.18.0.0"); len(list) < n; a = a.Next() {
		list = append(list, exposure.Target{Address: a})
	}
	return list
}

// TestShardsSpread holds that neither a host nor a port goes to one shard.
func TestShardsSpread(t *testing.T) {
	const of = 4
	r, err := (Request{Targets: block(256), TCP: portsUpTo(64), Shard: Shard{Number: 3, Of: of}}).complete()
	if err != nil {
		t.Fatal(err)
	}
	k, err := r.know(0, r.Targets)
	if err != nil {
		t.Fatal(err)
	}
	byHost, byPort := make([]int, 256), make([]int, 64)
	for i, n := range k.ports {
		if n != settled {
			byHost[i/64]++
			byPort[i%64]++
		}
	}
	for i, n := range byHost {
		if n != 64/of {
			t.Errorf("host %d has %d ports in the shard", i, n)
		}
	}
	for i, n := range byPort {
		if n < 256/of/2 || n > 256/of*2 {
			t.Errorf("port %d has %d hosts in the shard", i, n)
		}
	}
}

// BenchmarkShard is the price of a shard: for each port that is asked, as the
// others cost nothing but a byte.
func BenchmarkShard(b *testing.B) {
	for _, of := range []int{2, 64} {
		b.Run(fmt.Sprint(of), func(b *testing.B) {
			r, err := (Request{Targets: block(1024), TCP: portsUpTo(1056), Shard: Shard{Number: 1, Of: of}}).complete()
			if err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				if _, err := r.know(0, r.Targets); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(r.size()), "ns/port")
		})
	}
}
