package main

import (
	"bytes"
	"crypto/md5" //nolint:gosec // the format has no other
	"fmt"
	"os"
	"strings"
)

// maintainer answers for the Debian packages: who makes them says so in DEBEMAIL, as
// Debian's own tools have it.
func maintainer() string {
	if who := os.Getenv("DEBEMAIL"); who != "" {
		return who
	}
	return "sekisho authors <sekisho@example.org>"
}

// control is the head of a package (deb-control(5)).
const control = `Package: sekisho
Version: %s-1
Architecture: %s
Maintainer: %s
Installed-Size: %d
Section: net
Priority: optional
Description: tells which ports of a machine the world can reach
 sekisho tells the owner of a machine which of its ports others can reach,
 what answers there, whether that is what was meant, and, where it is not,
 at which point of the way it is cut or left open and what to type to mend it.
 .
 It speaks English and Japanese, also answers as portqry, and can serve as a
 vantage from which others look at themselves (sekisho serve).
`

// overrides are what lintian is to know: Go links statically.
const overrides = `# Go links everything into one program.
sekisho: statically-linked-binary
sekisho: hardening-no-pie
# It is in no archive of Debian yet.
sekisho: initial-upload-closes-no-bugs *
`

// deb is a Debian package (deb(5)).
func (r *release) deb(arch string, binary []byte) ([]byte, error) {
	files := []file{{path: "usr/bin/sekisho", mode: 0o755, data: binary}, {path: "usr/bin/portqry", link: "sekisho"}}
	add := func(path string, data []byte) { files = append(files, file{path: path, mode: 0o644, data: data}) }
	for _, page := range r.man {
		if page.link != "" {
			files = append(files, file{path: "usr/share/man/man1/" + page.path + ".gz", link: page.link + ".gz"})
			continue
		}
		packed, err := gzipped(page.data)
		if err != nil {
			return nil, err
		}
		add("usr/share/man/man1/"+page.path+".gz", packed)
	}
	add("usr/share/bash-completion/completions/sekisho", r.shells["bash"])
	add("usr/share/zsh/vendor-completions/_sekisho", r.shells["zsh"])
	add("usr/share/fish/vendor_completions.d/sekisho.fish", r.shells["fish"])
	add("usr/share/lintian/overrides/sekisho", []byte(overrides))
	for _, t := range r.texts {
		name := strings.TrimPrefix(t.path, "docs/")
		switch name {
		case "LICENSE":
			add("usr/share/doc/sekisho/copyright", copyright())
		case "CHANGELOG.md":
			packed, err := gzipped(t.data)
			if err != nil {
				return nil, err
			}
			add("usr/share/doc/sekisho/changelog.gz", packed)
		default:
			add("usr/share/doc/sekisho/"+name, t.data)
		}
	}
	changes, err := gzipped(fmt.Appendf(nil, "sekisho (%s-1) unstable; urgency=medium\n\n  * Release %s, see changelog.gz.\n\n -- %s  %s\n",
		r.version, r.version, maintainer(), r.at.Format("Mon, 02 Jan 2006 15:04:05 -0700")))
	if err != nil {
		return nil, err
	}
	add("usr/share/doc/sekisho/changelog.Debian.gz", changes)
	var sums bytes.Buffer
	size := 0
	for _, f := range files {
		if f.link == "" {
			fmt.Fprintf(&sums, "%x  %s\n", md5.Sum(f.data), f.path) //nolint:gosec // as above
		}
		size += len(f.data)
	}
	const kibi = 1024
	inner, err := r.packed([]file{
		{path: "control", mode: 0o644, data: fmt.Appendf(nil, control, r.version, arch, maintainer(), size/kibi+1)}, {path: "md5sums", mode: 0o644, data: sums.Bytes()},
	})
	if err != nil {
		return nil, err
	}
	data, err := r.packed(files)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	out.WriteString("!<arch>\n")
	for _, member := range []file{{path: "debian-binary", data: []byte("2.0\n")}, {path: "control.tar.gz", data: inner}, {path: "data.tar.gz", data: data}} {
		fmt.Fprintf(&out, "%-16s%-12d%-6d%-6d%-8s%-10d`\n", member.path, r.at.Unix(), 0, 0, "100644", len(member.data))
		out.Write(member.data)
		if len(member.data)%2 == 1 {
			out.WriteByte('\n')
		}
	}
	return out.Bytes(), nil
}

func (r *release) packed(files []file) ([]byte, error) {
	t, err := r.tarred(files, "./")
	if err != nil {
		return nil, err
	}
	return gzipped(t)
}

// copyright says under what the program stands, and the modules that are linked in.
func copyright() []byte {
	var out bytes.Buffer
	out.WriteString("Copyright: 2026 the authors of sekisho\n\nLicence: Apache-2.0\n On Debian systems its text is in /usr/share/common-licenses/Apache-2.0.\n\n" +
		"The modules that it is linked with, by their authors, stand under the MIT, BSD,\nApache-2.0, ISC and zlib licences:\n\n")
	if text, err := os.ReadFile("go.mod"); err == nil {
		for line := range strings.Lines(string(text)) {
			fields := strings.Fields(strings.TrimPrefix(strings.TrimSpace(line), "require "))
			if len(fields) >= 2 && strings.HasPrefix(fields[1], "v") && strings.Contains(fields[0], "/") {
				fmt.Fprintf(&out, " %s %s\n", fields[0], fields[1])
			}
		}
	}
	return out.Bytes()
}
