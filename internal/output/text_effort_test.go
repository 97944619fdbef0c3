package output_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"sekisho/internal/exposure"
	"sekisho/internal/lang"
	"sekisho/internal/output"
)

// TestEffortIsTold: how sure a silence is and how hard the path was driven is
// said in a line each, in every language.
func TestEffortIsTold(t *testing.T) {
	at := func(f float64) *float64 { return &f }
	tests := map[string]struct {
		summary exposure.ScanSummary
		en, ja  []string
		silent  string // what no page says
	}{
		"way": {
			exposure.ScanSummary{Loss: at(0.048), RTT: exposure.Microseconds(41237 * time.Microsecond), PacketsSent: 7, Profile: "lan"},
			[]string{"0.0 s, 7 packets sent, 4.8 % lost on the way, round trip 41 ms."},
			[]string{"0.0 秒、送信 7 パケット、途中での喪失 4.8 %、往復時間 41 ミリ秒。"},
			"--rate",
		},
		"short": {
			exposure.ScanSummary{Loss: at(0), RTT: exposure.Microseconds(43 * time.Microsecond)},
			[]string{"0.0 % lost on the way, round trip 0.05 ms."},
			[]string{"往復時間 0.05 ミリ秒。"},
			"wan",
		},
		"long": {
			exposure.ScanSummary{Loss: at(0), RTT: exposure.Microseconds(1234 * time.Millisecond)},
			[]string{"round trip 1234 ms."},
			[]string{"往復時間 1234 ミリ秒。"},
			"wan",
		},
		"silent": {
			exposure.ScanSummary{Tries: 4, ExpectedMissed: at(0.00031234), Profile: "lan"},
			[]string{"Silent ports were asked up to 4 times; expect at most 0.00032 open ones missed."},
			[]string{"応答のないポートには最大 4 回尋ねました(開の見落としは 0.00032 以下の見込み)。"},
			"lan",
		},
		"many": {
			exposure.ScanSummary{Tries: 1, ExpectedMissed: at(102.4)},
			[]string{"Silent ports were asked once; expect at most 103 open ones missed."},
			[]string{"103 以下"},
			"0.",
		},
		"certain": {
			exposure.ScanSummary{Tries: 9, ExpectedMissed: at(1e-12)},
			[]string{"expect at most 0.0001 open ones missed."},
			[]string{"0.0001 以下"},
			"lan",
		},
		"own": {
			exposure.ScanSummary{Tries: 2, ExpectedMissed: at(0)},
			[]string{"Silent ports were asked up to 2 times."},
			[]string{"応答のないポートには最大 2 回尋ねました。"},
			"expect",
		},
		"wan": {
			exposure.ScanSummary{Profile: "wan"},
			[]string{"Pace: profile wan (500 packets a second, 2,000 connections in two minutes)."},
			[]string{"送り方: プロファイル wan"},
			"--rate",
		},
		"polite": {
			exposure.ScanSummary{Profile: "polite"},
			[]string{"Pace: profile polite (50 packets a second)."},
			[]string{"送り方: プロファイル polite"},
			"--rate",
		},
		"several": {
			exposure.ScanSummary{Profile: "lan, wan"},
			[]string{"Pace: profiles lan, wan, by path."},
			[]string{"送り方: 経路に応じてプロファイル lan、wan。"},
			"--rate",
		},
		"rate": {
			exposure.ScanSummary{Rate: 1200},
			[]string{"Pace: at most 1200 packets a second (--rate)."},
			[]string{"送り方: --rate の指定により毎秒 1200 パケットまで。"},
			"profile",
		},
		"rate-profile": {
			exposure.ScanSummary{Rate: 1200, Profile: "wan"},
			[]string{"Pace: at most 1200 packets a second (--rate), in place of profile wan."},
			[]string{"送り方: --rate の指定により毎秒 1200 パケットまで(プロファイル wan の代わり)。"},
			"500",
		},
	}
	for name, test := range tests {
		for tag, wants := range map[lang.Tag][]string{lang.English: test.en, lang.Japanese: test.ja} {
			pages := map[string]string{"scan": scanPage(t, test.summary, tag)}
			if test.summary.Loss == nil { // that of a report is in its JSON alone
				pages["report"] = reportPage(t, test.summary, tag)
			}
			for kind, page := range pages {
				for _, want := range wants {
					if !strings.Contains(page, want) {
						t.Errorf("%s: the %s does not say %q:\n%s", name, kind, want, page)
					}
				}
				_, told, _ := strings.Cut(page, " 0.0 ")
				if strings.Contains(told, test.silent) && kind == "scan" {
					t.Errorf("%s: the %s says %q:\n%s", name, kind, test.silent, page)
				}
			}
		}
	}
}

func scanPage(t *testing.T, summary exposure.ScanSummary, tag lang.Tag) string {
	t.Helper()
	var b bytes.Buffer
	s, err := output.Scan(&b, output.Options{Format: "text", Width: 200, Lang: tag})
	if err != nil {
		t.Fatal(err)
	}
	summary.Complete = true
	if err := s.Close(summary); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func reportPage(t *testing.T, summary exposure.ScanSummary, tag lang.Tag) string {
	t.Helper()
	r := filtered()
	r.Scan = &summary
	return string(reportIn(t, r, output.Options{Format: "text", Width: 200, Lang: tag}))
}
