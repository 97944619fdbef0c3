package probe

import (
	"context"
	"fmt"

	"sekisho/internal/exposure"
	"sekisho/internal/untrusted"
)

var mongodbTests = []Test{{Name: "mongodb", Port: 27017, Run: testMongoDB}}

// testMongoDB asks for the version and for the names of the databases, which
// only those servers tell that ask nobody for a password. It reads no data.
func testMongoDB(ctx context.Context, s *Session, t *Trial) (exposure.Service, error) {
	svc, err := runMongoDB(ctx, s)
	if svc.Version.IsZero() {
		t.Step(storesStep("mongodb-hello", "isMaster", svc.Version, err))
		return svc, err
	}
	t.Step(storesStep("mongodb-hello", "isMaster", untrusted.New("MongoDB "+svc.Version.Raw(), maxFact), nil))
	step := storesStep("mongodb-databases", "listDatabases", untrusted.Text{}, err)
	if required, known := svc.Facts.Bool("password_required"); known && required {
		step.Result = exposure.StepRefused
	} else if count, ok := svc.Facts["databases"].(int); ok {
		step.Said = untrusted.New(fmt.Sprint(count), 0)
	}
	t.Step(step)
	return svc, err
}
