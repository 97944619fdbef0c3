package rules

import (
	"sekisho/internal/exposure"
	"sekisho/internal/lang"
)

func init() {
	register(rule{"mssql-not-encrypted", judgeMSSQL})
	register(rule{"mssql-instances-told", judgeMSSQLBrowser})
}

// judgeMSSQL speaks of a server that leaves it to its clients whether anything
// but the log-in is encrypted (MS-TDS section 2.2.6.5).
func judgeMSSQL(s subject) []ruling {
	return s.each(func(service exposure.Service) []ruling {
		encryption := word(service, "encryption")
		severity := s.graded(exposure.Low)
		evidence := lang.Text{
			EN: "SQL Server at {{.Address}} encrypts the log-in only, unless the client asks for more.",
			JA: "{{.Address}} のSQL Serverは、クライアントが求めない限りログインだけを暗号化します。",
		}
		switch encryption {
		case "login-only":
		case "not-supported":
			severity = s.graded(exposure.Medium)
			evidence = lang.Text{
				EN: "SQL Server at {{.Address}} encrypts nothing, not even the log-in.",
				JA: "{{.Address}} のSQL Serverは、ログインも含めて何も暗号化しません。",
			}
		default:
			return nil
		}
		return []ruling{{severity, say(evidence, "Address", service.Address), say(lang.Text{
			EN: "Whoever sits on the way reads and changes questions and answers.",
			JA: "通信経路にいる人は、問い合わせと結果を読み、書き換えられます。",
		}), []said{say(lang.Text{
			EN: "Have it encrypt everything. On Windows: SQL Server Configuration Manager, SQL Server Network Configuration, Protocols, Properties, Force Encryption: Yes; then, in PowerShell as administrator:\nRestart-Service MSSQLSERVER",
			JA: "すべて暗号化させます。Windowsでは「SQL Server 構成マネージャー」 > 「SQL Server ネットワークの構成」 > 「プロトコル」 > 「プロパティ」の「強制的に暗号化」を「はい」にし、PowerShell(管理者)で再起動します。\nRestart-Service MSSQLSERVER",
		}), say(lang.Text{
			EN: "On Linux:\n/opt/mssql/bin/mssql-conf set network.forceencryption 1\nsystemctl restart mssql-server",
			JA: "Linuxでは次のとおりにします。\n/opt/mssql/bin/mssql-conf set network.forceencryption 1\nsystemctl restart mssql-server",
		}), admitFew}}}
	}, "mssql")
}

// judgeMSSQLBrowser speaks of the list of instances that everybody gets (MC-SQLR
// section 5.1).
func judgeMSSQLBrowser(s subject) []ruling {
	return s.each(func(service exposure.Service) []ruling {
		instances := service.Facts.Texts("instances")
		if len(instances) == 0 {
			return nil
		}
		return []ruling{{s.graded(exposure.Low), say(lang.Text{
			EN: `SQL Server Browser tells everybody: "{{.Instances}}".`,
			JA: "SQL Server Browserが誰にでも教えます: 「{{.Instances}}」",
		}, "Instances", words(instances[:min(len(instances), 8)])), say(lang.Text{
			EN: "Names, versions and ports of the databases are what an attack needs first. Clients that are told the port do not need the browser.",
			JA: "データベースの名前・版・ポートは、攻撃の最初の手がかりです。ポートを指定するクライアントにはBrowserは要りません。",
		}), []said{mssqlWithoutBrowser, admitFew}}}
	}, "mc-sqlr")
}

var mssqlWithoutBrowser = say(lang.Text{
	EN: "Give each instance a fixed port and switch the browser off, in PowerShell as administrator:\nStop-Service SQLBrowser\nSet-Service SQLBrowser -StartupType Disabled",
	JA: "各インスタンスに固定のポートを割り当て、PowerShell(管理者)でBrowserを止めます。\nStop-Service SQLBrowser\nSet-Service SQLBrowser -StartupType Disabled",
})

// mcsqlrRemedy is for the answers that a forged question has sent elsewhere.
func (s subject) mcsqlrRemedy(exposure.Service) []said { return []said{mssqlWithoutBrowser, admitFew} }
