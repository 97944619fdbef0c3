package policy

import (
	"fmt"
	"slices"
	"strings"

	"sekisho/internal/lang"
)

// Problem is one thing that is wrong with a policy file.
type Problem struct {
	File         string
	Line, Column int // from 1; 0 when it is not known where
	what         lang.Text
	pairs        []any
	suggestion   string // what was probably meant, empty when nothing is close
}

// In says the problem in one line: where, what, and what was probably meant.
func (p *Problem) In(tag lang.Tag) string {
	pairs := slices.Clone(p.pairs)
	for i, v := range pairs {
		if both, ok := v.(sentences); ok {
			pairs[i] = both[tag]
		}
	}
	line := p.Place() + ": " + p.what.In(tag, pairs...)
	if p.suggestion != "" {
		line += didYouMean.In(tag, "Word", p.suggestion)
	}
	return line
}

// Place is file:line:column, as editors and compilers write it.
func (p *Problem) Place() string {
	if p.Line == 0 {
		return p.File
	}
	return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Column)
}

// sentences are a finished sentence in each language.
type sentences map[lang.Tag]string

var didYouMean = lang.Text{EN: `; did you mean "{{.Word}}"?`, JA: "。「{{.Word}}」のことですか"}

// Problems are all problems of a file, as an error.
type Problems []*Problem

// Error says them in English, one a line.
func (ps Problems) Error() string {
	lines := make([]string, len(ps))
	for i, p := range ps {
		lines[i] = p.In(lang.English)
	}
	return strings.Join(lines, "\n")
}

// What can be wrong.
var (
	wrongYAML     = lang.Text{EN: "this is no YAML: {{.Error}}", JA: "YAMLとして読めません: {{.Error}}"}
	wrongSize     = lang.Text{EN: "the file is larger than {{.Limit}} bytes", JA: "ファイルが {{.Limit}} バイトを超えています"}
	wrongMuch     = lang.Text{EN: "the policy is too large or refers to itself: write less, or put what repeats into a profile", JA: "方針が大きすぎるか、自分自身を参照しています。減らすか、繰り返しをプロファイルにまとめてください"}
	wrongDeep     = lang.Text{EN: "this is nested too deeply", JA: "入れ子が深すぎます"}
	wrongMap      = lang.Text{EN: "a list of keys with their values belongs here, such as {{.Example}}", JA: "ここには「{{.Example}}」のようなキーと値の並びを書きます"}
	wrongKey      = lang.Text{EN: `unknown key "{{.Key}}"; there are: {{list .Words}}`, JA: "「{{.Key}}」というキーはありません。使えるのは {{list .Words}} です"}
	wrongDouble   = lang.Text{EN: `"{{.Key}}" stands here twice: first on line {{.Line}}`, JA: "「{{.Key}}」が二度書かれています(最初は {{.Line}} 行目)"}
	wrongWord     = lang.Text{EN: `"{{.Word}}" is none of: {{list .Words}}`, JA: "「{{.Word}}」は使えません。使えるのは {{list .Words}} です"}
	wrongScalar   = lang.Text{EN: `one word or number belongs here, such as {{.Example}}`, JA: "ここには「{{.Example}}」のような語か数を一つ書きます"}
	wrongEntry    = lang.Text{EN: "a port belongs here, such as 22, 53/udp or ssh, or keys with their values, such as port: 22", JA: "ここにはポート(22、53/udp、ssh など)か、キーと値(port: 22 など)を書きます"}
	wrongNoPort   = lang.Text{EN: `the key "port" is missing: say which ports this is about`, JA: "「port」がありません。どのポートのことかを書いてください"}
	wrongPorts    = lang.Text{EN: "{{.Error}}", JA: "{{.Error}}"}
	wrongBoth     = lang.Text{EN: "{{.Port}} is to be {{.Expect}} here and {{.Other}} on line {{.Line}}: leave one of them out", JA: "{{.Port}} はここでは {{.Expect}}、{{.Line}} 行目では {{.Other}} となっています。どちらかを消してください"}
	wrongDays     = lang.Text{EN: "{{.Word}} is no number of days from 1 to 3650", JA: "{{.Word}} は 1 から 3650 までの日数ではありません"}
	wrongHost     = lang.Text{EN: `"{{.Word}}" is no host: write a name, an address, a block such as 192.168.1.0/24, or this-machine`, JA: "「{{.Word}}」はホストではありません。名前、アドレス、192.168.1.0/24 のようなブロック、this-machine のどれかを書いてください"}
	wrongProfile  = lang.Text{EN: `there is no profile "{{.Word}}"; there are: {{list .Words}}`, JA: "「{{.Word}}」というプロファイルはありません。使えるのは {{list .Words}} です"}
	wrongCycle    = lang.Text{EN: `the profile "{{.Word}}" extends itself`, JA: "プロファイル「{{.Word}}」が自分自身を extends しています"}
	wrongBuiltin  = lang.Text{EN: `sekisho brings a profile "{{.Word}}" of its own: choose another name and let it extend that one`, JA: "「{{.Word}}」はsekishoに組み込みのプロファイルです。別の名前にして、それを extends してください"}
	wrongRule     = lang.Text{EN: `there is no finding "{{.Word}}"`, JA: "「{{.Word}}」という指摘はありません"}
	wrongProtocol = lang.Text{EN: `sekisho does not know the protocol "{{.Word}}"`, JA: "「{{.Word}}」というプロトコルはsekishoにはありません"}
	wrongNeeds    = lang.Text{EN: `"{{.Key}}" is about the service behind an open port: it belongs under open or any`, JA: "「{{.Key}}」は開いたポートのサービスについてのもので、open か any の下に書きます"}
	wrongTo       = lang.Text{EN: `"to" is for outgoing only`, JA: "「to」は outgoing の下でだけ使えます"}
	wrongInward   = lang.Text{EN: `"{{.Key}}" has no place under outgoing: the service there is somebody else's`, JA: "「{{.Key}}」は outgoing の下では使えません。相手は他人のサービスです"}
	wrongEmpty    = lang.Text{EN: "the policy says nothing: write what must be open or closed, or extend a profile", JA: "方針に何も書かれていません。開くべきもの・閉じるべきものを書くか、プロファイルを extends してください"}
	wrongSchema   = lang.Text{EN: `this sekisho reads policies of the schema "{{.Schema}}"`, JA: "このsekishoが読める方針のスキーマは「{{.Schema}}」です"}
)
