//go:build linux

package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net/netip"
	"strconv"
	"strings"
)

// The parsers read what a scanner printed and return what it calls open. A
// line that should tell a port and does not is an error: a result that was
// misread must not pass for a clean one.

// parseSekisho reads -f jsonl.
func parseSekisho(r io.Reader) (spots, error) {
	open, ended := spots{}, false
	err := eachLine(r, func(line string) error {
		var record struct {
			Type, State string
			Address     netip.Addr
			Port        uint16
		}
		if err := json.Unmarshal([]byte(line), &record); err != nil {
			return err
		}
		switch record.Type {
		case "observation":
			if record.State == "open" {
				open[spot{record.Address, record.Port}] = true
			}
		case "summary":
			ended = true
		}
		return nil
	})
	if err == nil && !ended {
		err = fmt.Errorf("the summary is missing")
	}
	return open, err
}

// parseNmap reads -oG: "Host: 10.0.0.2 ()	Ports: 22/open/tcp//ssh///, …	Ignored State: …".
func parseNmap(r io.Reader) (spots, error) {
	open, ended := spots{}, false
	err := eachPort(r, &ended, func(addr netip.Addr, parts []string) error {
		if parts[1] != "open" {
			return nil
		}
		return add(open, addr, parts[0])
	})
	if err == nil && !ended {
		err = fmt.Errorf("the closing line is missing")
	}
	return open, err
}

// eachPort hands on the ports of nmap's -oG, each by its fields, and whether
// the closing line was there.
func eachPort(r io.Reader, ended *bool, port func(addr netip.Addr, parts []string) error) error {
	return eachLine(r, func(line string) error {
		if strings.HasPrefix(line, "# Nmap done") {
			*ended = true
		}
		host, ok := strings.CutPrefix(line, "Host: ")
		if !ok {
			return nil
		}
		name, _, _ := strings.Cut(host, " ")
		addr, err := netip.ParseAddr(name)
		if err != nil {
			return err
		}
		for field := range strings.SplitSeq(host, "\t") {
			list, ok := strings.CutPrefix(field, "Ports: ")
			if !ok {
				continue
			}
			for entry := range strings.SplitSeq(list, ", ") {
				parts := strings.Split(entry, "/")
				if len(parts) < 3 {
					return fmt.Errorf("no port in %q", entry)
				}
				if err := port(addr, parts); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// parseMasscan reads -oL: "open tcp 22 10.0.0.2 1700000000". A scan that
// found nothing prints nothing.
func parseMasscan(r io.Reader) (spots, error) {
	open := spots{}
	err := eachLine(r, func(line string) error {
		if strings.HasPrefix(line, "#") {
			return nil
		}
		fields := strings.Fields(line)
		if len(fields) != 5 {
			return fmt.Errorf("%d fields in %q", len(fields), line)
		}
		addr, err := netip.ParseAddr(fields[3])
		if err != nil {
			return err
		}
		if fields[0] != "open" {
			return nil
		}
		return add(open, addr, fields[2])
	})
	return open, err
}

// parseReport reads what check -f json says of each open port: product and
// version of what answers there.
func parseReport(r io.Reader) (map[spot]string, error) {
	var report struct {
		Hosts []struct {
			Ports []struct {
				Port         uint16
				Observations []struct {
					Address netip.Addr
					State   string
				}
				Services []struct {
					Address          netip.Addr
					Product, Version string
				}
			}
		}
	}
	if err := json.NewDecoder(r).Decode(&report); err != nil {
		return nil, err
	}
	said := map[spot]string{}
	for _, h := range report.Hosts {
		for _, p := range h.Ports {
			for _, o := range p.Observations {
				if o.State == "open" {
					said[spot{o.Address, p.Port}] = ""
				}
			}
			for _, s := range p.Services {
				said[spot{s.Address, p.Port}] = s.Product + " " + s.Version
			}
		}
	}
	return said, nil
}

// parseVersions reads nmap's -oG with -sV, where the seventh field of a port is
// product and version.
func parseVersions(r io.Reader) (map[spot]string, error) {
	said, ended := map[spot]string{}, false
	err := eachPort(r, &ended, func(addr netip.Addr, parts []string) error {
		if parts[1] != "open" {
			return nil
		}
		open := spots{}
		if err := add(open, addr, parts[0]); err != nil {
			return err
		}
		for at := range open {
			said[at] = ""
			if len(parts) > 6 {
				said[at] = parts[6]
			}
		}
		return nil
	})
	if err == nil && !ended {
		err = fmt.Errorf("the closing line is missing")
	}
	return said, err
}

func add(open spots, addr netip.Addr, port string) error {
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		return err
	}
	open[spot{addr, uint16(n)}] = true
	return nil
}

func eachLine(r io.Reader, line func(string) error) error {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 64<<20) // nmap prints all ports of a host in one line
	for lines.Scan() {
		if text := strings.TrimSpace(lines.Text()); text != "" {
			if err := line(text); err != nil {
				return err
			}
		}
	}
	return lines.Err()
}
