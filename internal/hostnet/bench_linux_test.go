package hostnet

import (
	"net"
	"os"
	"os/exec"
	"slices"
	"testing"
)

// BenchmarkListeners reads a machine that has 500 processes with 100 files each
// beside its own; a server of eight processes holds the listening socket.
func BenchmarkListeners(b *testing.B) {
	const processes, workers, files = 500, 8, 100
	listener, err := net.ListenTCP("tcp4", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		b.Fatal(err)
	}
	defer listener.Close()
	socket, err := listener.File()
	if err != nil {
		b.Fatal(err)
	}
	defer socket.Close()
	null, err := os.Open(os.DevNull)
	if err != nil {
		b.Fatal(err)
	}
	defer null.Close()
	extra := slices.Repeat([]*os.File{null}, files-3)
	for i := range processes {
		// The child ends by itself when its standard input does.
		child := exec.Command("cat")
		child.ExtraFiles = slices.Clone(extra)
		if i < workers {
			child.ExtraFiles[0] = socket
		}
		input, err := child.StdinPipe()
		if err != nil {
			b.Fatal(err)
		}
		if err := child.Start(); err != nil {
			b.Fatal(err)
		}
		defer child.Wait()
		defer input.Close()
	}
	for b.Loop() {
		found, _, err := Listeners(b.Context())
		if err != nil || len(found) == 0 {
			b.Fatalf("%d listeners, %v", len(found), err)
		}
	}
}
