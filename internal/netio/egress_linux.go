package netio

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"unsafe"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

// OutputRule names a rule chain of this machine that packets of its programs
// pass on their way out and that is able to drop some, empty when there is
// none. Raw packets pass no such chain, so that they would show a port as
// others see it and not as this machine may use it. What the rules say is not
// looked at. An error says that they could not be read: that needs
// CAP_NET_ADMIN.
func OutputRule() (string, error) {
	name, err := nftOutput()
	if name != "" || err != nil {
		return name, err
	}
	for _, legacy := range []struct {
		tool, names   string
		domain, level int
	}{
		{"iptables", "/proc/thread-self/net/ip_tables_names", unix.AF_INET, unix.SOL_IP},
		{"ip6tables", "/proc/thread-self/net/ip6_tables_names", unix.AF_INET6, unix.SOL_IPV6},
	} {
		name, err := legacyOutput(legacy.names, legacy.domain, legacy.level)
		if err != nil {
			return "", err
		}
		if name != "" {
			return legacy.tool + " " + name, nil
		}
	}
	return "", nil
}

// What netlink says of an nftables chain (linux/netfilter/nf_tables.h).
const (
	nftGetChain = 4

	nftChainTable  = 1
	nftChainName   = 3
	nftChainHook   = 4
	nftChainPolicy = 5
	nftChainUse    = 6
	nftChainType   = 7
	nftHookNumber  = 1
)

// The hooks that are passed on the way out (linux/netfilter.h).
const (
	hookOutput      = 3
	hookPostrouting = 4
)

// nfFamilies are the families whose hooks are those of IP, by number
// (NFPROTO_*). The hooks of netdev and bridge hold for raw packets as well.
var nfFamilies = map[uint8]string{1: "inet", 2: "ip", 10: "ip6"}

func nftOutput() (string, error) {
	request := nl.NewNetlinkRequest(unix.NFNL_SUBSYS_NFTABLES<<8|nftGetChain, unix.NLM_F_DUMP)
	request.AddData(&nl.Nfgenmsg{Version: nl.NFNETLINK_V0})
	messages, err := request.Execute(unix.NETLINK_NETFILTER, 0)
	switch {
	case errors.Is(err, unix.EPROTONOSUPPORT), errors.Is(err, unix.EOPNOTSUPP), errors.Is(err, unix.EINVAL):
		return "", nil // a kernel without nftables
	case err != nil:
		return "", fmt.Errorf("reading nftables: %w", err)
	}
	for _, m := range messages {
		if name := nftChain(m); name != "" {
			return name, nil
		}
	}
	return "", nil
}

// nftChain names the chain of one message if it can drop what goes out. A
// chain of type nat changes addresses and drops nothing.
func nftChain(message []byte) string {
	if len(message) < nl.SizeofNfgenmsg {
		return ""
	}
	family, ok := nfFamilies[message[0]]
	if !ok {
		return ""
	}
	chain := nftAttributes(message[nl.SizeofNfgenmsg:])
	number, hooked := nftNumber(nftAttributes(chain[nftChainHook])[nftHookNumber])
	if !hooked || number != hookOutput && number != hookPostrouting || nftText(chain[nftChainType]) == "nat" {
		return ""
	}
	policy, _ := nftNumber(chain[nftChainPolicy])
	rules, _ := nftNumber(chain[nftChainUse])
	const accept = 1 // NF_ACCEPT
	if policy == accept && rules == 0 {
		return ""
	}
	return fmt.Sprintf("nft %s %s %s", family, nftText(chain[nftChainTable]), nftText(chain[nftChainName]))
}

// nftAttributes are the values of attributes by their kind (linux/netlink.h,
// struct nlattr): two bytes of length with the header, two of kind, the value,
// and zeros up to the next four bytes.
func nftAttributes(b []byte) map[uint16][]byte {
	found := map[uint16][]byte{}
	for len(b) >= unix.NLA_HDRLEN {
		length := int(binary.NativeEndian.Uint16(b))
		if length < unix.NLA_HDRLEN || length > len(b) {
			break
		}
		const flags = unix.NLA_F_NESTED | unix.NLA_F_NET_BYTEORDER
		found[binary.NativeEndian.Uint16(b[2:])&^uint16(flags)] = b[unix.NLA_HDRLEN:length]
		b = b[min(len(b), (length+unix.NLA_ALIGNTO-1)&^(unix.NLA_ALIGNTO-1)):]
	}
	return found
}

func nftNumber(b []byte) (uint32, bool) {
	if len(b) < 4 {
		return 0, false
	}
	return binary.BigEndian.Uint32(b), true
}

func nftText(b []byte) string { return unix.ByteSliceToString(b) }

// tableInfo is struct ipt_getinfo, the same for both families.
type tableInfo struct {
	name       [32]byte
	validHooks uint32
	hookEntry  [5]uint32
	underflow  [5]uint32
	numEntries uint32
	size       uint32
}

// tableEntries is struct ipt_get_entries, the same for both families.
type tableEntries struct {
	name    [32]byte
	size    uint32
	entries [0]uint64 // aligned as struct ipt_entry is
}

// IPT_SO_GET_INFO and IPT_SO_GET_ENTRIES; those of IPv6 have the same numbers.
const (
	getTableInfo    = 64
	getTableEntries = 65
)

// legacyOutput names a table of the old iptables that has rules on the way
// out, or a policy there that drops. It asks only about tables that are there
// already, since asking makes the others.
func legacyOutput(names string, domain, level int) (string, error) {
	list, err := os.Open(names)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	defer func() { _ = list.Close() }()
	lines := bufio.NewScanner(list)
	for lines.Scan() {
		table := lines.Text()
		if table == "nat" {
			continue
		}
		has, err := legacyRules(table, domain, level)
		if err != nil {
			return "", err
		}
		if has {
			return table, nil
		}
	}
	return "", lines.Err()
}

func legacyRules(table string, domain, level int) (bool, error) {
	fd, err := unix.Socket(domain, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.IPPROTO_RAW)
	if err != nil {
		return false, fmt.Errorf("reading iptables: %w", err)
	}
	defer func() { _ = unix.Close(fd) }()
	info := tableInfo{}
	copy(info.name[:len(info.name)-1], table)
	if err := askTable(fd, level, getTableInfo, unsafe.Pointer(&info), unsafe.Sizeof(info)); err != nil {
		return false, err
	}
	rules, err := legacyPolicies(fd, level, &info)
	if err != nil {
		return false, err
	}
	for _, hook := range []int{hookOutput, hookPostrouting} {
		// The policy is the last entry of a hook's own: where that is the
		// first too, there are no rules.
		if info.validHooks&(1<<hook) != 0 && (info.hookEntry[hook] != info.underflow[hook] || !legacyAccepts(rules, level, info.underflow[hook])) {
			return true, nil
		}
	}
	return false, nil
}

func askTable(fd, level, what int, answer unsafe.Pointer, size uintptr) error {
	if err := option(fd, level, what, answer, size); err != nil {
		return fmt.Errorf("reading iptables: %w", err)
	}
	return nil
}

// option reads a socket option into an answer of so many bytes (getsockopt(2)).
func option(fd, level, what int, answer unsafe.Pointer, size uintptr) error {
	length := uint32(size)
	_, _, errno := unix.Syscall6(unix.SYS_GETSOCKOPT, uintptr(fd), uintptr(level), uintptr(what),
		uintptr(answer), uintptr(unsafe.Pointer(&length)), 0)
	if errno != 0 {
		return errno
	}
	return nil
}

// legacyPolicies reads the rules of a table, among which the policies are.
func legacyPolicies(fd, level int, info *tableInfo) ([]byte, error) {
	const header = unsafe.Offsetof(tableEntries{}.entries)
	// Of whole words, so that it is aligned.
	words := make([]uint64, (header+uintptr(info.size)+7)/8)
	request := (*tableEntries)(unsafe.Pointer(&words[0]))
	request.name, request.size = info.name, info.size
	size := header + uintptr(info.size)
	if err := askTable(fd, level, getTableEntries, unsafe.Pointer(request), size); err != nil {
		return nil, err
	}
	return unsafe.Slice((*byte)(unsafe.Pointer(&words[0])), size)[header:], nil
}

// legacyAccepts reports whether the policy at an offset of the rules lets
// everything through. It is an entry that matches everything, whose target is a
// struct xt_standard_target: the verdict behind a header of 32 bytes. Where the
// entry tells the target's place depends on the length of struct ipt_ip or
// ip6t_ip6, which it begins with, and 4 bytes.
func legacyAccepts(rules []byte, level int, offset uint32) bool {
	place := 84 + 4
	if level == unix.SOL_IPV6 {
		place = 136 + 4
	}
	const header, accept = 32, -2 // -NF_ACCEPT-1
	if int(offset)+place+2 > len(rules) {
		return false
	}
	entry := rules[offset:]
	verdict := int(binary.NativeEndian.Uint16(entry[place:])) + header
	return verdict+4 <= len(entry) && int32(binary.NativeEndian.Uint32(entry[verdict:])) == accept
}
