package agent

import (
	"fmt"
	"testing"
	"time"

	"sekisho/internal/exposure"
	"sekisho/internal/untrusted"
)

// TestTestsAreBounded: a job may want few tests, of protocols whose tests a
// vantage makes, with what those take.
func TestTestsAreBounded(t *testing.T) {
	fine := exposure.JobTest{Protocol: "ftp", Port: 21, Modes: []string{"pasv", "port"}, File: "a.txt", Write: true}
	for name, c := range map[string]struct {
		change func(*exposure.Job)
		ok     bool
	}{
		"fine":                    {func(*exposure.Job) {}, true},
		"as somebody":             {func(j *exposure.Job) { j.Logins = []exposure.JobLogin{{User: "bob", Password: "x y"}} }, true},
		"mail":                    {func(j *exposure.Job) { j.Tests[0] = exposure.JobTest{Protocol: "smtp", Port: 25} }, true},
		"many":                    {func(j *exposure.Job) { j.Tests = make([]exposure.JobTest, mostTests+1) }, false},
		"more logins than tests":  {func(j *exposure.Job) { j.Logins = make([]exposure.JobLogin, 2) }, false},
		"a password of two lines": {func(j *exposure.Job) { j.Logins = []exposure.JobLogin{{User: "bob", Password: "x\nDELE y"}} }, false},
		"a password of nobody":    {func(j *exposure.Job) { j.Logins = []exposure.JobLogin{{Password: "x"}} }, false},
		"no text":                 {func(j *exposure.Job) { j.Logins = []exposure.JobLogin{{User: "\xff"}} }, false},
		"another protocol":        {func(j *exposure.Job) { j.Tests[0].Protocol = "snmp" }, false},
		"no port":                 {func(j *exposure.Job) { j.Tests[0].Port = 0 }, false},
		"a file of two lines":     {func(j *exposure.Job) { j.Tests[0].File = "a\r\nDELE b" }, false},
		"a mode":                  {func(j *exposure.Job) { j.Tests[0].Modes = []string{"xpsv"} }, false},
		"TLS":                     {func(j *exposure.Job) { j.Tests[0].TLS = "perhaps" }, false},
		"of what is open":         {func(j *exposure.Job) { j.Tests[0].Port, j.Tests[0].OnlyOpen = 22, true }, true},
		"of what nobody sees":     {func(j *exposure.Job) { j.Tests[0].OnlyOpen = true }, false},
		"mail that writes":        {func(j *exposure.Job) { j.Tests[0] = exposure.JobTest{Protocol: "smtp", Port: 25, Write: true} }, false},
	} {
		j := job(time.Now())
		j.Tests = []exposure.JobTest{fine}
		c.change(&j)
		if err := saneTests(j); (err == nil) != c.ok {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestLoginsAreToldToNobody: what is told of a test holds neither name nor
// password, whatever the server repeats.
func TestLoginsAreToldToNobody(t *testing.T) {
	login := exposure.JobLogin{User: "bob", Password: "se(ret"}
	h := hider(login)
	s := h.step(exposure.Step{
		Asked: "AUTH PLAIN bob ****", Said: untrusted.New("331 Password for bob, bobsled", 0), Detail: "se(ret se(ret",
		Facts: exposure.Facts{"a": untrusted.New("bob", 0), "b": []untrusted.Text{untrusted.New("xse(ret", 0)}, "c": 1},
	})
	if s.Asked != "AUTH PLAIN **** ****" || s.Said.Raw() != "331 Password for ****, bobsled" || s.Detail != "**** ****" {
		t.Errorf("%+v", s)
	}
	if s.Facts.Text("a").Raw() != "****" || s.Facts.Texts("b")[0].Raw() != "x****" {
		t.Errorf("%+v", s.Facts)
	}
	v := h.service(exposure.Service{Banner: untrusted.New("welcome bob", 0), Error: "no se(ret"})
	if v.Banner.Raw() != "welcome ****" || v.Error != "no ****" {
		t.Errorf("%+v", v)
	}
	if said := fmt.Sprintf("%v %+v %#v %s", login, login, []exposure.JobLogin{login}, &login); said != "**** **** []exposure.JobLogin{****} ****" {
		t.Errorf("a login prints as %s", said)
	}
}
