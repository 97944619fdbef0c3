//go:build linux && lab

package scan_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net/netip"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"sekisho/internal/cookie"
	"sekisho/internal/exposure"
	"sekisho/internal/lab"
	"sekisho/internal/rawsock"
	"sekisho/internal/wire/tcpip"
)

// nobodyRole has the test binary be a process without any privilege, with two
// packet sockets that somebody else has opened as its descriptors 3 and 4. Its
// value is a nobodyJob.
const nobodyRole = "SEKISHO_SCAN_NOBODY"

// nobodyJob is what the child is to look at, and the way there, which it has
// no means to find out.
type nobodyJob struct {
	Sources, Targets []netip.Addr
	Link             rawsock.Link
	First, Last      uint16
}

// nobodyReport is what it saw.
type nobodyReport struct {
	UID          int
	Capabilities []string // the lines of /proc/self/status
	Refused      bool     // opening sockets of its own
	States       map[string]exposure.State
	Strange      int // packets that came in and proved nothing
	Error        string
}

func init() {
	if role := os.Getenv(nobodyRole); role != "" {
		report := actNobody(role)
		if err := json.NewEncoder(os.Stdout).Encode(report); err != nil {
			os.Exit(1)
		}
		os.Exit(0)
	}
}

func actNobody(role string) (r nobodyReport) {
	var job nobodyJob
	err := json.Unmarshal([]byte(role), &job)
	if err == nil {
		r.UID = os.Getuid()
		var status []byte
		status, err = os.ReadFile("/proc/self/status")
		for line := range strings.Lines(string(status)) {
			if strings.HasPrefix(line, "CapPrm") || strings.HasPrefix(line, "CapEff") || strings.HasPrefix(line, "CapAmb") {
				r.Capabilities = append(r.Capabilities, strings.TrimSpace(line))
			}
		}
	}
	if err == nil {
		_, opening := rawsock.Open(row)
		r.Refused = errors.Is(opening, fs.ErrPermission)
		var s *rawsock.Socket
		if s, err = rawsock.New(3, 4, row); err == nil {
			r.States, r.Strange, err = job.scan(s)
			err = errors.Join(err, s.Close())
		}
	}
	if err != nil {
		r.Error = err.Error()
	}
	return r
}

// row is the source ports of the child's probes.
var row = rawsock.Ports{First: 61000, Last: 61063}

// scan asks every port up to three times and proves each answer by its word.
func (job nobodyJob) scan(s *rawsock.Socket) (map[string]exposure.State, int, error) {
	const tries = 3
	key, states, strange := cookie.NewKey(), map[string]exposure.State{}, 0
	take := func(p rawsock.Packet) {
		parse := tcpip.ParseIPv4
		if p.Protocol == rawsock.IPv6 {
			parse = tcpip.ParseIPv6
		}
		a, err := parse(p.Data, !p.Unsummed)
		if err != nil {
			strange++
			return
		}
		to, source, word, state := a.From, a.To.Port(), a.Acknowledged-1, exposure.Closed
		if a.SYN {
			state = exposure.Open
		}
		if a.Kind == tcpip.Error {
			to, source, word, state = a.To, a.From.Port(), a.Sequence, exposure.Filtered
		}
		if word != uint32(key.Word(to, source)) {
			strange++
			return
		}
		states[to.String()] = state
	}
	for try := range uint16(tries) {
		var sending sync.WaitGroup
		var failed error
		asked := maps.Clone(states)
		sending.Go(func() { failed = job.ask(s, &key, row.First+try, asked) })
		// Silence for a while is the end of a round.
		for quiet := false; !quiet; {
			before := len(states)
			if err := s.Receive(time.Now().Add(300*time.Millisecond), take); err != nil {
				return states, strange, err
			}
			quiet = len(states) == before
		}
		if sending.Wait(); failed != nil {
			return states, strange, failed
		}
	}
	return states, strange, nil
}

// ask sends one SYN to each port that has not answered.
func (job nobodyJob) ask(s *rawsock.Socket, key *cookie.Key, source uint16, answered map[string]exposure.State) error {
	var frames []rawsock.Frame
	for i, target := range job.Targets {
		protocol := rawsock.IPv4
		if target.Is6() {
			protocol = rawsock.IPv6
		}
		syn := tcpip.NewSYN(job.Sources[i], target)
		for port := int(job.First); port <= int(job.Last); port++ {
			to := netip.AddrPortFrom(target, uint16(port))
			if _, known := answered[to.String()]; !known {
				packet := syn.Append(nil, source, to.Port(), uint32(key.Word(to, source)))
				frames = append(frames, rawsock.Frame{Link: &job.Link, Protocol: protocol, Data: packet})
			}
		}
	}
	_, err := s.Send(frames)
	return err
}

// Whoever opened the two descriptors had the permission. A process of nobody's,
// without a capability and in another network, scans with them alone.
func TestNobodyScansThroughInheritedDescriptors(t *testing.T) {
	l := lab.New(t)
	l.Home.Listen(t, "tcp", "[::]:22")
	l.Home.Listen(t, "tcp", "[::]:1000")
	l.Home.Filter(t, lab.Input, "tcp dport 100-149", lab.Drop)
	l.Home.Filter(t, lab.Input, "tcp dport 150", lab.RejectAdmin)
	job := nobodyJob{Sources: both(l.LAN), Targets: both(l.Home), First: 1, Last: 1056}
	job.Link.Index = device(t, l.LAN, "eth0").Index
	job.Link.HardwareLen = uint8(copy(job.Link.Hardware[:], device(t, l.Home, "eth0").HardwareAddr))
	want := map[string]exposure.State{}
	for _, target := range job.Targets {
		for _, port := range portsBetween(job.First, job.Last) {
			at := netip.AddrPortFrom(target, port).String()
			switch {
			case port == 22, port == 1000:
				want[at] = exposure.Open
			case port == 150:
				want[at] = exposure.Filtered
			case port < 100, port > 150:
				want[at] = exposure.Closed
			}
		}
	}

	files := make([]*os.File, 2)
	err := l.LAN.Do(func() error {
		for i := range files {
			fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
			if err != nil {
				return err
			}
			files[i] = os.NewFile(uintptr(fd), "packet")
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	role, err := json.Marshal(job)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "/proc/self/exe")
	cmd.Env = append(os.Environ(), "GORACE=atexit_sleep_ms=0", fmt.Sprintf("%s=%s", nobodyRole, role))
	cmd.Stderr, cmd.ExtraFiles = os.Stderr, files
	const id = 65534
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: id, Gid: id}}
	out, err := cmd.Output()
	for _, f := range files {
		err = errors.Join(err, f.Close())
	}
	if err != nil {
		t.Fatal(err)
	}
	var r nobodyReport
	if err := json.Unmarshal(out, &r); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if r.UID != id || !r.Refused || len(r.Capabilities) != 3 {
		t.Errorf("child of user %d with %q; opening raw sockets refused: %t", r.UID, r.Capabilities, r.Refused)
	}
	for _, line := range r.Capabilities {
		if !strings.HasSuffix(line, "\t0000000000000000") {
			t.Errorf("child has %s", line)
		}
	}
	if r.Error != "" || r.Strange > 0 {
		t.Errorf("%d strange packets, error %q", r.Strange, r.Error)
	}
	if d := cmp.Diff(want, r.States); d != "" {
		t.Errorf("(-truth +seen):\n%s", d)
	}
}
