package main

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"maps"
	"time"
)

// image is an image for containers with nothing in it but the program, in the
// layout of OCI and with the manifest that docker load has read since before that.
func (r *release) image(p platform, binary []byte) ([]byte, error) {
	layer, err := r.tarred([]file{
		{path: "usr/bin/sekisho", mode: 0o755, data: binary},
		{path: "etc/passwd", mode: 0o644, data: []byte("root:x:0:0:root:/var/lib/sekisho:/sbin/nologin\nnobody:x:65534:65534:nobody:/nonexistent:/sbin/nologin\n")},
		{path: "etc/group", mode: 0o644, data: []byte("root:x:0:\nnogroup:x:65534:\n")},
		{path: "var/lib/sekisho/.keep", mode: 0o644},
		{path: "tmp/.keep", mode: 0o644},
	}, "")
	if err != nil {
		return nil, err
	}
	name := "sekisho:" + r.version
	blobs := map[string][]byte{}
	digest := func(data []byte) string {
		sum := fmt.Sprintf("%x", sha256.Sum256(data))
		blobs["blobs/sha256/"+sum] = data
		return sum
	}
	type dict = map[string]any
	encoded := func(v any) []byte {
		b, err2 := json.Marshal(v) // maps in the order of their keys
		if err2 != nil {
			err = err2
		}
		return b
	}
	layerSum := digest(layer)
	config := dict{
		"architecture": p.arch, "os": p.os, "created": r.at.Format(time.RFC3339),
		"config": dict{
			"Entrypoint": []string{"/usr/bin/sekisho"}, "Cmd": []string{"serve"}, "WorkingDir": "/var/lib/sekisho",
			"Env":          []string{"HOME=/var/lib/sekisho", "STATE_DIRECTORY=/var/lib/sekisho", "PATH=/usr/bin"},
			"ExposedPorts": dict{"8080/tcp": dict{}}, "Volumes": dict{"/var/lib/sekisho": dict{}}, "StopSignal": "SIGTERM",
			"Labels": dict{"org.opencontainers.image.title": "sekisho", "org.opencontainers.image.version": r.version},
		},
		"rootfs":  dict{"type": "layers", "diff_ids": []string{"sha256:" + layerSum}},
		"history": []dict{{"created": r.at.Format(time.RFC3339), "created_by": "./release"}},
	}
	described := func(kind string, data []byte) dict {
		return dict{"mediaType": "application/vnd.oci.image." + kind, "digest": "sha256:" + digest(data), "size": len(data)}
	}
	configText := encoded(config)
	manifest := encoded(dict{
		"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
		"config": described("config.v1+json", configText), "layers": []dict{described("layer.v1.tar", layer)},
	})
	entry := described("manifest.v1+json", manifest)
	entry["annotations"] = dict{"io.containerd.image.name": "docker.io/library/" + name, "org.opencontainers.image.ref.name": r.version}
	entry["platform"] = dict{"architecture": p.arch, "os": p.os}
	files := []file{
		{path: "oci-layout", mode: 0o644, data: []byte(`{"imageLayoutVersion":"1.0.0"}`)},
		{path: "index.json", mode: 0o644, data: encoded(dict{"schemaVersion": 2, "manifests": []dict{entry}})},
		{path: "manifest.json", mode: 0o644, data: encoded([]dict{{
			"Config": "blobs/sha256/" + digest(configText), "RepoTags": []string{name}, "Layers": []string{"blobs/sha256/" + layerSum},
		}})},
	}
	for path := range maps.Keys(blobs) {
		files = append(files, file{path: path, mode: 0o644, data: blobs[path]})
	}
	if err != nil {
		return nil, err
	}
	return r.tarred(files, "")
}
