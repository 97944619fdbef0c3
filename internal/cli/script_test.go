package cli_test

import (
	"bufio"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"sekisho/internal/cli"
)

func TestMain(m *testing.M) {
	run := func() { os.Exit(cli.Main(os.Args, os.Stdin, os.Stdout, os.Stderr)) }
	testscript.Main(tidy{m}, map[string]func(){"sekisho": run, "portqry": run, "PortQry.exe": run})
}

// tidy runs the tests and then removes what they built for all of them.
type tidy struct{ *testing.M }

// built is the folder of the program that tests built, empty for none.
var built string

// Run runs the tests and returns their exit code.
func (t tidy) Run() int {
	code := t.M.Run()
	if built != "" {
		_ = os.RemoveAll(built) // what stays is a file in a folder for such
	}
	return code
}

// TestScripts runs the sessions of testdata/script as a person would type
// them. They send nothing but to 127.0.0.1 and ::1.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:   "testdata/script",
		Setup: setup,
		Cmds:  map[string]func(*testscript.TestScript, bool, []string){"code": code, "await": awaitLine, "dial": dialAndStay},
	})
}

// setup gives each session an own home, a plain locale, and three listening
// ports in its environment: $BANNER greets, $ESCAPES greets with terminal
// escapes and bidirectional controls, $TALKS answers lines.
func setup(env *testscript.Env) error {
	env.Setenv("HOME", env.WorkDir)
	env.Setenv("XDG_STATE_HOME", env.WorkDir+"/state")
	env.Setenv("XDG_CONFIG_HOME", env.WorkDir+"/config")
	for _, name := range []string{"LANG", "LC_ALL", "LC_MESSAGES", "COLUMNS"} {
		env.Setenv(name, "")
	}
	// Where the lab has moved this process into a network of its own, the
	// program that a session runs must stay in the same one.
	const confined = "SEKISHO_LAB_CONFINED"
	env.Setenv(confined, os.Getenv(confined))
	// The network that the tests run in has a router too, which is not theirs.
	env.Setenv("SEKISHO_ROUTER", "none")
	if err := reserve(env); err != nil {
		return err
	}
	env.Setenv("PID", strconv.Itoa(os.Getpid())) // of who listens
	for name, greeting := range map[string]string{
		"BANNER":  "220 files.example FTP ready\r\n",
		"ESCAPES": "\x1b[31mred\x1b]0;title\a\u202egpj.exe\u009b1m\x00 banner\r\n",
	} {
		port, err := greet(env, greeting)
		if err != nil {
			return err
		}
		env.Setenv(name, strconv.Itoa(port))
	}
	port, err := echoes(env)
	env.Setenv("TALKS", strconv.Itoa(port))
	return err
}

// echoes listens on a free port of 127.0.0.1 until the session ends, greets,
// and answers each line with itself, QUIT with its leave.
func echoes(env *testscript.Env) (int, error) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	env.Defer(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				_, _ = io.WriteString(c, "220 hello\r\n")
				for lines := bufio.NewScanner(c); lines.Scan(); {
					_, _ = io.WriteString(c, "250 "+strings.TrimRight(lines.Text(), "\r")+"\r\n")
					if strings.HasPrefix(lines.Text(), "QUIT") {
						return
					}
				}
			}()
		}
	}()
	return l.Addr().(*net.TCPAddr).Port, nil
}

// reserve sets $FREE, a port that nobody has and that no system hands out by
// itself, and $DATAGRAMS, one of UDP that this process has.
func reserve(env *testscript.Env) error {
	for {
		port := strconv.Itoa(20000 + rand.IntN(10000))
		l, err := net.Listen("tcp4", net.JoinHostPort("127.0.0.1", port))
		if errors.Is(err, syscall.EADDRINUSE) {
			continue
		}
		if err != nil {
			return err
		}
		env.Setenv("FREE", port)
		if err := l.Close(); err != nil {
			return err
		}
		break
	}
	c, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		return err
	}
	env.Defer(func() { c.Close() })
	env.Setenv("DATAGRAMS", strconv.Itoa(c.LocalAddr().(*net.UDPAddr).Port))
	return nil
}

// greet listens on a free port of 127.0.0.1 until the session ends.
func greet(env *testscript.Env, greeting string) (int, error) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	env.Defer(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			// The peer may be gone already: a scan resets what it opened.
			_, _ = c.Write([]byte(greeting))
			_ = c.Close()
		}
	}()
	return l.Addr().(*net.TCPAddr).Port, nil
}

// code runs a command and holds its exact exit code: code N command….
func code(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: code N command [args…]")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec(args[1], args[2:]...)
	got := 0
	var ended *exec.ExitError
	if errors.As(err, &ended) {
		got = ended.ExitCode()
	} else if err != nil {
		ts.Fatalf("%s: %v", strings.Join(args[1:], " "), err)
	}
	if got != want {
		ts.Fatalf("%s: exit code %d, want %d", strings.Join(args[1:], " "), got, want)
	}
}

// awaitLine waits until a file holds what a pattern matches: await PATTERN FILE.
func awaitLine(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: await PATTERN FILE")
	}
	pattern, err := regexp.Compile("(?m)" + args[0])
	ts.Check(err)
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if text, err := os.ReadFile(ts.MkAbs(args[1])); err == nil && pattern.Match(text) {
			return
		}
	}
	ts.Fatalf("%s never came to hold %q", args[1], args[0])
}

// dialAndStay connects to a port of 127.0.0.1 and stays until the session ends.
func dialAndStay(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: dial PORT")
	}
	c, err := net.Dial("tcp4", net.JoinHostPort("127.0.0.1", args[0]))
	ts.Check(err)
	ts.Defer(func() { c.Close() })
}
