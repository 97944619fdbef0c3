package probe

import (
	"bytes"
	"context"
	"encoding/binary"
	"io"

	"sekisho/internal/exposure"
	"sekisho/internal/untrusted"
	"sekisho/internal/wire/bson"
)

func init() {
	register(Probe{
		Name: "mongodb", Transport: exposure.TCP, Ports: []uint16{27017, 27018, 27019}, ClientFirst: true,
		Greets: greetsMongoDB, Run: runMongoDB, Tests: mongodbTests,
	})
}

// mongodbOverHTTP is what the server tells a browser.
const mongodbOverHTTP = "It looks like you are trying to access MongoDB over HTTP"

// greetsMongoDB takes the advice to who speaks HTTP.
func greetsMongoDB(first []byte) Fit {
	if bytes.Contains(first, []byte(mongodbOverHTTP)) {
		return Sure
	}
	return No
}

// Bounds and numbers of messages (MongoDB, "Wire Protocol").
const (
	maxMongoDBMessage = 32 << 10
	mongodbOpMsg      = 2013
)

// mongodbCommand asks one command of a database: OP_MSG with one document.
func mongodbCommand(id uint32, command ...bson.Field) []byte {
	document := bson.Marshal(append(command, bson.Field{Name: "$db", Value: "admin"})...)
	const header = 16 + 4 + 1
	b := binary.LittleEndian.AppendUint32(nil, uint32(header+len(document)))
	for _, word := range []uint32{id, 0, mongodbOpMsg, 0} {
		b = binary.LittleEndian.AppendUint32(b, word)
	}
	return append(append(b, 0), document...)
}

// mongodbReply reads the answer to a command.
func mongodbReply(c io.Reader, id uint32) (bson.Document, error) {
	var head [21]byte
	if _, err := io.ReadFull(c, head[:]); err != nil {
		return nil, err
	}
	length := binary.LittleEndian.Uint32(head[:])
	if length < 21+5 || length > maxMongoDBMessage || binary.LittleEndian.Uint32(head[8:]) != id ||
		binary.LittleEndian.Uint32(head[12:]) != mongodbOpMsg || head[20] != 0 {
		return nil, ErrProtocol
	}
	var document bytes.Buffer
	if _, err := io.CopyN(&document, c, int64(length-21)); err != nil {
		return nil, err
	}
	d, err := bson.Unmarshal(document.Bytes())
	if err != nil {
		return nil, ErrProtocol
	}
	return d, nil
}

// mongodbUnauthorized is the error code of who has not logged in.
const mongodbUnauthorized = 13

// runMongoDB presents itself, asks for the version, which every server tells,
// and for the names of the databases, which only those tell that ask nobody for
// a password. It reads no data.
func runMongoDB(ctx context.Context, s *Session) (exposure.Service, error) {
	c, err := s.Connect(ctx)
	if err != nil {
		return exposure.Service{}, err
	}
	defer c.Close()
	svc := exposure.Service{Facts: exposure.Facts{}}
	id := uint32(0)
	ask := func(command ...bson.Field) (bson.Document, error) {
		id++
		if _, err := c.Write(mongodbCommand(id, command...)); err != nil {
			return nil, err
		}
		return mongodbReply(c, id)
	}
	hello, err := ask(bson.Field{Name: "isMaster", Value: 1})
	if err == nil {
		if _, ok := hello.Number("ok"); !ok {
			err = ErrProtocol
		}
	}
	if err != nil {
		return exposure.Service{}, s.fail("hello", err)
	}
	svc.Protocol, svc.Confidence = "mongodb", exposure.Confirmed
	svc.Product = untrusted.New("MongoDB", 0)
	for name, fact := range map[string]string{"setName": "replica_set", "me": "hostname", "msg": "role"} {
		if value := hello.Text(name); value != "" {
			svc.Facts[fact] = untrusted.New(value, maxFact)
		}
	}
	s.Learn(svc)
	build, err := ask(bson.Field{Name: "buildInfo", Value: 1})
	if err != nil {
		return svc, s.fail("buildInfo", err)
	}
	svc.Version, svc.Banner = untrusted.New(build.Text("version"), maxProduct), untrusted.New(build.Text("version"), maxBanner)
	if system, ok := build["buildEnvironment"].(bson.Document); ok {
		svc.Facts["system"] = untrusted.New(system.Text("target_os"), maxFact)
	}
	s.Learn(svc)
	list, err := ask(bson.Field{Name: "listDatabases", Value: 1}, bson.Field{Name: "nameOnly", Value: true})
	if err != nil {
		return svc, s.fail("listDatabases", err)
	}
	code, _ := list.Number("code")
	switch done, _ := list.Number("ok"); {
	case done == 1:
		svc.Facts["password_required"] = false
		svc.Facts["databases"] = len(list.List("databases"))
	case code == mongodbUnauthorized:
		svc.Facts["password_required"] = true
	}
	return svc, nil
}
