package rawsock

import (
	"encoding/binary"
	"sync/atomic"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// The ring: 8 MB hold about 50,000 answers. The blocks are small, because a
// block that holds one lonely packet is handed over when retireAfter has
// passed and counts as used all the same: 128 of them outlast a reader that
// gets no processor for a quarter of a second.
const (
	blockSize   = 64 << 10
	blocks      = 128
	retireAfter = 2 // milliseconds; how long an answer may wait in a block that is not full

	// frameSize is only what the kernel checks its arithmetic with: packets
	// of a version 3 ring have the length that they have.
	frameSize = 2048
)

// ring is the memory that the kernel writes received packets to (TPACKET_V3,
// Documentation/networking/packet_mmap.rst). Blocks change hands by their
// status word; next is the one that the kernel fills or hands over next.
type ring struct {
	memory []byte
	next   atomic.Int32
}

// newRing turns fd's queue into a ring. What the socket had queued before is
// thrown away by the kernel.
func newRing(fd int) (*ring, error) {
	if err := unix.SetsockoptInt(fd, unix.SOL_PACKET, unix.PACKET_VERSION, unix.TPACKET_V3); err != nil {
		return nil, err
	}
	err := unix.SetsockoptTpacketReq3(fd, unix.SOL_PACKET, unix.PACKET_RX_RING, &unix.TpacketReq3{
		Block_size:     blockSize,
		Block_nr:       blocks,
		Frame_size:     frameSize,
		Frame_nr:       blockSize / frameSize * blocks,
		Retire_blk_tov: retireAfter,
	})
	if err != nil {
		return nil, err
	}
	memory, err := unix.Mmap(fd, 0, blockSize*blocks, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		return nil, err
	}
	return &ring{memory: memory}, nil
}

// statusOffset is where a block's status word is: behind version and offset to
// private data (struct tpacket_block_desc).
const statusOffset = 8

// status is the status word of the block that is so many after the next one.
func (r *ring) status(after int) *uint32 {
	block := (int(r.next.Load()) + after) % blocks
	return (*uint32)(unsafe.Pointer(&r.memory[block*blockSize+statusOffset]))
}

// ready reports whether the next block is ours.
func (r *ring) ready() bool {
	return atomic.LoadUint32(r.status(0))&unix.TP_STATUS_USER != 0
}

// behind reports whether half of the ring waits to be read.
func (r *ring) behind() bool {
	return atomic.LoadUint32(r.status(blocks/2))&unix.TP_STATUS_USER != 0
}

// drain hands over every packet of the blocks that are ready, at most one
// round of the ring, and gives the blocks back.
func (r *ring) drain(cut bool, take func(Packet)) {
	for range blocks {
		if !r.ready() {
			return
		}
		next := int(r.next.Load())
		walk(r.memory[next*blockSize:(next+1)*blockSize], time.Now(), cut, take)
		atomic.StoreUint32(r.status(0), unix.TP_STATUS_KERNEL)
		r.next.Store(int32((next + 1) % blocks))
	}
}

func (r *ring) close() error { return unix.Munmap(r.memory) }

// Offsets in struct tpacket_hdr_v1 (with the block's descriptor before it),
// struct tpacket3_hdr and the struct sockaddr_ll that follows that.
const (
	blockPackets = 12
	blockFirst   = 16

	packetNext   = 0
	packetSec    = 4
	packetNsec   = 8
	packetSnap   = 12
	packetLen    = 16
	packetStatus = 20
	packetNet    = 26
	packetVLAN   = 32

	linkProtocol = unix.SizeofTpacket3Hdr + 2
	linkIndex    = unix.SizeofTpacket3Hdr + 4
	linkKind     = unix.SizeofTpacket3Hdr + 10
	linkEnd      = unix.SizeofTpacket3Hdr + unix.SizeofSockaddrLinklayer
)

// vlanNumber are the bits of a VLAN tag that tell the VLAN (IEEE 802.1Q); the
// others are a priority, which a packet of no VLAN may have too.
const vlanNumber = 0xfff

// walk hands over the packets of one block. The kernel wrote the numbers in
// it, and still none is believed that would lead out of the block. Packets
// that did not fit whole are left out, unless cut ones are wanted: their
// checksum cannot be verified.
func walk(block []byte, now time.Time, cut bool, take func(Packet)) {
	native := binary.NativeEndian
	at := uint64(native.Uint32(block[blockFirst:]))
	for range native.Uint32(block[blockPackets:]) {
		if at+linkEnd > uint64(len(block)) {
			return
		}
		p := block[at:]
		start := uint64(native.Uint16(p[packetNet:]))
		end := start + uint64(native.Uint32(p[packetSnap:]))
		if start < linkEnd || end > uint64(len(p)) {
			return
		}
		if cut || native.Uint32(p[packetSnap:]) == native.Uint32(p[packetLen:]) {
			status := native.Uint32(p[packetStatus:])
			tag := uint16(0)
			if status&unix.TP_STATUS_VLAN_VALID != 0 {
				tag = uint16(native.Uint32(p[packetVLAN:])) & vlanNumber
			}
			take(Packet{
				Data:     p[start:end:end],
				Protocol: Protocol(binary.BigEndian.Uint16(p[linkProtocol:])),
				Index:    int(int32(native.Uint32(p[linkIndex:]))),
				At:       arrival(now, native.Uint32(p[packetSec:]), native.Uint32(p[packetNsec:])),
				Unsummed: status&unix.TP_STATUS_CSUMNOTREADY != 0,
				Outgoing: p[linkKind] == unix.PACKET_OUTGOING,
				VLAN:     tag,
				Cut:      native.Uint32(p[packetSnap:]) < native.Uint32(p[packetLen:]),
			})
		}
		next := uint64(native.Uint32(p[packetNext:]))
		if next == 0 {
			return
		}
		at += next
	}
}

// maxWait is longer than any packet waits in the ring. A greater age means
// that somebody has set the clock.
const maxWait = 5 * time.Second

// arrival turns the kernel's wall-clock time of a packet into a time that
// carries Go's monotonic reading, so that a clock being set in the middle of a
// scan makes no round-trip time wrong.
func arrival(now time.Time, sec, nsec uint32) time.Time {
	age := time.Duration(now.UnixNano() - (int64(sec)*int64(time.Second) + int64(nsec)))
	if age < 0 || age > maxWait {
		return now
	}
	return now.Add(-age)
}
