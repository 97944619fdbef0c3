// Package snmp turns bytes into messages of the Simple Network Management
// Protocol and back: versions 1 (RFC 1157), 2c (RFC 1901) and 3 with its
// user-based security (RFC 3412, RFC 3414), with the names of the standard
// objects and what an engine's id and a vendor's number tell. No I/O, no clock.
package snmp

import (
	"errors"
	"net/netip"
)

// Version is the number that a message begins with.
type Version byte

// The versions.
const (
	V1  Version = 0
	V2c Version = 1
	V3  Version = 3
)

// String is the version as people write it: v2c.
func (v Version) String() string {
	switch v {
	case V1:
		return "v1"
	case V2c:
		return "v2c"
	case V3:
		return "v3"
	}
	return "unknown version"
}

// Op is what a unit wants (RFC 3416 section 3), its tag.
type Op byte

// The operations.
const (
	Get      Op = 0xa0
	GetNext  Op = 0xa1
	Response Op = 0xa2
	TrapV1   Op = 0xa4 // RFC 1157 section 4.1.6
	GetBulk  Op = 0xa5
	Inform   Op = 0xa6
	Trap     Op = 0xa7
	Report   Op = 0xa8
)

// Binding is one object and its value.
type Binding struct {
	Name  OID
	Value Value
}

// PDU is the unit inside a message.
type PDU struct {
	Op       Op
	ID       int32 // of the request
	Status   int   // error-status; of GetBulk the non-repeaters
	Index    int   // error-index; of GetBulk the max-repetitions
	Bindings []Binding

	// What only a trap of version 1 has.
	Enterprise OID
	Agent      netip.Addr
	Generic    int
	Specific   int
	Uptime     uint32 // hundredths of a second
}

// Message is a whole message. Community belongs to versions 1 and 2c, what
// follows it to version 3.
type Message struct {
	Version   Version
	Community []byte
	PDU       PDU

	ID         int32
	Reportable bool
	Security   Security
	Context    []byte // the engine whose objects are meant
	// Sealed means that the unit is encrypted and was not opened: PDU is empty.
	Sealed bool
}

// Security are the parameters of the user-based model (RFC 3414 section 2.4).
type Security struct {
	Engine []byte
	Boots  uint32
	Time   uint32 // seconds since the engine booted
	User   string
	Signed bool // the message bears a digest
	Hidden bool // its unit is encrypted
}

// Limits of a message that is read.
const (
	maxBindings   = 512
	maxSubs       = 128 // RFC 2578 section 3.5
	maxEngineID   = 32  // RFC 3411 section 5
	maxDatagram   = 65507
	securityModel = 3 // user-based
)

// The causes of a message that is not read.
var (
	ErrShort    = errors.New("message ends before its lengths do")
	ErrTag      = errors.New("message holds another type than the protocol has there")
	ErrRange    = errors.New("message holds a number out of its range")
	ErrVersion  = errors.New("message is of a version that is not 1, 2c or 3")
	ErrMany     = errors.New("message holds more than 512 objects")
	ErrDigest   = errors.New("digest of the message is not what the key makes")
	ErrNoDigest = errors.New("message bears no digest")
	ErrCipher   = errors.New("message does not decrypt with the key")
)
