package rules_test

import "sekisho/internal/exposure"

func init() {
	kept := func(transport string, lost ...string) exposure.Service {
		facts := exposure.Facts{"transport": text(transport), "kept": 3}
		if len(lost) > 0 {
			facts["lost"] = texts(lost...)
		}
		return spoke("syslog", "", "", "", facts)
	}
	tables["syslog"] = []judged{
		{"rsyslog_listens", port(514, exposure.UDP, bound("0.0.0.0", "rsyslogd", "rsyslog.service")), here, []string{"low syslog-cleartext"}},
		{"rsyslog_on_loopback", port(514, exposure.UDP, bound("127.0.0.1", "rsyslogd", "rsyslog.service")), here, []string{"info syslog-cleartext"}},
		{"rsyslog_tls", port(6514, bound("0.0.0.0", "rsyslogd", "rsyslog.service")), here, nil},
		{"syslog_ng_tcp", port(601, bound("0.0.0.0", "syslog-ng", "syslog-ng.service")), here, []string{"low syslog-cleartext"}},
		{"another_process", port(514, exposure.UDP, bound("0.0.0.0", "vector", "")), here, nil},
		{"tested", port(514, exposure.UDP, lan, kept("udp")), afar, []string{"low syslog-cleartext"}},
		{"tested_tls", port(6514, lan, kept("tls")), afar, nil},
		{"lost", port(514, lan, kept("tcp", "local7.notice", "kern.notice")), afar, []string{"low syslog-cleartext", "low syslog-not-kept"}},
		{"rsyslog_loses", port(6514, bound("0.0.0.0", "rsyslogd", "rsyslog.service"), kept("tls", "local7.notice")), here, []string{"low syslog-not-kept"}},
		{"syslog_ng_loses", port(6514, bound("0.0.0.0", "syslog-ng", "syslog-ng.service"), kept("tls", "local7.notice")), here, []string{"low syslog-not-kept"}},
	}
	informed := spoke("snmptrap", "", "", "", exposure.Facts{"acknowledged": true, "community_public": true})
	tables["snmptrap"] = []judged{
		{"snmptrapd", port(162, exposure.UDP, bound("0.0.0.0", "snmptrapd", "snmptrapd.service"), informed), here, []string{"low snmptrap-default-community"}},
		{"snmptrapd_on_loopback", port(162, exposure.UDP, bound("127.0.0.1", "snmptrapd", ""), informed), here, []string{"info snmptrap-default-community"}},
		{"receiver_elsewhere", port(162, exposure.UDP, lan, informed), afar, []string{"low snmptrap-default-community"}},
		{"version_3", port(162, exposure.UDP, lan, spoke("snmptrap", "", "", "", exposure.Facts{"acknowledged": true})), afar, nil},
	}
}
