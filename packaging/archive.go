package main

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"path"
	"slices"
	"strings"
)

// tarred writes files, and the folders that they are in, in the order of their
// names, all of one time and of root.
func (r *release) tarred(files []file, dot string) ([]byte, error) {
	all := map[string]file{}
	for _, f := range files {
		all[f.path] = f
		for dir := path.Dir(f.path); dir != "."; dir = path.Dir(dir) {
			if _, there := all[dir+"/"]; !there {
				all[dir+"/"] = file{path: dir + "/", mode: 0o755}
			}
		}
	}
	var names []string
	for name := range all {
		names = append(names, name)
	}
	slices.Sort(names)
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	if dot != "" { // Debian's begin with the root itself
		if err := w.WriteHeader(&tar.Header{Typeflag: tar.TypeDir, Name: dot, Mode: 0o755, ModTime: r.at, Format: tar.FormatUSTAR}); err != nil {
			return nil, err
		}
	}
	for _, name := range names {
		f := all[name]
		h := &tar.Header{Typeflag: tar.TypeReg, Name: dot + f.path, Mode: f.mode, Size: int64(len(f.data)), ModTime: r.at, Format: tar.FormatUSTAR}
		switch {
		case strings.HasSuffix(name, "/"):
			h.Typeflag, h.Size = tar.TypeDir, 0
		case f.link != "":
			h.Typeflag, h.Linkname, h.Mode = tar.TypeSymlink, f.link, 0o777
		}
		if err := w.WriteHeader(h); err != nil {
			return nil, err
		}
		if _, err := w.Write(f.data); err != nil {
			return nil, err
		}
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// gzipped compresses, without a name and a time.
func gzipped(data []byte) ([]byte, error) {
	var out bytes.Buffer
	w, err := gzip.NewWriterLevel(&out, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(data); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

func (r *release) tarGz(files []file) ([]byte, error) {
	t, err := r.tarred(files, "")
	if err != nil {
		return nil, err
	}
	return gzipped(t)
}

// zipped is an archive for Windows.
func (r *release) zipped(folder string, files []file) ([]byte, error) {
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, f := range files {
		h := &zip.FileHeader{Name: folder + "/" + f.path, Method: zip.Deflate, Modified: r.at}
		entry, err := w.CreateHeader(h)
		if err != nil {
			return nil, err
		}
		data := f.data
		if !strings.HasSuffix(f.path, ".exe") {
			data = bytes.ReplaceAll(data, []byte("\n"), []byte("\r\n")) // for the editor that everybody has there
		}
		if _, err := entry.Write(data); err != nil {
			return nil, err
		}
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}
