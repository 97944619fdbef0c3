package probe

import (
	"bytes"
	"strings"
	"testing"

	"sekisho/internal/exposure"
)

func FuzzMySQL(f *testing.F)      { fuzzProbe(f, "mysql", exposure.TCP) }
func FuzzPostgreSQL(f *testing.F) { fuzzProbe(f, "postgresql", exposure.TCP) }
func FuzzRedis(f *testing.F)      { fuzzProbe(f, "redis", exposure.TCP) }
func FuzzMQTT(f *testing.F)       { fuzzProbe(f, "mqtt", exposure.TCP) }
func FuzzMemcached(f *testing.F)  { fuzzProbe(f, "memcached", exposure.TCP) }
func FuzzRsync(f *testing.F)      { fuzzProbe(f, "rsync", exposure.TCP) }
func FuzzRpcbind(f *testing.F)    { fuzzProbe(f, "rpcbind", exposure.TCP) }
func FuzzNFS(f *testing.F)        { fuzzProbe(f, "nfs", exposure.TCP) }
func FuzzMountd(f *testing.F)     { fuzzProbe(f, "mountd", exposure.TCP) }
func FuzzIPP(f *testing.F)        { fuzzProbe(f, "ipp", exposure.TCP) }
func FuzzLPD(f *testing.F)        { fuzzProbe(f, "lpd", exposure.TCP) }
func FuzzAMQP(f *testing.F)       { fuzzProbe(f, "amqp", exposure.TCP) }
func FuzzNATS(f *testing.F)       { fuzzProbe(f, "nats", exposure.TCP) }
func FuzzMongoDB(f *testing.F)    { fuzzProbe(f, "mongodb", exposure.TCP) }
func FuzzX11(f *testing.F)        { fuzzProbe(f, "x11", exposure.TCP) }
func FuzzFinger(f *testing.F)     { fuzzProbe(f, "finger", exposure.TCP) }
func FuzzIdent(f *testing.F)      { fuzzProbe(f, "ident", exposure.TCP) }
func FuzzRlogin(f *testing.F)     { fuzzProbe(f, "rlogin", exposure.TCP) }
func FuzzRsh(f *testing.F)        { fuzzProbe(f, "rsh", exposure.TCP) }

// FuzzHTTPAPI gives each API an answer to the request for the root page.
func FuzzHTTPAPI(f *testing.F) {
	addRecorded(f, "http")
	f.Fuzz(func(t *testing.T, said []byte) {
		h := &hunt{peer: fixedPeer(said), transport: exposure.TCP}
		answer, _ := readHTTP(newConn(fixedConn{bytes.NewReader(said)}))
		if answer.status == 0 {
			return
		}
		for _, api := range httpAPIs {
			s := h.session(Probe{Name: httpName}, nil)
			svc := exposure.Service{Facts: exposure.Facts{}}
			api.ask(t.Context(), httpSeen{s, answer, said}, &svc)
			inert(t, svc.Product.String()+svc.Version.String())
			s.close()
		}
	})
}

// FuzzStoreMessages reads messages of databases and queues from their middle.
func FuzzStoreMessages(f *testing.F) {
	for _, folder := range []string{"postgresql", "mqtt", "amqp", "redis", "finger"} {
		addRecorded(f, folder)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		postgresqlFields(b)
		postgresqlMethod(b)
		if topic, payload, ok := mqttMessage(0x30, b); ok && len(topic)+len(payload)+2 > len(b) {
			t.Error("more out of a message than was in it")
		}
		amqpStart(b)
		redisInfo(string(b))
		if n := fingerUsers(string(b)); n > strings.Count(string(b), "\n")+1 {
			t.Errorf("%d users", n)
		}
	})
}
