package scan

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math"
	"sync"
)

// Store is what a journal is kept in: a file that nobody else writes to.
type Store interface {
	io.ReaderAt
	io.WriterAt
	Truncate(size int64) error
}

// Journal is what lets a scan go on where an earlier run of it was ended, by
// whatever: only ever appended to, in blocks with a checksum each, so that a
// block that was being written when the process died is seen and left out.
//
// It holds what ended, and which questions came to nothing though there was
// time for an answer. A question whose answer nobody can have read, since the
// run ended before, is not in it and is asked again: silence is evidence only
// where somebody listened.
type Journal struct {
	store    Store
	requests []Request
	begin    int64 // of the first block
	past     int64 // the end of what earlier runs wrote

	mu    sync.Mutex // of what lanes write at once
	end   int64
	lanes int
	err   error
}

// Why a file cannot be the journal of a scan. It is left as it is.
var (
	ErrNoJournal      = errors.New("no journal of a scan")
	ErrJournalVersion = errors.New("a journal of another version of sekisho")
	ErrOtherScan      = errors.New("the journal of another scan")
)

// The first line of a journal, so that people know what it is, and the second,
// the fingerprint of what is asked.
const (
	journalMagic = "sekisho scan journal "
	journalTitle = journalMagic + "1\n"
)

// OpenJournal begins a journal in an empty store or goes on with the one that
// is there, for a work of one or several requests. It returns them as they are
// to be run, in any order; each Run repeats what earlier runs found and asks
// for the rest.
func OpenJournal(store Store, requests []Request) (*Journal, []Request, error) {
	j := &Journal{store: store, requests: make([]Request, len(requests))}
	for i, r := range requests {
		r.journal, r.job = j, i
		var err error
		if j.requests[i], err = r.complete(); err != nil {
			return nil, nil, err
		}
	}
	sum := fingerprint(j.requests)
	for i := range j.requests {
		if requests[i].Seed == 0 {
			// In the same order what is done stays in a row, and its record short.
			j.requests[i].Seed = binary.LittleEndian.Uint64(sum[:])
		}
	}
	header := append([]byte(journalTitle), hex.EncodeToString(sum[:])+"\n"...)
	if err := j.header(header); err != nil {
		return nil, nil, err
	}
	j.begin, j.past = int64(len(header)), math.MaxInt64
	end, lanes, err := j.walk(func(*record) error { return nil })
	if err == nil {
		err = store.Truncate(end)
	}
	if err != nil {
		return nil, nil, err
	}
	j.past, j.end, j.lanes = end, end, lanes
	return j, j.requests, nil
}

// header holds the beginning of the store against what it must be, and writes
// it when nothing or only a part of it is there.
func (j *Journal) header(want []byte) error {
	got := make([]byte, len(want))
	n, err := j.store.ReadAt(got, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	got = got[:n]
	switch {
	case bytes.Equal(got, want):
		return nil
	case n < len(want) && bytes.HasPrefix(want, got):
		if _, err = j.store.WriteAt(want, 0); err != nil {
			// Nothing of it is left for the next run to stumble over.
			return errors.Join(err, j.store.Truncate(0))
		}
		return nil
	case bytes.HasPrefix(got, []byte(journalTitle)):
		return ErrOtherScan
	case bytes.HasPrefix(got, []byte(journalMagic)):
		return ErrJournalVersion
	}
	return ErrNoJournal
}

// Err is why the journal could not be written to the end, if it could not.
func (j *Journal) Err() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.err
}

// A block is its length, its checksum and its records.
const (
	blockHead = 8
	mostBlock = 8 << 20
)

// castagnoli is the polynomial that processors have an instruction for.
var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// append writes a block. The caller has left blockHead bytes free before the
// records. Once something could not be written nothing more is: what follows a
// torn block would not be read.
func (j *Journal) append(block []byte) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.write(block)
}

func (j *Journal) write(block []byte) {
	if j.err != nil {
		return
	}
	records := block[blockHead:]
	binary.LittleEndian.PutUint32(block, uint32(len(records)))
	binary.LittleEndian.PutUint32(block[4:], crc32.Checksum(records, castagnoli))
	n, err := j.store.WriteAt(block, j.end)
	if err != nil {
		j.err = err
		return
	}
	j.end += int64(n)
}

// lane begins a lane and returns its number.
func (j *Journal) lane(d *laneDef) int {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.write(appendLane(make([]byte, blockHead), d))
	j.lanes++
	return j.lanes - 1
}

// walk calls visit with every record of earlier runs. It returns where the last
// whole block ends and how many lanes there were.
func (j *Journal) walk(visit func(*record) error) (end int64, lanes int, err error) {
	var (
		in    = bufio.NewReaderSize(io.NewSectionReader(j.store, j.begin, j.past-j.begin), 64<<10)
		block []byte
		sizes []laneSize
		next  record
	)
	end = j.begin
	for {
		var ok bool
		if block, ok, err = readBlock(in, block); !ok || err != nil {
			return end, len(sizes), err
		}
		known := len(sizes)
		for r := (recordReader{b: block}); len(r.b) > 0; {
			if r.read(&next, sizes, j.requests) != nil {
				return end, known, nil
			}
			if next.kind == laneRecord {
				sizes = append(sizes, laneSize{next.def.places, next.def.hosts()})
			}
			if err = visit(&next); err != nil {
				return end, known, err
			}
		}
		end += int64(blockHead + len(block))
	}
}

// readBlock reads a block into b. It is not ok at the end, and where what
// follows is no whole block.
func readBlock(in io.Reader, b []byte) (records []byte, ok bool, err error) {
	var head [blockHead]byte
	if _, err = io.ReadFull(in, head[:]); err == nil {
		length := binary.LittleEndian.Uint32(head[:])
		if length == 0 || length > mostBlock {
			return b, false, nil
		}
		// A length is only a claim: what is not there takes no memory.
		buffer := bytes.NewBuffer(b[:0])
		_, err = io.CopyN(buffer, in, int64(length))
		b = buffer.Bytes()
	}
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return b, false, nil
	case err != nil:
		return b, false, fmt.Errorf("read: %w", err)
	}
	return b, crc32.Checksum(b, castagnoli) == binary.LittleEndian.Uint32(head[4:]), nil
}

func (d *laneDef) hosts() int {
	n := 0
	for _, s := range d.ranks {
		n += s.count
	}
	return n
}
