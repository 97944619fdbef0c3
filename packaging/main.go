// Package main makes what people download: an archive for each platform, packages
// for Debian, images for containers, and their checksums. The same source and
// toolchain make the same bytes; nothing but Go is needed.
package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// platform is what one build is for.
type platform struct{ os, arch string }

// platforms are those that a release is made for.
var platforms = []platform{
	{"linux", "amd64"},
	{"linux", "arm64"},
	{"darwin", "amd64"},
	{"darwin", "arm64"},
	{"windows", "amd64"},
	{"windows", "arm64"},
	{"freebsd", "amd64"},
	{"freebsd", "arm64"},
}

func (p platform) String() string { return p.os + "/" + p.arch }

// file is one file of an archive.
type file struct {
	path string // below the root of the archive, with slashes
	mode int64  // permissions
	data []byte
	link string // where a symbolic link points to; empty for a file
}

// release is what all of its parts share.
type release struct {
	version string
	at      time.Time // of every file
	texts   []file    // read-me, licence and documents
	man     []file    // manual pages, uncompressed
	shells  map[string][]byte
}

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "release:", err)
		os.Exit(1)
	}
}

// run makes the release of the platforms that are named, all without any, in dist.
func run(names []string) error {
	wanted := slices.DeleteFunc(slices.Clone(platforms), func(p platform) bool { return len(names) > 0 && !slices.Contains(names, p.String()) })
	if len(wanted) < len(names) || len(wanted) == 0 {
		return fmt.Errorf("%q: the platforms are %v", names, platforms)
	}
	work, err := os.MkdirTemp("", "sekisho-release-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	r, err := prepare(work)
	if err != nil {
		return err
	}
	if err := os.RemoveAll("dist"); err != nil {
		return err
	}
	if err := os.Mkdir("dist", 0o755); err != nil {
		return err
	}
	made := map[string][]byte{}
	for _, p := range wanted {
		fmt.Println(p)
		program := filepath.Join(work, "program")
		if err := build(program, p); err != nil {
			return err
		}
		binary, err := os.ReadFile(program)
		if err != nil {
			return err
		}
		if err := r.make(made, p, binary); err != nil {
			return err
		}
	}
	return write(made)
}

// write puts what was made into dist, with the checksums of all.
func write(made map[string][]byte) error {
	var names []string
	for name := range made {
		names = append(names, name)
	}
	slices.Sort(names)
	var sums bytes.Buffer
	for _, name := range names {
		if err := os.WriteFile(filepath.Join("dist", name), made[name], 0o644); err != nil {
			return err
		}
		fmt.Fprintf(&sums, "%x  %s\n", sha256.Sum256(made[name]), name)
	}
	return os.WriteFile(filepath.Join("dist", "SHA256SUMS"), sums.Bytes(), 0o644)
}

// make adds what a platform gets.
func (r *release) make(made map[string][]byte, p platform, binary []byte) error {
	name := fmt.Sprintf("sekisho-%s-%s-%s", r.version, p.os, p.arch)
	var err error
	if p.os == "windows" {
		made[name+".zip"], err = r.zipped(name, append([]file{
			{path: "sekisho.exe", mode: 0o755, data: binary}, {path: "portqry.exe", mode: 0o755, data: binary},
		}, r.texts...))
		return err
	}
	files := append([]file{{path: "sekisho", mode: 0o755, data: binary}, {path: "portqry", link: "sekisho"}}, r.texts...)
	for _, page := range r.man {
		files = append(files, file{path: "man/" + page.path, mode: page.mode, data: page.data, link: page.link})
	}
	for shell, name := range map[string]string{"bash": "sekisho.bash", "zsh": "_sekisho", "fish": "sekisho.fish"} {
		files = append(files, file{path: "completions/" + name, mode: 0o644, data: r.shells[shell]})
	}
	if made[name+".tar.gz"], err = r.tarGz(under(name+"/", files)); err != nil || p.os != "linux" {
		return err
	}
	if made[fmt.Sprintf("sekisho_%s-1_%s.deb", r.version, p.arch)], err = r.deb(p.arch, binary); err != nil { // Debian calls both by the same name
		return err
	}
	made[fmt.Sprintf("sekisho-%s-image-%s.tar", r.version, p.arch)], err = r.image(p, binary)
	return err
}

// under moves files below a folder.
func under(folder string, files []file) []file {
	moved := slices.Clone(files)
	for i := range moved {
		moved[i].path = folder + moved[i].path
	}
	return moved
}

// build compiles the program.
func build(program string, p platform) error {
	cmd := exec.Command("go", "build", "-trimpath", "-buildvcs=false", "-ldflags=-s -w -buildid=", "-o", program, "./cmd/sekisho")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS="+p.os, "GOARCH="+p.arch, "GOFLAGS=")
	cmd.Stderr = os.Stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("build for %s: %w", p, err)
	}
	return nil
}

// prepare gathers what is the same for all platforms, with a program for this one.
func prepare(work string) (*release, error) {
	r := &release{at: sourceTime(), shells: map[string][]byte{}}
	host := filepath.Join(work, "host")
	cmd := exec.Command("go", "build", "-trimpath", "-buildvcs=false", "-ldflags=-s -w -buildid=", "-o", host, "./cmd/sekisho")
	cmd.Env, cmd.Stderr = append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS="), os.Stderr
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("build for this machine: %w", err)
	}
	ask := func(args ...string) ([]byte, error) {
		cmd := exec.Command(host, args...)
		cmd.Env = []string{"HOME=" + work, "SEKISHO_LANG=en", "SOURCE_DATE_EPOCH=" + strconv.FormatInt(r.at.Unix(), 10)}
		return cmd.Output()
	}
	said, err := ask("version", "-f", "json")
	if err != nil {
		return nil, err
	}
	var told struct{ Version string }
	if err := json.Unmarshal(said, &told); err != nil || told.Version == "" {
		return nil, errors.Join(errors.New("the program tells no version"), err)
	}
	r.version = told.Version
	if err := r.document(ask); err != nil {
		return nil, err
	}
	for _, shell := range []string{"bash", "zsh", "fish"} {
		if r.shells[shell], err = ask("completion", shell); err != nil {
			return nil, err
		}
	}
	return r, nil
}

// document gathers the texts and the manual pages.
func (r *release) document(ask func(...string) ([]byte, error)) error {
	paths, err := filepath.Glob("docs/*.md")
	if err != nil {
		return err
	}
	for _, path := range append([]string{"README.md", "README.ja.md", "LICENSE", "CHANGELOG.md", "SECURITY.md"}, paths...) {
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		r.texts = append(r.texts, file{path: filepath.ToSlash(path), mode: 0o644, data: text})
	}
	if err := r.manual(ask); err != nil {
		return err
	}
	r.man = append(r.man, file{path: "portqry.1", link: "sekisho-query.1"})
	return nil
}

// below finds the pages of a command's own commands in what it names at its end.
var below = regexp.MustCompile(`\\fB(sekisho[a-z0-9-]*)\(1\)`)

// manual adds the page of a command, of the program itself without any words, and
// those of the commands below it: every page that one names is there.
func (r *release) manual(ask func(...string) ([]byte, error), words ...string) error {
	page, err := ask(append([]string{"man"}, words...)...)
	if err != nil {
		return fmt.Errorf("man %q: %w", words, err)
	}
	name := strings.Join(append([]string{"sekisho"}, words...), "-")
	r.man = append(r.man, file{path: name + ".1", mode: 0o644, data: page})
	for _, m := range below.FindAllSubmatch(page, -1) {
		if command, is := strings.CutPrefix(string(m[1]), name+"-"); is {
			if err := r.manual(ask, append(slices.Clone(words), command)...); err != nil {
				return err
			}
		}
	}
	return nil
}

// sourceTime is when the source was last changed: what SOURCE_DATE_EPOCH says, else
// the last commit, else a day that is always the same.
func sourceTime() time.Time {
	word := os.Getenv("SOURCE_DATE_EPOCH")
	if word == "" {
		if out, err := exec.Command("git", "log", "-1", "--format=%ct").Output(); err == nil {
			word = strings.TrimSpace(string(out))
		}
	}
	seconds, err := strconv.ParseInt(word, 10, 64)
	if err != nil {
		return time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	return time.Unix(seconds, 0).UTC()
}
