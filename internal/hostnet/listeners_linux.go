package hostnet

import (
	"context"
	"net"
	"net/netip"
	"slices"
	"strconv"

	"sekisho/internal/exposure"
)

// Listeners returns the TCP sockets that listen and the UDP sockets that are
// bound without a peer, each with its owner as far as it can be seen, sorted.
// Only the network namespace of this process is seen. The Unseen say what was
// hidden from this user.
func Listeners(ctx context.Context) ([]exposure.Listener, []Unseen, error) {
	return machine{root: "/", ask: askKernel}.listeners(ctx)
}

// machine is where the reading happens: below root lie proc, etc, run and sys.
type machine struct {
	root string
	ask  askFunc
}

// socket is a bound socket as the kernel tells it.
type socket struct {
	transport exposure.Transport
	local     netip.AddrPort
	index     uint32 // of the interface that it is bound to; 0: none
	v6only    *bool  // absent when the source does not tell
	uid       uint32
	inode     uint64 // 0: no file belongs to it
	cgroup    uint64 // of cgroup v2, in which it was made; 0: the source does not tell
	full      bool   // as many connections wait to be taken as may
	partial   bool   // from a source that tells neither index nor v6only

	// Where every socket is wanted, not listeners alone:
	remote netip.AddrPort // the unspecified address and port 0: none
	state  uint8          // of TCP (include/net/tcp_states.h)
}

func (m machine) listeners(ctx context.Context) ([]exposure.Listener, []Unseen, error) {
	sockets, found, err := m.reading(ctx, tables)
	if err != nil {
		return nil, nil, err
	}
	found = merged(found)
	return found, unseen(found, sockets), nil
}

// reading reads tables and returns the sockets and, at the same places, what is
// known of their owners. It looks again when a socket seems to have no holder:
// it closed while the files were looked through, or went to a process that
// started meanwhile, and must not be called the kernel's.
func (m machine) reading(ctx context.Context, tables []table) ([]socket, []exposure.Listener, error) {
	sockets, err := m.sockets(ctx, tables)
	if err != nil {
		return nil, nil, err
	}
	held := newHolders(sockets)
	m.lookThrough(ctx, held)
	found, orphans := m.owned(sockets, held)
	if orphans {
		still, err := m.sockets(ctx, tables)
		if err != nil {
			return nil, nil, err
		}
		sockets = intersection(sockets, still)
		m.lookThrough(ctx, held)
		found, _ = m.owned(sockets, held)
	}
	return sockets, found, ctx.Err()
}

// intersection keeps the sockets that are still there. One without an inode has
// no holder to be looked for.
func intersection(sockets, still []socket) []socket {
	inodes := make(map[uint64]bool, len(still))
	for _, s := range still {
		inodes[s.inode] = true
	}
	return slices.DeleteFunc(sockets, func(s socket) bool { return s.inode != 0 && !inodes[s.inode] })
}

// owned joins sockets with their owners; orphans tells that one had none though
// every process could be looked at.
func (m machine) owned(sockets []socket, held *holders) (found []exposure.Listener, orphans bool) {
	var (
		processes = newProcesses(m)
		groups    = cgroups{machine: m}
		devices   = map[uint32]string{}
	)
	found = make([]exposure.Listener, 0, len(sockets))
	for _, s := range sockets {
		l := exposure.Listener{
			Transport: s.transport,
			Address:   s.local.Addr().Unmap(),
			Port:      s.local.Port(),
			Device:    deviceName(devices, s.index),
			Full:      s.full,
			User:      processes.users.name(s.uid),
		}
		if l.Address == netip.IPv6Unspecified() {
			l.V6Only = s.v6only
		}
		if l.Address.Is6() && l.Address.IsLinkLocalUnicast() && l.Device != "" {
			l.Address = l.Address.WithZone(l.Device)
		}
		if owner := processes.owner(held.pids[s.inode]); owner != nil {
			owner.fill(&l, processes.users)
			if owner.manager() {
				// systemd holds it for a unit that has not started yet: the group in
				// which it was made tells which.
				l.Unit = groups.of(s.cgroup).unit
			}
		} else {
			group := groups.of(s.cgroup)
			l.Unit, l.Container = group.unit, group.container
			l.Unowned = held.complete
			orphans = orphans || held.complete && s.inode != 0
		}
		found = append(found, l)
	}
	return found, orphans
}

// deviceName is the interface's name, or its number when it has gone meanwhile.
func deviceName(known map[uint32]string, index uint32) string {
	if index == 0 {
		return ""
	}
	name, ok := known[index]
	if !ok {
		name = strconv.FormatUint(uint64(index), 10)
		if device, err := net.InterfaceByIndex(int(index)); err == nil {
			name = interfaceName(*device)
		}
		known[index] = name
	}
	return name
}

func unseen(found []exposure.Listener, sockets []socket) []Unseen {
	hidden := ownersUnseen(found)
	partial := 0
	for _, s := range sockets {
		if s.partial {
			partial++
		}
	}
	if partial > 0 {
		hidden = append(hidden, Unseen{Kind: UnseenBindings, Count: partial})
	}
	return hidden
}
