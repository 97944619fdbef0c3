package probe

import (
	"bytes"
	"context"
	"crypto/sha1"
	"crypto/sha256"
	"errors"
	"fmt"

	"sekisho/internal/exposure"
	"sekisho/internal/untrusted"
)

var mysqlTests = []Test{{Name: "mysql", Port: 3306, Run: testMySQL}}

// errMySQL is an error that the server sent.
type errMySQL struct {
	code uint16
	text string
}

// Error quotes it; Error of the probe escapes it.
func (e errMySQL) Error() string { return fmt.Sprintf("refused: %d %s", e.code, e.text) }

func (e errMySQL) storesRefused() string { return fmt.Sprintf("%d %s", e.code, e.text) }

// errMySQLPlugin is a way to prove a password that this program does not have,
// or not without TLS.
var errMySQLPlugin = errors.New("server wants the password in a way that is not spoken here, or wants it readable")

// testMySQL reads the greeting, begins TLS, and logs in as the user that was
// given to see which databases that one may see.
func testMySQL(ctx context.Context, s *Session, t *Trial) (exposure.Service, error) {
	svc, hello, c, err := s.mysqlGreet(ctx)
	greeted := storesStep("mysql-greeting", "", svc.Banner, err)
	if svc.Protocol != "" {
		greeted.Result, greeted.Detail = exposure.StepOK, ""
		if svc.Facts["error_code"] != nil {
			greeted.Result = exposure.StepRefused
		}
	}
	t.Step(greeted)
	offered, _ := svc.Facts.Bool("tls_offered")
	switch {
	case offered && s.secure == nil:
		t.Step(storesStep("mysql-tls", "SSLRequest", untrusted.Text{}, err))
	case svc.Protocol != "" && svc.Facts["tls_offered"] != nil && s.secure == nil:
		t.Step(exposure.Step{ID: "mysql-tls", Result: exposure.StepSkipped, Why: "no-tls"})
	}
	if err != nil || c == nil {
		return svc, err
	}
	defer c.Close()
	if t.User() == "" {
		t.Step(exposure.Step{ID: "mysql-login", Result: exposure.StepSkipped, Why: "no-user"})
		return svc, nil
	}
	if err := s.mysqlLogin(c, hello, t, offered || s.secure != nil); err != nil {
		return svc, err
	}
	names, err := mysqlDatabases(c)
	step := storesStep("mysql-databases", "SHOW DATABASES", untrusted.New(fmt.Sprint(len(names)), 0), err)
	if err == nil {
		step.Facts = exposure.Facts{"databases": texts(names, 64)}
	}
	t.Step(step)
	if err != nil {
		return svc, s.fail("SHOW DATABASES", err)
	}
	_, _ = c.Write(mysqlPacket(0, []byte{1})) // COM_QUIT; the connection is closed whatever becomes of it
	return svc, nil
}

// mysqlProof proves a password without sending it (MySQL, "Authentication
// Methods"). Of an empty password there is nothing to prove.
func mysqlProof(plugin, password string, salt []byte) ([]byte, bool) {
	if password == "" {
		return nil, plugin == "mysql_native_password" || plugin == "caching_sha2_password"
	}
	switch plugin {
	case "mysql_native_password":
		once := sha1.Sum([]byte(password))
		twice := sha1.Sum(once[:])
		mask := sha1.Sum(append(bytes.Clone(salt), twice[:]...))
		for i := range mask {
			mask[i] ^= once[i]
		}
		return mask[:], true
	case "caching_sha2_password":
		once := sha256.Sum256([]byte(password))
		twice := sha256.Sum256(once[:])
		mask := sha256.Sum256(append(twice[:], salt...))
		for i := range mask {
			mask[i] ^= once[i]
		}
		return mask[:], true
	}
	return nil, false
}

// mysqlLogin logs in as the user that was given (MySQL, "Connection Phase").
func (s *Session) mysqlLogin(c *Conn, hello mysqlHello, t *Trial, secure bool) error {
	password, err := t.Password()
	if err != nil {
		return s.fail("login", err)
	}
	err = mysqlAuthenticate(c, hello, t.User(), password, secure)
	t.Step(storesStep("mysql-login", t.User()+" "+storesMasked, untrusted.Text{}, err))
	if err != nil {
		return s.fail("login", err)
	}
	return nil
}

func mysqlAuthenticate(c *Conn, hello mysqlHello, user, password string, secure bool) error {
	plugin := hello.plugin
	proof, ok := mysqlProof(plugin, password, hello.salt)
	if !ok {
		// The account may want another way, which the server then says.
		plugin, proof = "mysql_native_password", nil
		proof, _ = mysqlProof(plugin, password, hello.salt)
	}
	number := byte(1)
	capabilities := uint32(mysqlLongPassword | mysqlProtocol41 | mysqlSecure | mysqlPluginAuth)
	if secure && hello.capabilities&mysqlSSL != 0 {
		number, capabilities = 2, capabilities|mysqlSSL
	}
	b := append(mysqlRequest(capabilities), user...)
	b = append(append(b, 0, byte(len(proof))), proof...)
	b = append(append(b, plugin...), 0)
	if _, err := c.Write(mysqlPacket(number, b)); err != nil {
		return err
	}
	for range 8 {
		p, err := readMySQL(c)
		if err != nil {
			return err
		}
		var answer []byte
		switch body := p[4:]; {
		case body[0] == 0:
			return nil
		case body[0] == 0xff:
			text, code := mysqlRefusal(p)
			return errMySQL{code, text}
		case body[0] == 0xfe:
			name, salt, _ := bytes.Cut(body[1:], []byte{0})
			if answer, ok = mysqlProof(string(name), password, bytes.TrimRight(salt, "\x00")); !ok {
				return errMySQLPlugin
			}
		case body[0] == 1 && len(body) == 2 && body[1] == 3:
			continue // proved; the result follows
		case body[0] == 1 && len(body) == 2 && body[1] == 4 && secure:
			answer = append([]byte(password), 0) // the server has forgotten the proof; inside TLS it may have the password
		default:
			return errMySQLPlugin
		}
		if _, err := c.Write(mysqlPacket(p[3]+1, answer)); err != nil {
			return err
		}
	}
	return ErrProtocol
}

// mysqlDatabases asks for the names of the databases (MySQL, "COM_QUERY").
func mysqlDatabases(c *Conn) ([]string, error) {
	if _, err := c.Write(mysqlPacket(0, append([]byte{3}, "SHOW DATABASES"...))); err != nil {
		return nil, err
	}
	var names []string
	for ends := 0; len(names) < 1024; {
		p, err := readMySQL(c)
		if err != nil {
			return names, err
		}
		switch body := p[4:]; {
		case body[0] == 0xff:
			text, code := mysqlRefusal(p)
			return nil, errMySQL{code, text}
		case body[0] == 0xfe && len(body) < 9:
			if ends++; ends == 2 {
				return names, nil
			}
		case ends == 1 && len(body) > int(body[0]):
			names = append(names, string(body[1:1+int(body[0])]))
		}
	}
	return names, nil
}
