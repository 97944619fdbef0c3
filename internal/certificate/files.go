// Package certificate gives the web service its TLS certificate: from two files
// that others renew, or from an ACME server (RFC 8555).
package certificate

import (
	"crypto/tls"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"
)

// Files is a certificate and its key in two PEM files, read again when they
// change, as whatever renews them leaves them.
type Files struct {
	cert, key string
	log       *slog.Logger

	mu      sync.Mutex
	current *tls.Certificate
	stamp   [2]stamp
	checked time.Time
}

// stamp tells one state of a file from another.
type stamp struct {
	size int64
	at   time.Time
	id   os.FileInfo
}

func (s stamp) same(o stamp) bool {
	return s.size == o.size && s.at.Equal(o.at) && (s.id == nil) == (o.id == nil) && (s.id == nil || os.SameFile(s.id, o.id))
}

// lookAgain is how often the files are looked at, at the most.
const lookAgain = time.Second

// Load reads the two files. The error names what is wrong with them.
func Load(cert, key string, log *slog.Logger) (*Files, error) {
	f := &Files{cert: cert, key: key, log: log}
	stamps := f.stamps()
	pair, err := f.read()
	if err != nil {
		return nil, err
	}
	f.current, f.stamp, f.checked = pair, stamps, time.Now()
	return f, nil
}

func (f *Files) read() (*tls.Certificate, error) {
	pair, err := tls.LoadX509KeyPair(f.cert, f.key)
	if err != nil {
		return nil, fmt.Errorf("certificate %s, key %s: %w", f.cert, f.key, err)
	}
	return &pair, nil
}

func (f *Files) stamps() (list [2]stamp) {
	for i, path := range []string{f.cert, f.key} {
		if info, err := os.Stat(path); err == nil {
			list[i] = stamp{info.Size(), info.ModTime(), info}
		}
	}
	return list
}

// TLS is the configuration that answers with the certificate as it stands now. One
// that cannot be read, or whose key is another's, leaves the last one in place: the
// two files are not renewed in one moment.
func (f *Files) TLS() *tls.Config {
	return &tls.Config{
		MinVersion: tls.VersionTLS12,
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
			f.mu.Lock()
			defer f.mu.Unlock()
			if now := time.Now(); now.Sub(f.checked) > lookAgain {
				f.checked = now
				f.renew()
			}
			return f.current, nil
		},
	}
}

// renew reads the files again when they have changed. The caller holds mu.
func (f *Files) renew() {
	stamps := f.stamps()
	if stamps[0].same(f.stamp[0]) && stamps[1].same(f.stamp[1]) {
		return
	}
	pair, err := f.read()
	f.stamp = stamps
	if err != nil {
		f.log.Error("certificate: the last one stays", "error", err)
		return
	}
	f.current = pair
	f.log.Info("certificate", "path", f.cert, "until", pair.Leaf.NotAfter.UTC())
}
