package main

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"testing"
	"time"

	"sekisho/internal/cli"
)

func small() *release {
	return &release{
		version: "1.2.3", at: time.Unix(1_790_000_000, 0).UTC(),
		texts:  []file{{path: "README.md", mode: 0o644, data: []byte("read\nme\n")}, {path: "LICENSE", mode: 0o644, data: []byte("licence\n")}, {path: "docs/ftp.md", mode: 0o644, data: []byte("x\n")}},
		man:    []file{{path: "sekisho.1", mode: 0o644, data: []byte(".TH sekisho 1\n")}, {path: "portqry.1", link: "sekisho-query.1"}},
		shells: map[string][]byte{"bash": []byte("# bash\n"), "zsh": []byte("#compdef sekisho\n"), "fish": []byte("# fish\n")},
	}
}

// made is what one platform gets.
func made(t *testing.T, p platform) map[string][]byte {
	t.Helper()
	m := map[string][]byte{}
	if err := small().make(m, p, []byte("#!/bin/sh\necho hello\n")); err != nil {
		t.Fatal(err)
	}
	return m
}

func TestTheSameBytesAgain(t *testing.T) {
	names := 0
	for _, p := range platforms {
		first, second := made(t, p), made(t, p)
		for name, data := range first {
			names++
			if !bytes.Equal(data, second[name]) {
				t.Errorf("%s differs", name)
			}
		}
	}
	if want := 8 + 2 + 2; names != want {
		t.Errorf("%d files, want %d", names, want)
	}
}

// members are the files of a tar, with what is in them or where they point to.
func members(t *testing.T, r io.Reader) map[string]string {
	t.Helper()
	all := map[string]string{}
	for in := tar.NewReader(r); ; {
		h, err := in.Next()
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		if h.Uid != 0 || h.Gid != 0 || h.ModTime.Unix() != 1_790_000_000 {
			t.Errorf("%s is of %d:%d and of %s", h.Name, h.Uid, h.Gid, h.ModTime)
		}
		data, err := io.ReadAll(in)
		if err != nil {
			t.Fatal(err)
		}
		all[h.Name] = string(data) + h.Linkname
	}
}

func TestArchives(t *testing.T) {
	unix := made(t, platform{"freebsd", "amd64"})["sekisho-1.2.3-freebsd-amd64.tar.gz"]
	packed, err := gzip.NewReader(bytes.NewReader(unix))
	if err != nil {
		t.Fatal(err)
	}
	got := members(t, packed)
	for name, want := range map[string]string{
		"sekisho": "#!/bin/sh\necho hello\n", "portqry": "sekisho", "README.md": "read\nme\n", "docs/ftp.md": "x\n", "man/sekisho.1": ".TH sekisho 1\n",
		"man/portqry.1": "sekisho-query.1", "completions/_sekisho": "#compdef sekisho\n",
	} {
		if got["sekisho-1.2.3-freebsd-amd64/"+name] != want {
			t.Errorf("%s: %q", name, got["sekisho-1.2.3-freebsd-amd64/"+name])
		}
	}
	windows := made(t, platform{"windows", "arm64"})["sekisho-1.2.3-windows-arm64.zip"]
	archive, err := zip.NewReader(bytes.NewReader(windows), int64(len(windows)))
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"sekisho.exe": "#!/bin/sh\necho hello\n", "portqry.exe": "#!/bin/sh\necho hello\n", "README.md": "read\r\nme\r\n"} {
		text, err := fs.ReadFile(archive, "sekisho-1.2.3-windows-arm64/"+name)
		if err != nil || string(text) != want {
			t.Errorf("%s: %q, %v", name, text, err)
		}
	}
}

// TestImage holds that every name in the image is that of its bytes.
func TestImage(t *testing.T) {
	got := members(t, bytes.NewReader(made(t, platform{"linux", "arm64"})["sekisho-1.2.3-image-arm64.tar"]))
	for name, data := range got {
		if sum, ok := strings.CutPrefix(name, "blobs/sha256/"); ok && sum != "" && sum != fmt.Sprintf("%x", sha256.Sum256([]byte(data))) {
			t.Errorf("%s is something else", name)
		}
	}
	var index struct {
		Manifests []struct{ Digest string }
	}
	var manifest struct {
		Config struct{ Digest string }
		Layers []struct {
			Digest string
			Size   int
		}
	}
	var old []struct {
		Config string
		Layers []string
	}
	var config struct {
		Architecture string
		Rootfs       struct {
			DiffIDs []string `json:"diff_ids"`
		}
	}
	blob := func(digest string) []byte { return []byte(got["blobs/sha256/"+strings.TrimPrefix(digest, "sha256:")]) }
	err := errors.Join(json.Unmarshal([]byte(got["index.json"]), &index), json.Unmarshal([]byte(got["manifest.json"]), &old))
	if err != nil || len(index.Manifests) != 1 || len(old) != 1 {
		t.Fatalf("%v %+v %+v", err, index, old)
	}
	if err := json.Unmarshal(blob(index.Manifests[0].Digest), &manifest); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(blob(manifest.Config.Digest), &config); err != nil || config.Architecture != "arm64" || len(manifest.Layers) != 1 {
		t.Fatalf("%v %+v", err, config)
	}
	layer := blob(manifest.Layers[0].Digest)
	if len(layer) != manifest.Layers[0].Size || config.Rootfs.DiffIDs[0] != manifest.Layers[0].Digest || old[0].Layers[0] != "blobs/sha256/"+strings.TrimPrefix(manifest.Layers[0].Digest, "sha256:") ||
		old[0].Config != "blobs/sha256/"+strings.TrimPrefix(manifest.Config.Digest, "sha256:") {
		t.Errorf("%+v %+v %+v", manifest, config, old)
	}
	if inner := members(t, bytes.NewReader(layer)); inner["usr/bin/sekisho"] != "#!/bin/sh\necho hello\n" {
		t.Errorf("%v", inner)
	}
}

// TestManualPagesLeadToOthers: each command has a page, those below others too, and
// whatever page one names is there.
func TestManualPagesLeadToOthers(t *testing.T) {
	t.Chdir("..")
	t.Setenv("SEKISHO_LANG", "en")
	var r release
	err := r.document(func(args ...string) ([]byte, error) {
		var out, errs bytes.Buffer
		if code := cli.Main(append([]string{"sekisho"}, args...), strings.NewReader(""), &out, &errs); code != 0 {
			return nil, fmt.Errorf("exit code %d: %s", code, &errs)
		}
		return out.Bytes(), nil
	})
	if err != nil {
		t.Fatal(err)
	}
	there := map[string]bool{}
	for _, page := range r.man {
		if there[page.path] {
			t.Errorf("%s is there twice", page.path)
		}
		there[page.path] = true
	}
	for _, page := range r.man {
		for _, m := range below.FindAllSubmatch(page.data, -1) {
			if !there[string(m[1])+".1"] {
				t.Errorf("%s names %s, which is nowhere", page.path, m[1])
			}
		}
		if page.link != "" && !there[page.link] {
			t.Errorf("%s points to %s, which is nowhere", page.path, page.link)
		}
	}
	for _, name := range []string{"sekisho.1", "sekisho-check.1", "sekisho-serve-opt-out.1", "sekisho-test-ftp.1", "sekisho-connect-mail.1", "sekisho-firewall-open.1", "sekisho-completion.1", "portqry.1"} {
		if !there[name] {
			t.Errorf("there is no %s", name)
		}
	}
}
