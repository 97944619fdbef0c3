package probe

import (
	"context"
	"errors"
	"fmt"
	"net"
	"regexp"
	"slices"
	"strings"
	"sync"

	"golang.org/x/crypto/ssh"

	"sekisho/internal/exposure"
	"sekisho/internal/untrusted"
)

func init() {
	register(Probe{
		Name: "ssh", Transport: exposure.TCP, Ports: []uint16{22, 2222}, Greets: greetsSSH, Run: runSSH, Tests: sshTests,
	})
}

var sshVersionLine = regexp.MustCompile(`(?m)^SSH-[0-9]+\.[0-9]+-`)

// greetsSSH takes an identification string, which may stand behind other lines
// (RFC 4253 section 4.2).
func greetsSSH(first []byte) Fit {
	if sshVersionLine.Match(first) {
		return Sure
	}
	return No
}

// sshProducts read the software version, the part behind "SSH-2.0-".
var sshProducts = []pattern{
	{"OpenSSH for Windows", regexp.MustCompile(`^OpenSSH_for_Windows_(?P<version>\d[\w.]*)`)},
	{"OpenSSH", regexp.MustCompile(`^OpenSSH[_-](?P<version>\d[\w.]*)`)},
	{"Dropbear", regexp.MustCompile(`^dropbear(?:_(?P<version>\d[\w.]*))?`)},
	{"libssh", regexp.MustCompile(`^libssh[_-](?P<version>\d[\w.]*)`)},
	{"Cisco SSH", regexp.MustCompile(`^Cisco-(?P<version>\d[\w.]*)`)},
	{"MikroTik RouterOS", regexp.MustCompile(`^ROSSSH`)},
	{"ProFTPD mod_sftp", regexp.MustCompile(`^mod_sftp(?:/(?P<version>\d[\w.]*))?`)},
	{"Bitvise SSH Server", regexp.MustCompile(`^[\d.]+ FlowSsh: Bitvise SSH Server \(WinSSHD\) (?P<version>\d[\w.]*)`)},
	{"Go x/crypto/ssh", regexp.MustCompile(`^Go$`)},
	{"", regexp.MustCompile(`^(?P<product>[A-Za-z][\w.]{0,40}?)[-_ /]v?(?P<version>\d[\w.]*)`)},
	{"", regexp.MustCompile(`^(?P<product>[A-Za-z][\w.]{0,40})`)},
}

// Bounds of the lines before the identification string. RFC 4253 sets none.
const (
	maxSSHLines = 50
	maxSSHBytes = 8 << 10
)

// sshUser is the name in the request for the list of methods. It is on no
// server, and no key or password is shown for it.
const sshUser = "sekisho"

// runSSH reads the identification string and lets the library exchange keys
// with an ear on the line: the server's offer is in its KEXINIT in the clear.
// The method "none" then has the server list what it would take (RFC 4252
// section 5.2), and further connections fetch the host keys of other types.
func runSSH(ctx context.Context, s *Session) (exposure.Service, error) { return s.ssh(ctx, sshUser) }

// ssh is one conversation; the list of methods is that for a user.
func (s *Session) ssh(ctx context.Context, user string) (exposure.Service, error) {
	c, err := s.Connect(ctx)
	if err != nil {
		return exposure.Service{}, err
	}
	defer c.Close()
	version, err := sshVersion(c)
	if err != nil {
		return exposure.Service{}, s.fail("read version", err)
	}
	svc := exposure.Service{
		Protocol: "ssh", Confidence: exposure.Likely, Banner: untrusted.New(version, maxBanner), Facts: exposure.Facts{},
	}
	_, rest, _ := strings.Cut(version, "-")
	protocol, software, _ := strings.Cut(rest, "-")
	svc.Facts["protocol_version"] = untrusted.New(protocol, maxProduct)
	svc.Product, svc.Version = match(sshProducts, software)
	s.Learn(svc)
	if protocol != "2.0" && protocol != "1.99" {
		return svc, s.fail("exchange keys", fmt.Errorf("peer speaks version %q only", protocol))
	}
	line := &sshLine{Conn: c, version: []byte(version + "\r\n")}
	var keys sshKeys
	methods, err := sshShake(line, keys.add, sshConfig(user))
	offer, broken := parseKexinit(line.packet())
	if broken != nil {
		if err == nil {
			err = broken
		}
		return svc, s.fail("read KEXINIT", err)
	}
	svc.Confidence = exposure.Confirmed
	sshOffered(svc.Facts, offer)
	if methods != nil {
		svc.Facts["auth_methods"] = texts(methods, maxSSHNames)
	}
	s.Learn(svc)
	s.sshOtherKeys(ctx, offer, &keys)
	if len(keys.list) > 0 {
		svc.Facts["host_keys"] = texts(keys.list, maxSSHNames)
	}
	if methods == nil && err != nil {
		return svc, s.fail("exchange keys", err)
	}
	return svc, nil
}

// sshVersion reads up to the identification string.
func sshVersion(c *Conn) (string, error) {
	size := 0
	for range maxSSHLines {
		line, err := c.Line()
		if err != nil {
			return "", err
		}
		if strings.HasPrefix(line, "SSH-") {
			return line, nil
		}
		if size += len(line); size > maxSSHBytes {
			break
		}
	}
	return "", ErrProtocol
}

// sshLine is a connection whose identification string was read already and is
// given to the library again. It keeps the packet that follows.
type sshLine struct {
	*Conn
	version []byte

	mu    sync.Mutex // the library reads on after it gave up
	heard []byte
}

// Read gives the identification string, then what comes.
func (l *sshLine) Read(p []byte) (int, error) {
	if len(l.version) > 0 {
		n := copy(p, l.version)
		l.version = l.version[n:]
		return n, nil
	}
	n, err := l.Conn.Read(p)
	l.mu.Lock()
	defer l.mu.Unlock()
	if room := maxSSHPacket + 4 - len(l.heard); room > 0 {
		l.heard = append(l.heard, p[:min(n, room)]...)
	}
	return n, err
}

// packet is what came behind the identification string.
func (l *sshLine) packet() []byte {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.heard
}

// errSSHEnough ends a handshake that has told what it was for.
var errSSHEnough = errors.New("enough was learned")

// sshConfig speaks every algorithm that the library has, weak ones too: an old
// server is to be seen, not to be trusted.
func sshConfig(user string) *ssh.ClientConfig {
	good, bad := ssh.SupportedAlgorithms(), ssh.InsecureAlgorithms()
	return &ssh.ClientConfig{
		Config: ssh.Config{
			KeyExchanges: append(good.KeyExchanges, bad.KeyExchanges...),
			Ciphers:      append(good.Ciphers, bad.Ciphers...),
			MACs:         append(good.MACs, bad.MACs...),
		},
		User:              user,
		ClientVersion:     "SSH-2.0-sekisho",
		HostKeyAlgorithms: append(good.HostKeys, bad.HostKeys...),
	}
}

// sshShake exchanges keys and, when key returns nil, asks for the methods of
// authentication; they are nil when the server did not tell them.
func sshShake(c net.Conn, key func(ssh.PublicKey) error, config *ssh.ClientConfig) (methods []string, err error) {
	config.HostKeyCallback = func(_ string, _ net.Addr, k ssh.PublicKey) error { return key(k) }
	config.AuthCallback = func(a *ssh.ClientAuthContext) (ssh.AuthMethod, error) {
		methods = append([]string{}, a.AllowedMethods...)
		return nil, errSSHEnough
	}
	conn, channels, requests, err := ssh.NewClientConn(c, "", config)
	if err != nil {
		return methods, err
	}
	// The server let nobody in without asking for anything.
	go ssh.DiscardRequests(requests)
	go func() {
		for ch := range channels {
			_ = ch.Reject(ssh.Prohibited, "")
		}
	}()
	return []string{"none"}, conn.Close()
}

// sshKeys collects host keys.
type sshKeys struct {
	mu   sync.Mutex
	list []string // type, bits and fingerprint, as ssh-keygen -l shows them
	have []string // types
}

func (k *sshKeys) add(key ssh.PublicKey) error {
	bits := 0
	if public, ok := key.(ssh.CryptoPublicKey); ok {
		_, bits = tlsKey(public.CryptoPublicKey())
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.have = append(k.have, key.Type())
	k.list = append(k.list, fmt.Sprintf("%s %d %s", key.Type(), bits, ssh.FingerprintSHA256(key)))
	return nil
}

// sshOtherKeys fetches the host keys of the types that the first handshake did
// not show, each on a connection that ends when the key is there.
func (s *Session) sshOtherKeys(ctx context.Context, offer sshOffer, keys *sshKeys) {
	var fetch sync.WaitGroup
	for _, algorithm := range sshKeyTypes(offer.hostKeys, keys.have) {
		fetch.Go(func() {
			careful(func() {
				c, err := s.connect(ctx, nil)
				if err != nil {
					return
				}
				defer c.Close()
				config := sshConfig(sshUser)
				config.HostKeyAlgorithms = []string{algorithm}
				// A key that cannot be had is no key; the offer names its type.
				_, _ = sshShake(c, func(k ssh.PublicKey) error { return errors.Join(keys.add(k), errSSHEnough) }, config)
			})
		})
	}
	fetch.Wait()
	slices.Sort(keys.list)
}

// sshKeyTypes names one algorithm of each key type that is offered, that the
// library speaks and that is not there yet. An RSA key serves three algorithms.
func sshKeyTypes(offered, have []string) []string {
	known := append(ssh.SupportedAlgorithms().HostKeys, ssh.InsecureAlgorithms().HostKeys...)
	seen := slices.Clone(have)
	var algorithms []string
	for _, name := range offered {
		kind := name
		if strings.HasPrefix(name, "rsa-sha2-") && !strings.Contains(name, "cert") {
			kind = ssh.KeyAlgoRSA
		}
		if strings.Contains(name, "-cert-") || slices.Contains(seen, kind) || !slices.Contains(known, name) {
			continue
		}
		seen = append(seen, kind)
		algorithms = append(algorithms, name)
	}
	return algorithms
}

// sshOffered keeps the server's offer.
func sshOffered(facts exposure.Facts, offer sshOffer) {
	for name, list := range map[string][]string{
		"kex_algorithms": offer.kex, "host_key_algorithms": offer.hostKeys, "ciphers": offer.ciphers, "macs": offer.macs,
		"weak_algorithms": offer.weak(),
	} {
		facts[name] = texts(list, 4*maxSSHNames)
	}
	if shifted := offer.terrapin(); len(shifted) > 0 {
		facts["terrapin_ciphers"] = texts(shifted, 2*maxSSHNames)
	}
}
