package probe

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/md5"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"sekisho/internal/exposure"
	"sekisho/internal/untrusted"
)

var postgresqlTests = []Test{{
	Name: "postgresql", Port: 5432, Options: []Option{{Name: "database", Default: "postgres"}}, Run: testPostgreSQL,
}}

func (e errPostgreSQL) storesRefused() string { return e['C'] + " " + e['M'] }

// errPostgreSQLMethod is a way to log in that this program does not have, or a
// password that would have to be sent readable.
var errPostgreSQLMethod = errors.New("server wants the password in a way that is not spoken here, or wants it readable")

// testPostgreSQL does what the probe does, and logs in as the user that was
// given to see which databases there are.
func testPostgreSQL(ctx context.Context, s *Session, t *Trial) (exposure.Service, error) {
	svc, err := runPostgreSQL(ctx, s)
	if svc.Protocol == "" {
		t.Step(storesStep("postgresql-startup", "StartupMessage", untrusted.Text{}, err))
		return svc, err
	}
	if s.secure == nil {
		step := exposure.Step{ID: "postgresql-tls", Asked: "SSLRequest", Result: exposure.StepRefused}
		if svc.TLS != nil {
			step.Result, step.Said = exposure.StepOK, untrusted.New(svc.TLS.Versions[len(svc.TLS.Versions)-1], 0)
		}
		t.Step(step)
	}
	startup := storesStep("postgresql-startup", "StartupMessage user="+postgresqlStranger, svc.Facts.Text("auth_method"), err)
	if allowed, known := svc.Facts.Bool("host_allowed"); known && !allowed {
		startup.Result, startup.Said = exposure.StepRefused, svc.Banner
	}
	t.Step(startup)
	if err != nil || startup.Result == exposure.StepRefused && t.User() == "" {
		return svc, err
	}
	if t.User() == "" {
		t.Step(exposure.Step{ID: "postgresql-login", Result: exposure.StepSkipped, Why: "no-user"})
		return svc, nil
	}
	p := postgresql{s: s, svc: exposure.Service{Facts: exposure.Facts{}}}
	c, err := p.encrypted(ctx)
	if c == nil {
		return svc, err
	}
	defer c.Close()
	l := postgresqlLogin{c: c, user: t.User(), password: t.Password, secure: p.svc.TLS != nil || s.secure != nil}
	err = l.enter(t.Text("database"))
	t.Step(storesStep("postgresql-login", t.User()+" "+storesMasked, untrusted.New(l.version, maxFact), err))
	if err != nil {
		return svc, s.fail("login", err)
	}
	svc.Version = untrusted.New(l.version, maxProduct)
	names, err := l.databases()
	step := storesStep("postgresql-databases", "SELECT datname FROM pg_database", untrusted.New(fmt.Sprint(len(names)), 0), err)
	if err == nil {
		step.Facts = exposure.Facts{"databases": texts(names, 64)}
	}
	t.Step(step)
	if err != nil {
		return svc, s.fail("list databases", err)
	}
	return svc, nil
}

// postgresqlLogin is one login.
type postgresqlLogin struct {
	c        *Conn
	user     string
	password func() (string, error)
	secure   bool
	version  string

	first, nonce string // of SCRAM
}

// postgresqlSend is a message to the server.
func postgresqlSend(kind byte, body []byte) []byte {
	return append(binary.BigEndian.AppendUint32([]byte{kind}, uint32(4+len(body))), body...)
}

// enter logs in and reads on until the server is ready for queries (PostgreSQL,
// "Start-up").
func (l *postgresqlLogin) enter(database string) error {
	if _, err := l.c.Write(postgresqlStartup(l.user, database)); err != nil {
		return err
	}
	for range 128 {
		m, err := readPostgreSQL(l.c)
		if err != nil {
			return err
		}
		switch m.kind {
		case 'E':
			return errPostgreSQL(postgresqlFields(m.body))
		case 'S':
			name, value, _ := bytes.Cut(bytes.TrimRight(m.body, "\x00"), []byte{0})
			if string(name) == "server_version" {
				l.version = string(value)
			}
		case 'R':
			if err := l.answer(m.body); err != nil {
				return err
			}
		case 'Z':
			return nil
		}
	}
	return ErrProtocol
}

// answer answers one request for authentication.
func (l *postgresqlLogin) answer(body []byte) error {
	if len(body) < 4 {
		return ErrProtocol
	}
	code, rest := binary.BigEndian.Uint32(body), body[4:]
	if code == 0 || code == 12 {
		return nil
	}
	password, err := l.password()
	if err != nil {
		return err
	}
	var reply []byte
	switch {
	case code == 3 && l.secure:
		reply = append([]byte(password), 0)
	case code == 5 && len(rest) == 4:
		inner := md5.Sum([]byte(password + l.user))
		outer := md5.Sum(append([]byte(hex.EncodeToString(inner[:])), rest...))
		reply = append([]byte("md5"+hex.EncodeToString(outer[:])), 0)
	case code == 10 && bytes.Contains(rest, []byte("SCRAM-SHA-256\x00")):
		l.nonce = rand.Text()
		l.first = "n=,r=" + l.nonce
		initial := "n,," + l.first
		reply = append([]byte("SCRAM-SHA-256\x00"), binary.BigEndian.AppendUint32(nil, uint32(len(initial)))...)
		reply = append(reply, initial...)
	case code == 11 && l.nonce != "":
		final, err := postgresqlScram(l.first, l.nonce, string(rest), password)
		if err != nil {
			return err
		}
		reply = []byte(final)
	default:
		return errPostgreSQLMethod
	}
	_, err = l.c.Write(postgresqlSend('p', reply))
	return err
}

// maxPostgreSQLRounds bounds the work that a server may ask of us; its own
// default is 4096.
const maxPostgreSQLRounds = 200_000

// postgresqlScram is the last word of the client (RFC 5802 section 3).
func postgresqlScram(first, nonce, server, password string) (string, error) {
	fields := map[string]string{}
	for part := range strings.SplitSeq(server, ",") {
		if name, value, ok := strings.Cut(part, "="); ok {
			fields[name] = value
		}
	}
	salt, err := base64.StdEncoding.DecodeString(fields["s"])
	rounds, wrong := strconv.Atoi(fields["i"])
	if err != nil || wrong != nil || rounds < 1 || rounds > maxPostgreSQLRounds || !strings.HasPrefix(fields["r"], nonce) || len(fields["r"]) == len(nonce) {
		return "", ErrProtocol
	}
	salted, err := pbkdf2.Key(sha256.New, password, salt, rounds, sha256.Size)
	if err != nil {
		return "", err
	}
	sign := func(key []byte, text string) []byte {
		h := hmac.New(sha256.New, key)
		h.Write([]byte(text))
		return h.Sum(nil)
	}
	key := sign(salted, "Client Key")
	stored := sha256.Sum256(key)
	without := "c=biws,r=" + fields["r"]
	for i, b := range sign(stored[:], first+","+server+","+without) {
		key[i] ^= b
	}
	return without + ",p=" + base64.StdEncoding.EncodeToString(key), nil
}

// databases asks for the names of the databases (PostgreSQL, "Simple Query").
func (l *postgresqlLogin) databases() ([]string, error) {
	if _, err := l.c.Write(postgresqlSend('Q', []byte("SELECT datname FROM pg_database\x00"))); err != nil {
		return nil, err
	}
	var names []string
	for range 1024 {
		m, err := readPostgreSQL(l.c)
		if err != nil {
			return names, err
		}
		switch {
		case m.kind == 'E':
			return nil, errPostgreSQL(postgresqlFields(m.body))
		case m.kind == 'Z':
			return names, nil
		case m.kind == 'D' && len(m.body) > 6:
			names = append(names, string(m.body[6:]))
		}
	}
	return names, nil
}
