package portqry

import (
	"bufio"
	"io"
	"strconv"
	"strings"

	"sekisho/internal/exposure"
	"sekisho/internal/untrusted"
)

// Services are the names that a services file gives to ports.
type Services map[Asked]string

// maxServices is the most lines that are read.
const maxServices = 1 << 16

// ReadServices reads a services file: a name, a port with its transport, other
// names, and comments behind a number sign. The first name of a port counts.
func ReadServices(r io.Reader) (Services, error) {
	s := Services{}
	lines := bufio.NewScanner(r)
	for n := 0; n < maxServices && lines.Scan(); n++ {
		line, _, _ := strings.Cut(lines.Text(), "#")
		fields := strings.Fields(line)
		if len(fields) < 2 {
			continue
		}
		number, transport, _ := strings.Cut(fields[1], "/")
		port, err := strconv.ParseUint(number, 10, 16)
		if err != nil {
			continue
		}
		var on Asked
		if on.Transport.UnmarshalText([]byte(strings.ToLower(transport))) != nil {
			continue
		}
		if on.Port = uint16(port); s[on] == "" {
			s[on] = untrusted.New(fields[0], maxName).Terminal()
		}
	}
	return s, lines.Err()
}

// Of is the name of a port, empty when it has none.
func (s Services) Of(transport exposure.Transport, port uint16) string {
	return s[Asked{transport, port}]
}
