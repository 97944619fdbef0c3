package lab

import (
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"

	"github.com/vishvananda/netlink"
)

// prove shows that no host has a way out, or says which one does: each network
// namespace is one of ours alone, this process has no interface but loopback,
// and each interface of a host is loopback, a bridge, or a cable whose other
// end is in this lab.
func (l *Lab) prove() error {
	rooms, err := l.ownNamespaces()
	if err != nil {
		return err
	}
	own, err := net.Interfaces()
	if err != nil {
		return err
	}
	for _, i := range own {
		if i.Flags&net.FlagLoopback == 0 {
			return fmt.Errorf("refused: the test process has interface %s: it must have no way out itself", i.Name)
		}
	}
	if err := l.noStrangers(rooms); err != nil {
		return err
	}
	for _, p := range rooms {
		if err := proveLinks(p, rooms); err != nil {
			return err
		}
	}
	return nil
}

// ownNamespaces are the lab's network namespaces by name, each shown to be
// neither another's, nor this process's, nor the machine's.
func (l *Lab) ownNamespaces() (map[string]*process, error) {
	own, err := netnsOf("self")
	if err != nil {
		return nil, fmt.Errorf("refused: cannot tell the network of the test: %w", err)
	}
	if own == machineNetns {
		return nil, errors.New("refused: the test is in the machine's network")
	}
	taken := map[string]string{machineNetns: "the machine", own: "the test"}
	rooms := map[string]*process{}
	add := func(p *process) error {
		ns, err := netnsOf(strconv.Itoa(p.cmd.Process.Pid))
		if err != nil {
			return fmt.Errorf("refused: cannot tell the network of %s: %w", p.name, err)
		}
		if whose, ok := taken[ns]; ok {
			return fmt.Errorf("refused: %s is in the network of %s", p.name, whose)
		}
		taken[ns], rooms[ns] = p.name, p
		return nil
	}
	for _, h := range l.hosts() {
		if err := add(h.process); err != nil {
			return nil, err
		}
	}
	for _, r := range l.relays {
		if err := add(r.process); err != nil {
			return nil, err
		}
	}
	return rooms, nil
}

// noStrangers shows that every process in one of the lab's networks is in the
// process namespace of the same host: nobody from the machine sits in it.
func (l *Lab) noStrangers(rooms map[string]*process) error {
	dirs, err := os.ReadDir("/proc")
	if err != nil {
		return err
	}
	for _, d := range dirs {
		if _, err := strconv.Atoi(d.Name()); err != nil {
			continue
		}
		ns, err := netnsOf(d.Name())
		if err != nil {
			// It ended meanwhile; or it is one that not even root may look at,
			// and then it cannot have been given a namespace of ours either.
			continue
		}
		p, ok := rooms[ns]
		if !ok {
			continue
		}
		theirs, err := os.Readlink("/proc/" + d.Name() + "/ns/pid")
		if err != nil {
			continue
		}
		ours, err := os.Readlink(fmt.Sprintf("/proc/%d/ns/pid", p.cmd.Process.Pid))
		if err != nil {
			return err
		}
		if theirs != ours {
			return fmt.Errorf("refused: process %s of the machine is in the network of %s", d.Name(), p.name)
		}
	}
	return nil
}

// proveLinks shows of one network that all its interfaces stay in the lab.
func proveLinks(p *process, rooms map[string]*process) error {
	links, err := p.links.LinkList()
	if err != nil {
		return fmt.Errorf("%s: list interfaces: %w", p.name, err)
	}
	for _, link := range links {
		a := link.Attrs()
		switch {
		case a.Flags&net.FlagLoopback != 0, link.Type() == "bridge":
		case link.Type() == "veth":
			if !cabled(p, a, rooms) {
				return fmt.Errorf("refused: %s: the other end of interface %s is in no host of this lab", p.name, a.Name)
			}
		default:
			return fmt.Errorf("refused: %s: interface %s of kind %q is none that the lab makes", p.name, a.Name, link.Type())
		}
	}
	return nil
}

// cabled reports whether the other end of a cable is in one of the rooms: the
// namespace number that the kernel gives for it is that of a room, the
// interface of that index there is a cable too, and points back.
func cabled(p *process, end *netlink.LinkAttrs, rooms map[string]*process) bool {
	for _, other := range rooms {
		id, err := p.links.GetNetNsIdByFd(int(other.netns.Fd()))
		if err != nil || id < 0 || id != end.NetNsID {
			continue
		}
		link, err := other.links.LinkByIndex(end.ParentIndex)
		if err != nil || link.Type() != "veth" || link.Attrs().ParentIndex != end.Index {
			return false
		}
		back, err := other.links.GetNetNsIdByFd(int(p.netns.Fd()))
		return err == nil && back == link.Attrs().NetNsID
	}
	return false
}
