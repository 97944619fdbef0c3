package probe

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"sekisho/internal/exposure"
	"sekisho/internal/untrusted"
	ftpwire "sekisho/internal/wire/ftp"
)

// mode lists, downloads and, when it was asked to, uploads and deletes in one
// mode, each with a data connection of its own.
func (p *ftpTrial) mode(ctx context.Context, m ftpMode) {
	id := "ftp-" + m.name
	if why := p.cannot(ctx, m); why != "" {
		p.t.Step(exposure.Step{ID: id + "-list", Result: exposure.StepSkipped, Why: why})
		return
	}
	entries, ok := p.list(ctx, m, id+"-list")
	if !ok {
		p.skip(id, "ftp-no-data")
		return
	}
	name := p.file
	if name == "" {
		smallest, _ := ftpwire.Smallest(entries)
		name = smallest.Name
	}
	if name == "" {
		p.t.Step(exposure.Step{ID: id + "-get", Result: exposure.StepSkipped, Why: "ftp-no-file"})
	} else {
		p.download(ctx, m, id+"-get", name)
	}
	if p.write {
		p.upload(ctx, m, id, entries)
	}
	p.s.Learn(p.f.svc)
}

// skip says of the transfers of a mode that they were not tried.
func (p *ftpTrial) skip(id, why string) {
	p.t.Step(exposure.Step{ID: id + "-get", Result: exposure.StepSkipped, Why: why})
	if p.write {
		p.t.Step(exposure.Step{ID: id + "-put", Result: exposure.StepSkipped, Why: why})
	}
}

// cannot says why a mode is not tried; empty when it is.
func (p *ftpTrial) cannot(ctx context.Context, m ftpMode) string {
	end, bounded := ctx.Deadline()
	switch {
	case p.f.svc.Facts["logged_in"] != true:
		return "ftp-no-login"
	case !m.extended && p.s.peer.at.Addr().Unmap().Is6():
		return "ftp-only-ipv4"
	case m.active && p.s.peer.listen == nil:
		return "ftp-no-way-back"
	case bounded && time.Until(end) < 2*p.wait:
		return "ftp-time-over"
	}
	return ""
}

// list asks for the files. It reports false when no data came.
func (p *ftpTrial) list(ctx context.Context, m ftpMode, id string) ([]ftpwire.Entry, bool) {
	c, err := p.ready(ctx)
	if err != nil {
		p.t.Step(exposure.Step{ID: id, Result: exposure.StepFailed, Why: "ftp-no-control", Detail: err.Error()})
		return nil, false
	}
	p.flow(exposure.FlowControl, c.local, c.remote, "USER")
	move := &ftpMove{mode: m, command: p.listing(), keep: true}
	p.transfer(ctx, c, move)
	step := move.step(id)
	entries := ftpEntries(move.content, move.command)
	if move.err == nil {
		step.Facts["entries"] = len(entries)
		p.flowData(m, move)
		p.flow(exposure.FlowListing, move.remote, move.local, move.command)
	}
	p.note(ctx, move)
	p.t.Step(step)
	return entries, move.err == nil || move.no
}

// listing is the command that lists with sizes: by the book where the server
// has it (RFC 3659 section 7), else as people read it.
func (p *ftpTrial) listing() string {
	for _, feature := range p.f.svc.Facts.Texts("features") {
		if strings.HasPrefix(strings.ToUpper(feature.Raw()), "MLST") {
			return "MLSD"
		}
	}
	return "LIST"
}

// ftpMostEntries bounds what is read of a list: its bytes are bounded too.
const ftpMostEntries = 4096

func ftpEntries(list []byte, command string) []ftpwire.Entry {
	parse := ftpwire.ParseLine
	if command == "MLSD" {
		parse = ftpwire.ParseFacts
	}
	var entries []ftpwire.Entry
	for line := range strings.Lines(string(list)) {
		if e, ok := parse(line); ok && len(entries) < ftpMostEntries {
			entries = append(entries, e)
		}
	}
	return entries
}

// download fetches one file, or its beginning, and keeps nothing of it.
func (p *ftpTrial) download(ctx context.Context, m ftpMode, id, name string) {
	c, err := p.ready(ctx)
	if err != nil {
		p.t.Step(exposure.Step{ID: id, Result: exposure.StepFailed, Why: "ftp-no-control", Detail: err.Error()})
		return
	}
	move := &ftpMove{mode: m, command: "RETR " + name}
	p.flow(exposure.FlowRequest, c.local, c.remote, "RETR")
	p.transfer(ctx, c, move)
	if move.err == nil {
		p.flow(exposure.FlowTransfer, move.remote, move.local, "RETR")
	}
	p.note(ctx, move)
	p.t.Step(escaped(move.step(id)))
}

// escaped is a step whose question holds a name that the server told.
func escaped(s exposure.Step) exposure.Step {
	s.Asked = untrusted.New(s.Asked, maxFact).Terminal()
	return s
}

// ftpUpload is what an upload leaves on the server until it is deleted.
const ftpUpload = "This file was made by a test of the FTP server, which deletes it again.\r\n"

// ftpMostFolders bounds the folders that an upload is tried in.
const ftpMostFolders = 4

// upload stores a file and deletes it again. Servers let nobody write where one
// is after the login, and have a folder for what comes in: so those that were
// listed are tried after it, until one takes the file.
func (p *ftpTrial) upload(ctx context.Context, m ftpMode, id string, entries []ftpwire.Entry) {
	folders := []string{p.folder}
	if p.folder == "" {
		for _, f := range ftpwire.Folders(entries)[:min(ftpMostFolders, len(ftpwire.Folders(entries)))] {
			folders = append(folders, f+"/")
		}
	}
	for _, f := range folders {
		if p.put(ctx, m, id, f, entries) {
			p.folder = f
			return
		}
	}
}

// put stores one file under a name that nobody has and deletes it, whatever
// became of the upload: the server may have kept a part. It reports false when
// the server refused and another folder may do.
func (p *ftpTrial) put(ctx context.Context, m ftpMode, id, folder string, entries []ftpwire.Entry) bool {
	name := fmt.Sprintf("sekisho-test-%08x-%s.txt", uint32(p.s.peer.nonce()), m.name)
	step := exposure.Step{ID: id + "-put", Result: exposure.StepSkipped}
	c, err := p.ready(ctx)
	end, bounded := ctx.Deadline()
	switch {
	case err != nil:
		step.Result, step.Why, step.Detail = exposure.StepFailed, "ftp-no-control", err.Error()
	case bounded && time.Until(end) < 4*p.wait:
		step.Why = "ftp-time-over" // none would be left to delete it
	case len(p.f.svc.Facts.Texts("upload_left")) > 0:
		step.Why = "ftp-cannot-delete" // one file is enough
	case slices.ContainsFunc(entries, func(e ftpwire.Entry) bool { return e.Name == name }):
		step.Why = "ftp-name-taken"
	}
	if err != nil || step.Why != "" {
		p.t.Step(step)
		return true
	}
	name = folder + name
	move := &ftpMove{mode: m, command: "STOR " + name, upload: strings.NewReader(ftpUpload)}
	p.transfer(ctx, c, move)
	if move.err == nil {
		p.flow(exposure.FlowRequest, c.local, c.remote, "STOR")
		p.flow(exposure.FlowTransfer, move.local, move.remote, "STOR")
	}
	fact := "user_write"
	if p.anonymous {
		fact = "anonymous_write"
	}
	if wrote, _ := p.f.svc.Facts.Bool(fact); !wrote {
		p.f.svc.Facts[fact] = move.err == nil
	}
	p.note(ctx, move)
	p.t.Step(escaped(move.step(id + "-put")))
	if move.sent && !move.no {
		p.delete(ctx, id+"-delete", name, move.began)
	}
	return !move.no
}

// delete removes what was uploaded, on a new control connection when the one in
// use has broken. What it cannot remove, the owner must know.
func (p *ftpTrial) delete(ctx context.Context, id, name string, stored bool) {
	step := exposure.Step{ID: id, Asked: "DELE " + name, Result: exposure.StepOK}
	answer, err := p.remove(ctx, &step, name)
	if err != nil {
		p.drop()
		answer, err = p.remove(ctx, &step, name)
	}
	step.Said = answer.banner()
	switch {
	case err != nil:
		step.Result, step.Detail = exposure.StepFailed, ftpDetail(err)
		p.drop()
	case answer.code/100 != 2:
		step.Result = exposure.StepRefused
	}
	if stored && step.Result != exposure.StepOK {
		left := p.f.svc.Facts.Texts("upload_left")
		p.f.svc.Facts["upload_left"] = append(slices.Clone(left), untrusted.New(name, maxFact))
	}
	p.t.Step(escaped(step))
}

func (p *ftpTrial) remove(ctx context.Context, step *exposure.Step, name string) (reply, error) {
	c, err := p.ready(ctx)
	if err != nil {
		return reply{}, err
	}
	step.Local, step.Remote = c.local, c.remote
	return p.request(c, "DELE "+name)
}

func (p *ftpTrial) flow(row exposure.FlowRow, from, to netip.AddrPort, what string) {
	if from.IsValid() && to.IsValid() {
		p.t.Flow(exposure.Flow{Row: row, From: from, To: to, What: what})
	}
}

// flowData says who opened the data connection.
func (p *ftpTrial) flowData(m ftpMode, move *ftpMove) {
	if m.active {
		p.flow(exposure.FlowData, move.remote, move.local, m.command)
		return
	}
	p.flow(exposure.FlowData, move.local, move.remote, m.command)
}

// note writes into the facts what a move showed. The first trouble of a mode is
// what it is called by.
func (p *ftpTrial) note(ctx context.Context, move *ftpMove) {
	facts := p.f.svc.Facts
	if move.fate == "" {
		return
	}
	if before := facts.Text(move.mode.name).Raw(); before == "" || before == ftpWorks {
		ftpWord(facts, move.mode, move.fate)
	}
	if move.fate == ftpNoTLS {
		facts["tls_data_error"] = untrusted.New(move.err.Error(), maxErrorText)
	}
	if move.fate == ftpRefused {
		facts[move.mode.name+"_refusal"] = move.said.banner()
	}
	if move.told.Addr().IsValid() && facts.Text("passive_address").IsZero() {
		facts["passive_address"] = untrusted.New(move.told.Addr().String(), maxFact)
	}
	if told := move.told.Port(); told > 0 {
		facts["passive_ports"] = ftpAdded(facts.Texts("passive_ports"), told)
		if move.remote.IsValid() {
			facts["passive_ports_reached"] = ftpAdded(facts.Texts("passive_ports_reached"), told)
		}
	}
	if move.mode.active && move.remote.IsValid() {
		facts["active_source_ports"] = ftpAdded(facts.Texts("active_source_ports"), move.remote.Port())
	}
	if !move.mode.active && (move.fate == ftpSilent || move.fate == ftpRejected) {
		p.sample(ctx, move.mode)
	}
}

// ftpWord writes what became of a mode.
func ftpWord(facts exposure.Facts, m ftpMode, fate string) {
	word := untrusted.New(fate, maxFact)
	switch m.name {
	case "pasv":
		facts["pasv"] = word
	case "epsv":
		facts["epsv"] = word
	case "port":
		facts["port"] = word
	case "eprt":
		facts["eprt"] = word
	}
}

// ftpAdded is a list of ports with one more, unless that is there.
func ftpAdded(list []untrusted.Text, number uint16) []untrusted.Text {
	word := strconv.Itoa(int(number))
	if slices.ContainsFunc(list, func(t untrusted.Text) bool { return t.Raw() == word }) {
		return list
	}
	return append(slices.Clone(list), untrusted.New(word, maxFact))
}

// ftpSamples is how often a server whose data port was silent is asked for
// another one, to which nothing is sent: ports close to one another are of a
// range that somebody set.
const ftpSamples = 6

func (p *ftpTrial) sample(ctx context.Context, m ftpMode) {
	c, err := p.ready(ctx)
	for range ftpSamples {
		if err != nil || ctx.Err() != nil {
			break
		}
		var told netip.AddrPort
		if told, err = p.passive(c, &ftpMove{mode: m}); err == nil && told.Port() > 0 {
			facts := p.f.svc.Facts
			facts["passive_ports"] = ftpAdded(facts.Texts("passive_ports"), told.Port())
		}
	}
	if err != nil {
		p.drop()
	}
}

// compare lists once more without TLS where PASV failed inside it. Routers read
// the control connection, put their own address into it and open the port that
// it names; they can read it only in the clear. Nobody's password crosses the
// network for that: only anonymous users log in.
func (p *ftpTrial) compare(ctx context.Context) {
	facts := p.f.svc.Facts
	word := facts.Text(ftpPASV.name).Raw()
	address, _ := netip.ParseAddr(facts.Text("passive_address").Raw())
	elsewhere := address.IsValid() && address != p.s.peer.at.Addr().Unmap()
	if !p.explicit || !p.anonymous || p.policy != ftpTLSAuto || word == "" || word == ftpRefused || word == ftpWorks && !elsewhere || ctx.Err() != nil {
		return
	}
	p.drop()
	p.explicit = false
	c, err := p.ready(ctx)
	if err != nil {
		return // it needs TLS, so that there is nothing to compare with
	}
	move := &ftpMove{mode: ftpPASV, command: p.listing()}
	p.transfer(ctx, c, move)
	p.t.Step(move.step("ftp-clear-pasv-list"))
	facts["pasv_clear"] = untrusted.New(move.fate, maxFact)
	if move.told.Addr().IsValid() {
		facts["passive_address_clear"] = untrusted.New(move.told.Addr().String(), maxFact)
	}
}

// spare looks whether port 20 is let in, beside the rest, and returns what
// waits for the answer. Servers send data from port 20 and listen on it never,
// so that opening it inwards does nothing; many do it all the same. An answer
// from there counts only when two ports that nobody uses are silent.
func (p *ftpTrial) spare(ctx context.Context) func() {
	control := p.s.peer.at
	if control.Port() != 21 || control.Addr().IsLoopback() || p.s.peer.listen == nil {
		return func() {}
	}
	nonce := p.s.peer.nonce()
	ports := [3]uint16{control.Port() - 1, 61000 + uint16(nonce)%2000, 63000 + uint16(nonce>>16)%2000}
	var answers [3]bool
	var tries sync.WaitGroup
	for i, port := range ports {
		tries.Go(func() { careful(func() { answers[i] = p.s.touch(ctx, port, p.wait/2) }) })
	}
	return func() {
		tries.Wait()
		p.f.svc.Facts["data_port_let_in"] = answers[0] && !answers[1] && !answers[2]
	}
}
