package hostnet

import (
	"encoding/binary"
	"errors"
	"net/netip"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"

	"sekisho/internal/exposure"
)

// Sizes and numbers of include/uapi/linux/inet_diag.h.
const (
	diagRequestSize = 56 // struct inet_diag_req_v2
	diagMessageSize = 72 // struct inet_diag_msg
	diagV6Only      = 11 // INET_DIAG_SKV6ONLY
	diagCgroup      = 21 // INET_DIAG_CGROUP_ID

	tcpListen = 10 // TCP_LISTEN of include/net/tcp_states.h

	diagTypeMask = 0x3fff // NLA_TYPE_MASK: above it are flags
)

// maxDumps is how often a dump is asked for that the kernel marks as
// interrupted by a change (NLM_F_DUMP_INTR).
const maxDumps = 5

var errMessage = errors.New("malformed message of sock_diag")

// askKernel dumps one table. The kernel filters by state, so that a machine
// with a million connections tells its few listeners.
func askKernel(t table) ([]socket, error) {
	for dump := 1; ; dump++ {
		found, err := dumpTable(t)
		if !errors.Is(err, nl.ErrDumpInterrupted) || dump == maxDumps {
			return found, err
		}
	}
}

func dumpTable(t table) ([]socket, error) {
	var (
		found  []socket
		broken error
	)
	request := nl.NewNetlinkRequest(nl.SOCK_DIAG_BY_FAMILY, unix.NLM_F_DUMP)
	request.AddRawData(t.request())
	err := request.ExecuteIter(unix.NETLINK_INET_DIAG, nl.SOCK_DIAG_BY_FAMILY, func(message []byte) bool {
		s, wanted, err := t.parse(message)
		switch {
		case err != nil:
			broken = err
		case len(found) == maxSockets:
			broken = errTooMany
		case wanted:
			found = append(found, s)
		}
		return broken == nil
	})
	if err = errors.Join(err, broken); err != nil {
		return nil, &Error{Op: "read", Source: "sock_diag " + t.file, Err: err}
	}
	return found, nil
}

// request is a struct inet_diag_req_v2 that asks for all sockets in the
// wanted states. Zero ports and addresses match every socket.
func (t table) request() []byte {
	b := make([]byte, diagRequestSize)
	b[0], b[1] = t.family, t.protocol
	binary.NativeEndian.PutUint32(b[4:], t.states())
	return b
}

// parse reads one struct inet_diag_msg and its attributes. What is of another
// family or state than asked for is no listener and no error.
func (t table) parse(b []byte) (s socket, listens bool, err error) {
	if len(b) < diagMessageSize {
		return socket{}, false, errMessage
	}
	if b[0] != t.family || !t.wants(b[1]) {
		return socket{}, false, nil
	}
	address, peer := netip.AddrFrom4([4]byte(b[8:12])), netip.AddrFrom4([4]byte(b[24:28]))
	if t.family == unix.AF_INET6 {
		address, peer = netip.AddrFrom16([16]byte(b[8:24])), netip.AddrFrom16([16]byte(b[24:40]))
	}
	s = socket{
		transport: t.transport,
		local:     netip.AddrPortFrom(address, binary.BigEndian.Uint16(b[4:])),
		index:     binary.NativeEndian.Uint32(b[40:]),
		uid:       binary.NativeEndian.Uint32(b[64:]),
		inode:     uint64(binary.NativeEndian.Uint32(b[68:])),
	}
	if t.transport == exposure.TCP && b[1] == tcpListen {
		waiting, most := binary.NativeEndian.Uint32(b[56:]), binary.NativeEndian.Uint32(b[60:])
		s.full = waiting > most // sk_acceptq_is_full
	}
	if t.all {
		s.remote, s.state = netip.AddrPortFrom(peer, binary.BigEndian.Uint16(b[6:])), b[1]
	}
	return s, true, s.attributes(b[diagMessageSize:])
}

// attributes reads the attributes that concern a listener. An older kernel
// leaves them out.
func (s *socket) attributes(b []byte) error {
	for len(b) >= unix.SizeofRtAttr {
		size := int(binary.NativeEndian.Uint16(b))
		if size < unix.SizeofRtAttr || size > len(b) {
			return errMessage
		}
		value := b[unix.SizeofRtAttr:size]
		switch kind := binary.NativeEndian.Uint16(b[2:]) & diagTypeMask; {
		case kind == diagV6Only && len(value) >= 1:
			only := value[0] != 0
			s.v6only = &only
		case kind == diagCgroup && len(value) >= 8:
			s.cgroup = binary.NativeEndian.Uint64(value)
		}
		b = b[min(len(b), (size+unix.NLA_ALIGNTO-1)&^(unix.NLA_ALIGNTO-1)):]
	}
	return nil
}
