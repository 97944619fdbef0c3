package probe

import (
	"context"

	"sekisho/internal/exposure"
	"sekisho/internal/untrusted"
	"sekisho/internal/wire/mssql"
)

func init() {
	register(Probe{
		Name: "mssql", Transport: exposure.TCP, Ports: []uint16{1433}, ClientFirst: true, Blind: 8, Run: runMSSQL,
		Tests: []Test{{Name: "mssql", Port: 1433, Run: testMSSQL}},
	})
}

// mssqlEncryption are the words of a server for encryption.
var mssqlEncryption = map[byte]string{
	mssql.EncryptionOff: "login-only", mssql.EncryptionOn: "on", mssql.EncryptionNone: "not-supported", mssql.EncryptionMust: "required",
}

// runMSSQL sends the message that comes before any log-in (MS-TDS section
// 2.2.6.5); the answer tells the version and what is encrypted.
func runMSSQL(ctx context.Context, s *Session) (exposure.Service, error) {
	c, err := s.Connect(ctx)
	if err != nil {
		return exposure.Service{}, err
	}
	defer c.Close()
	if _, err := c.Write(mssql.Prelogin()); err != nil {
		return exposure.Service{}, s.fail("prelogin", err)
	}
	head, err := c.exactly(mssql.Header)
	if err != nil {
		return exposure.Service{}, s.fail("prelogin", err)
	}
	n, ok := mssql.Length([mssql.Header]byte(head))
	if !ok || n > maxLine {
		return exposure.Service{}, s.fail("prelogin", ErrProtocol)
	}
	body, err := c.exactly(n - mssql.Header)
	if err != nil {
		return exposure.Service{}, s.fail("prelogin", err)
	}
	server, err := mssql.ParsePrelogin(body)
	if err != nil {
		return exposure.Service{}, s.fail("prelogin", ErrProtocol)
	}
	svc := exposure.Service{
		Protocol: "mssql", Confidence: exposure.Confirmed, Facts: exposure.Facts{},
		Product: untrusted.New("SQL Server", maxProduct), Version: untrusted.New(server.Version, maxProduct),
	}
	mssqlRelease(&svc, server.Version)
	if word := mssqlEncryption[server.Encryption]; server.Told && word != "" {
		svc.Facts["encryption"] = untrusted.New(word, maxFact)
	}
	return svc, nil
}

// mssqlRelease names the product by its version.
func mssqlRelease(svc *exposure.Service, version string) {
	if name := mssql.Release(version); name != "" {
		svc.Product = untrusted.New("SQL Server "+name, maxProduct)
	}
}

// testMSSQL asks the server, and the browser beside it which instances there
// are and where.
func testMSSQL(ctx context.Context, s *Session, t *Trial) (exposure.Service, error) {
	svc, err := runMSSQL(ctx, s)
	step := exposure.Step{ID: "mssql-prelogin", Result: exposure.StepOK, Said: svc.Version, Facts: svc.Facts}
	if err != nil {
		step.Result, step.Detail = exposure.StepFailed, err.Error()
	}
	t.Step(step)
	all, asked := s.mcsqlrAll(ctx)
	if asked != nil {
		t.Step(exposure.Step{ID: "mssql-browser", Result: exposure.StepFailed, Detail: s.fail("ask the browser", asked).Error()})
		return svc, err
	}
	for _, i := range all {
		t.Step(exposure.Step{ID: "mssql-browser", Result: exposure.StepOK, Said: untrusted.New(mcsqlrShown(i), maxFact)})
	}
	if svc.Protocol != "" {
		svc.Facts["instances"] = mcsqlrTexts(all)
	}
	return svc, err
}
