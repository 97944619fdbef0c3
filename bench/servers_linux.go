package main

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// server is a real server of the target and what an answer must name of it.
type server struct {
	port    uint16
	product string // in small letters, a part of what every scanner calls it
	pkg     string // whose version it tells; empty when it tells none
}

// servers are the nine of row I9, as Debian has them, all of which nmap names:
// on those that it does not, such as Debian's telnetd, it spends up to 45
// seconds more.
var servers = []server{
	{21, "vsftpd", "vsftpd"},
	{22, "openssh", "openssh-server"},
	{25, "postfix", ""},
	{53, "bind", "bind9"},
	{80, "nginx", "nginx-light"},
	{110, "dovecot", ""},
	{143, "dovecot", ""},
	{443, "nginx", "nginx-light"},
	{587, "postfix", ""},
}

// startServers is a script that starts them, in a mount and PID namespace of
// their own which ends with it. Its argument is a folder for what they need.
const startServers = `
set -e
cd "$1"
mount --make-rprivate /
mount -t tmpfs tmpfs /run
mount -t tmpfs tmpfs /var/spool/postfix
mount -t tmpfs tmpfs /var/lib/postfix
mount -t tmpfs tmpfs /var/cache/bind
mkdir -p /run/sshd /run/vsftpd/empty /run/named www
chown bind:bind /run/named /var/cache/bind
chown postfix:postfix /var/lib/postfix
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=home.example -days 90 -keyout key.pem -out cert.pem 2>/dev/null
echo '<!doctype html><title>Bench</title>' >www/index.html

printf '%s\n' listen=NO listen_ipv6=YES background=NO anonymous_enable=NO local_enable=YES secure_chroot_dir=/run/vsftpd/empty >vsftpd.conf
vsftpd "$PWD/vsftpd.conf" 0>&2 &
for kind in ed25519 ecdsa rsa; do ssh-keygen -q -N '' -t $kind -f host_$kind; done
printf 'HostKey %s\n' "$PWD/host_ed25519" "$PWD/host_ecdsa" "$PWD/host_rsa" >sshd_config
printf 'PidFile none\nUseDNS no\n' >>sshd_config
/usr/sbin/sshd -D -e -f "$PWD/sshd_config" &

printf 'options { directory "/var/cache/bind"; pid-file none; dnssec-validation no; listen-on { any; }; listen-on-v6 { any; }; recursion no; };\ncontrols { };\n' >named.conf
named -g -u bind -n 1 -c "$PWD/named.conf" &
cat >nginx.conf <<END
daemon off; error_log stderr; pid $PWD/nginx.pid; user www-data; worker_processes 1;
events {}
http {
	access_log off;
	server {
		listen 0.0.0.0:80; listen [::]:80; listen 0.0.0.0:443 ssl http2; listen [::]:443 ssl http2;
		ssl_certificate $PWD/cert.pem; ssl_certificate_key $PWD/key.pem; root $PWD/www;
	}
}
END
nginx -c "$PWD/nginx.conf" -e stderr &
echo 'bench:{PLAIN}bench:8:8::/nonexistent' >users
cat >dovecot.conf <<END
protocols = imap pop3
base_dir = /run/dovecot
log_path = /dev/stderr
ssl = yes
ssl_cert = <$PWD/cert.pem
ssl_key = <$PWD/key.pem
mail_location = maildir:~/Maildir
first_valid_uid = 8
passdb {
  driver = passwd-file
  args = $PWD/users
}
userdb {
  driver = passwd-file
  args = $PWD/users
}
END
dovecot -F -c "$PWD/dovecot.conf" &

cp -a /etc/postfix postfix
cat >postfix/main.cf <<END
compatibility_level = 3.6
myhostname = home.example
mydestination = home.example
mynetworks = 127.0.0.0/8
inet_interfaces = all
local_recipient_maps =
alias_maps =
disable_dns_lookups = yes
maillog_file = /dev/stdout
smtpd_tls_cert_file = $PWD/cert.pem
smtpd_tls_key_file = $PWD/key.pem
smtpd_tls_security_level = may
END
cat >postfix/master.cf <<END
smtp inet n - n - - smtpd
submission inet n - n - - smtpd
cleanup unix n - n - 0 cleanup
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
proxymap unix - - n - - proxymap
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
END
touch --date=@0 postfix/main.cf postfix/master.cf
mount --bind postfix /etc/postfix
postfix start-fg &
wait
`

// serving starts the servers on the target and waits until all take
// connections.
func (s *scenery) serving(h *host, dir string) error {
	place := filepath.Join(dir, "servers")
	cmd := exec.Command("unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc",
		"sh", "-c", "mkdir -p \"$1\" && "+strings.TrimSpace(startServers), "sh", place)
	var said strings.Builder
	cmd.Stdout, cmd.Stderr = &said, &said
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	// The thread that starts it must outlive it, for its death ends it.
	started := make(chan error, 1)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		err := h.do(func() error {
			err := cmd.Start()
			started <- err
			if err == nil {
				_ = cmd.Wait() // it is killed at the end
			}
			return err
		})
		if err != nil && cmd.Process == nil {
			select {
			case started <- err:
			default:
			}
		}
	}()
	if err := <-started; err != nil {
		return err
	}
	s.sockets = append(s.sockets, stopper(func() { cmd.Process.Kill(); <-ended }))
	deadline := time.Now().Add(time.Minute)
	for _, one := range servers {
		if err := h.do(func() error { return await(one.port, deadline, ended) }); err != nil {
			cmd.Process.Kill()
			<-ended
			return fmt.Errorf("port %d: %w\n%s", one.port, err, said.String())
		}
	}
	return nil
}

// await waits until somebody takes connections at a port.
func await(port uint16, deadline time.Time, ended <-chan struct{}) error {
	for {
		c, err := net.DialTimeout("tcp", netip.AddrPortFrom(netip.IPv6Loopback(), port).String(), time.Second)
		if err == nil {
			return c.Close()
		}
		select {
		case <-ended:
			return errors.New("the servers ended")
		case <-time.After(50 * time.Millisecond):
		}
		if time.Now().After(deadline) {
			return err
		}
	}
}

type stopper func()

// Close stops.
func (s stopper) Close() error { s(); return nil }

// versionOf is the version of a Debian package as its program tells it: without
// the epoch and what Debian added.
func versionOf(pkg string) (string, error) {
	out, err := exec.Command("dpkg-query", "-W", "-f=${Version}", pkg).Output()
	if err != nil {
		return "", fmt.Errorf("package %s: %w", pkg, err)
	}
	version := string(out)
	if _, plain, epoch := strings.Cut(version, ":"); epoch {
		version = plain
	}
	version, _, _ = strings.Cut(version, "-")
	return version, nil
}

// named are the ports of the servers at an address of which what was said names
// product and version.
func named(said map[spot]string) (spots, error) {
	right := spots{}
	for at, text := range said {
		for _, one := range servers {
			if one.port != at.port {
				continue
			}
			version := ""
			if one.pkg != "" {
				var err error
				if version, err = versionOf(one.pkg); err != nil {
					return nil, err
				}
			}
			text := strings.ToLower(text)
			if strings.Contains(text, one.product) && strings.Contains(text, version) {
				right[at] = true
			}
		}
	}
	return right, nil
}
