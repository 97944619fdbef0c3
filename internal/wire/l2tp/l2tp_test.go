package l2tp

import "testing"

// xl2tpd is what xl2tpd 1.3.18 of Debian 12 answers.
const xl2tpd = "\xc8\x02\x00e\x125\x00\x00\x00\x00\x00\x01\x80\x08\x00\x00\x00\x00\x00\x02\x80\x08\x00\x00\x00\x02\x01\x00\x80\n\x00\x00\x00\x03\x00\x00\x00\x03\x80\n\x00\x00\x00\x04\x00\x00\x00\x00\x00\x08\x00\x00\x00\x06\x06\x90\x80\n\x00\x00\x00\x07home\x00\x13\x00\x00\x00\x08xelerance.com\x80\x08\x00\x00\x00\x09\xc6\"\x80\x08\x00\x00\x00\n\x00\x04"

func TestParse(t *testing.T) {
	if !Answers(0x1235, []byte(xl2tpd)) || Answers(0x1236, []byte(xl2tpd)) || Answers(0x1235, Hello(0x1235, "x")) {
		t.Error("the answer is not told from others")
	}
	m, err := Parse([]byte(xl2tpd))
	if err != nil || m.Type != StartReply || string(m.Host) != "home" || string(m.Vendor) != "xelerance.com" || m.Firmware != 0x690 || m.Tunnel != 0xc622 {
		t.Errorf("%+v, %v", m, err)
	}
	if m, err := Parse(Hello(7, "sekisho")); err != nil || m.Type != StartRequest || string(m.Host) != "sekisho" || m.Tunnel != 7 {
		t.Errorf("%+v, %v", m, err)
	}
	for _, lie := range []string{"", xl2tpd[:40], xl2tpd[:12] + "\x80\x02" + xl2tpd[14:], xl2tpd[:2] + "\x00\x05" + xl2tpd[4:], xl2tpd[:2] + "\x00\x0f" + xl2tpd[4:]} {
		if m, err := Parse([]byte(lie)); err == nil {
			t.Errorf("%q is read as %+v", lie, m)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(xl2tpd))
	f.Add(Hello(1, "x"))
	f.Fuzz(func(t *testing.T, b []byte) {
		Answers(1, b)
		m, _ := Parse(b)
		if len(m.Host)+len(m.Vendor) > len(b) {
			t.Errorf("%+v out of %d bytes", m, len(b))
		}
	})
}
