package rules

import (
	"sekisho/internal/exposure"
	"sekisho/internal/lang"
)

func init() {
	register(rule{"ftp-anonymous-write", judgeFTPAnonymousWrite})
	register(rule{"ftp-test-file-left", judgeFTPLeft})
	stranges = append(stranges, strange{"ftp", ftpWritten, lang.Text{
		EN: "The FTP server at {{.Address}} took a file from an anonymous user here.",
		JA: "{{.Address}} のFTPサーバーは、ここから匿名の利用者のファイルを受け取りました。",
	}})
}

// ftpWritten reports whether the server took a file from nobody in particular.
func ftpWritten(service exposure.Service) bool {
	write, _ := service.Facts.Bool("anonymous_write")
	return write
}

// judgeFTPAnonymousWrite speaks of a server on which everybody may leave files.
// Only the view from outside can tell: a server may trust its own network.
func judgeFTPAnonymousWrite(s subject) []ruling {
	return s.each(func(service exposure.Service) []ruling {
		if !ftpWritten(service) || !strangers(service) {
			return nil
		}
		found := ruling{
			severity: exposure.High,
			evidence: say(lang.Text{
				EN: "Seen from the Internet side, the FTP server at {{.Address}} took a file from an anonymous user.",
				JA: "インターネット側から見て、{{.Address}} のFTPサーバーは匿名の利用者からのファイルを受け取りました。",
			}, "Address", service.Address),
			meaning: say(lang.Text{
				EN: "Strangers store what they like there, stolen or forbidden things too, and hand out your address for it. They can also fill the disk.",
				JA: "見知らぬ相手が盗品や違法なファイルを置き、あなたのアドレスを配布場所にします。ディスクを一杯にされることもあります。",
			}),
			remedy: []said{say(lang.Text{
				EN: "Take the permission to write from anonymous users in the FTP server.",
				JA: "FTPサーバーで、匿名の利用者から書き込みの権限を外します。",
			})},
		}
		switch {
		case product(service, "vsftpd"):
			found.remedy = []said{say(lang.Text{
				EN: "Write these lines into /etc/vsftpd.conf:\nanon_upload_enable=NO\nanon_mkdir_write_enable=NO\nanon_other_write_enable=NO",
				JA: "/etc/vsftpd.conf に次の行を書きます。\nanon_upload_enable=NO\nanon_mkdir_write_enable=NO\nanon_other_write_enable=NO",
			}), s.restarted("vsftpd")}
		case product(service, "proftpd"):
			found.remedy = []said{say(lang.Text{
				EN: "Write these lines into the section <Anonymous> of /etc/proftpd/proftpd.conf and remove every <Limit STOR> in it:\n<Limit WRITE>\nDenyAll\n</Limit>",
				JA: "/etc/proftpd/proftpd.conf の <Anonymous> の中に次の行を書き、その中の <Limit STOR> を削除します。\n<Limit WRITE>\nDenyAll\n</Limit>",
			}), s.restarted("proftpd")}
		case product(service, "pure-ftpd"):
			found.remedy = []said{say(lang.Text{
				EN: "Forbid it in Pure-FTPd:\necho yes > /etc/pure-ftpd/conf/AnonymousCantUpload",
				JA: "Pure-FTPdで禁止します。\necho yes > /etc/pure-ftpd/conf/AnonymousCantUpload",
			}), s.restarted("pure-ftpd")}
		case product(service, "filezilla server"):
			found.remedy = []said{say(lang.Text{
				EN: "In FileZilla Server: Server, Configure, Rights management, Users: give the mount points of the anonymous user the access mode Read only.",
				JA: "FileZilla Serverで Server > Configure > Rights management > Users を開き、匿名の利用者のマウントポイントを Read only にします。",
			})}
		case product(service, "microsoft ftp"):
			found.remedy = []said{say(lang.Text{
				EN: "In IIS Manager, FTP Authorization Rules of the site: leave anonymous users Read and take Write from them.",
				JA: "IISマネージャーで、サイトの「FTP 承認規則」を開き、匿名ユーザーの「書き込み」を外します。",
			})}
		}
		return []ruling{found}
	}, "ftp")
}

// judgeFTPLeft speaks of what our own test could not remove.
func judgeFTPLeft(s subject) []ruling {
	return s.each(func(service exposure.Service) []ruling {
		left := service.Facts.Texts("upload_left")
		if len(left) == 0 {
			return nil
		}
		return []ruling{{
			severity: exposure.Low,
			evidence: say(lang.Text{
				EN: `The test stored "{{.Files}}" and was not allowed to delete it again.`,
				JA: "試験で置いたファイル「{{.Files}}」を削除できませんでした。",
			}, "Files", words(left)),
			meaning: say(lang.Text{
				EN: "The file is small and harmless. A server that takes files and lets nobody remove them fills up with time.",
				JA: "小さな無害のファイルです。受け取るだけで削除させないサーバーは、いずれ一杯になります。",
			}),
			remedy: []said{say(lang.Text{
				EN: "Delete the file on the server.",
				JA: "サーバーでそのファイルを削除します。",
			})},
		}}
	}, "ftp")
}
