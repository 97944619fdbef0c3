package probe

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"time"

	"sekisho/internal/exposure"
	"sekisho/internal/untrusted"
	"sekisho/internal/wire/mssql"
)

func init() {
	named := func(name, instance string) Probe {
		return Probe{
			Name: name, Transport: exposure.UDP, Ports: []uint16{mcsqlrPort}, Weak: true, Match: mcsqlrReplies,
			// CLNT_UCAST_INST, MC-SQLR section 2.2.3.
			Hello: func(uint64) []byte { return mssql.AskOne(instance) },
		}
	}
	all := named("mc-sqlr", "MSSQLSERVER")
	all.Run = runMCSQLR
	all.Tests = []Test{{Name: "mssql-browser", Port: mcsqlrPort, Run: testMCSQLR}}
	register(all)
	register(named("mc-sqlr-express", "SQLEXPRESS"))
}

// mcsqlrPort is where the browser answers.
const mcsqlrPort = 1434

// mcsqlrReplies wants SVR_RESP with its size and the name that was asked for
// (MC-SQLR section 2.2.5). The two names that setup gives an instance are asked
// for, one at a time, and not all of them: the list, to one byte, is how these
// servers are used to flood others.
func mcsqlrReplies(hello, b []byte) bool {
	const header = 3
	return len(hello) > 2 && len(b) > header && b[0] == 0x05 &&
		int(binary.LittleEndian.Uint16(b[1:])) == len(b)-header &&
		bytes.Contains(bytes.ToUpper(b), append([]byte(";INSTANCENAME;"), bytes.ToUpper(hello[1:len(hello)-1])...))
}

// runMCSQLR asks the browser for all instances. The byte that asks is all that
// a forged sender would need, and the answer shows how much it would set off.
func runMCSQLR(ctx context.Context, s *Session) (exposure.Service, error) {
	reply, err := s.Exchange(ctx, mssql.AskAll, mcsqlrList)
	if err != nil {
		return exposure.Service{}, s.fail("ask for instances", err)
	}
	all, err := mssql.ParseInstances(reply)
	if err != nil {
		return exposure.Service{}, s.fail("ask for instances", ErrProtocol)
	}
	svc := exposure.Service{Protocol: "mc-sqlr", Confidence: exposure.Likely, Facts: exposure.Facts{
		"instances": mcsqlrTexts(all), "instance_count": len(all),
	}}
	volley{sent: len(mssql.AskAll), received: len(reply), packets: 1}.keep(svc.Facts, "mc-sqlr-list")
	if all[0].Server != "" {
		svc.Facts["computer"] = untrusted.New(all[0].Server, maxFact)
	}
	svc.Product, svc.Version = untrusted.New("SQL Server", maxProduct), untrusted.New(all[0].Version, maxProduct)
	mssqlRelease(&svc, all[0].Version)
	return svc, nil
}

// testMCSQLR asks for all instances and tells each.
func testMCSQLR(ctx context.Context, s *Session, t *Trial) (exposure.Service, error) {
	svc, err := runMCSQLR(ctx, s)
	if err != nil {
		t.Step(exposure.Step{ID: "mssql-browser", Result: exposure.StepFailed, Asked: "CLNT_UCAST_EX", Detail: err.Error(), Remote: s.peer.at})
		return svc, err
	}
	for _, instance := range svc.Facts.Texts("instances") {
		t.Step(exposure.Step{ID: "mssql-browser", Result: exposure.StepOK, Asked: "CLNT_UCAST_EX", Said: instance, Remote: s.peer.at})
	}
	return svc, nil
}

// mcsqlrList takes a list of instances.
func mcsqlrList(b []byte) bool {
	_, err := mssql.ParseInstances(b)
	return err == nil
}

// mcsqlrTexts are instances as facts.
func mcsqlrTexts(all []mssql.Instance) []untrusted.Text {
	list := make([]untrusted.Text, 0, len(all))
	for _, i := range all {
		list = append(list, untrusted.New(mcsqlrShown(i), maxFact))
	}
	return list
}

// mcsqlrShown is an instance in one line.
func mcsqlrShown(i mssql.Instance) string {
	line := fmt.Sprintf(`%s\%s %s`, i.Server, i.Name, i.Version)
	if name := mssql.Release(i.Version); name != "" {
		line += " (SQL Server " + name + ")"
	}
	if i.TCP != "" {
		line += " tcp " + i.TCP
	}
	if i.Pipe != "" {
		line += " np " + i.Pipe
	}
	if i.Clustered {
		line += " clustered"
	}
	return line
}

// mcsqlrWait is how long the browser beside a server is given.
const mcsqlrWait = 3 * time.Second

// mcsqlrAll asks the browser of the host that the session talks to.
func (s *Session) mcsqlrAll(ctx context.Context) ([]mssql.Instance, error) {
	c, err := s.dialPeer(ctx, exposure.UDP, mcsqlrPort)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	if err := c.SetReadDeadline(time.Now().Add(mcsqlrWait)); err != nil {
		return nil, err
	}
	if _, err := c.Write(mssql.AskAll); err != nil {
		return nil, err
	}
	buf := make([]byte, maxHelloReply)
	n, err := c.Read(buf)
	if err != nil {
		return nil, err
	}
	return mssql.ParseInstances(buf[:n])
}
