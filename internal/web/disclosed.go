package web

import (
	"net/http"
	"slices"
	"strings"

	"sekisho/internal/untrusted"
)

// header is one line that a browser or a proxy sent.
type header struct{ Name, Value string }

// mostShown bounds what is shown of a header.
const mostShown = 300

// clean is text of a request as it may be shown.
func clean(text string) string { return untrusted.New(text, mostShown).Terminal() }

// telling are the headers that say something of the visitor or of what is between,
// in the order in which they are shown. Cookies are the visitor's own.
var telling = []string{
	"User-Agent", "Accept-Language", "Accept-Encoding", "Referer", "DNT", "Sec-GPC", "Sec-CH-UA", "Sec-CH-UA-Platform", "Sec-CH-UA-Mobile", "From",
	"Via", "Forwarded", "X-Forwarded-For", "X-Real-Ip", "Client-Ip", "X-Cluster-Client-Ip", "True-Client-Ip", "Proxy-Connection", "X-Proxy-Id", "X-Bluecoat-Via", "X-Imforwards", "Max-Forwards",
}

func disclosed(r *http.Request) []header {
	var list []header
	for _, name := range telling {
		if values := r.Header.Values(name); len(values) > 0 {
			list = append(list, header{name, clean(strings.Join(values, ", "))})
		}
	}
	return list
}

// guess is the browser and the system that the User-Agent names. It is what the
// browser says, and it may say anything.
func guess(r *http.Request) (browser, system string) {
	agent := r.UserAgent()
	pick := func(pairs ...string) string {
		for i := 0; i < len(pairs); i += 2 {
			if strings.Contains(agent, pairs[i]) {
				return pairs[i+1]
			}
		}
		return ""
	}
	browser = pick("Edg", "Microsoft Edge", "OPR/", "Opera", "Vivaldi", "Vivaldi", "SamsungBrowser", "Samsung Internet", "Firefox/", "Firefox", "FxiOS", "Firefox",
		"CriOS", "Chrome", "Chromium", "Chromium", "Chrome/", "Chrome", "Safari/", "Safari", "curl/", "curl", "Lynx", "Lynx", "w3m", "w3m")
	system = pick("Windows", "Windows", "Android", "Android", "iPhone", "iOS", "iPad", "iPadOS", "Mac OS X", "macOS", "CrOS", "ChromeOS", "FreeBSD", "FreeBSD",
		"OpenBSD", "OpenBSD", "Nintendo", "Nintendo", "PlayStation", "PlayStation", "Linux", "Linux")
	return browser, system
}

// names are the computer's names as a stranger learns them from what its services
// tell: NetBIOS, the NTLM challenges of SMB and RDP, SNMP and certificates.
func (r *result) names() []header {
	var list []header
	add := func(source, value string) {
		h := header{source, value}
		if value != "" && !slices.Contains(list, h) {
			list = append(list, h)
		}
	}
	for _, e := range r.asked() {
		service, ok := r.services[e]
		if !ok {
			continue
		}
		for _, fact := range []string{"computer_name", "computer", "netbios_computer", "netbios_name", "dns_computer", "dns_computer_name", "hostname", "host_name", "sysname", "name", "server_name"} {
			add(service.Protocol+" "+e.String(), service.Facts.Text(fact).Terminal())
		}
		if service.TLS != nil && service.TLS.Certificate != nil {
			for _, name := range service.TLS.Certificate.Names[:min(len(service.TLS.Certificate.Names), 3)] {
				add("TLS "+e.String(), name.Terminal())
			}
		}
	}
	return list
}
