package exposure

import (
	"net/netip"

	"sekisho/internal/untrusted"
)

// Transfer is one step of FTP as it went from one view: the login, or a list, a
// download, an upload or its removal in one of the modes.
type Transfer struct {
	View    View           `json:"view"`
	Address netip.Addr     `json:"address"` // at which the server was asked
	Step    string         `json:"step"`    // login, list, get, put or delete
	Mode    string         `json:"mode,omitempty"`
	Result  StepResult     `json:"result"`
	Why     string         `json:"why,omitempty"`   // in one word for machines
	Said    untrusted.Text `json:"said,omitzero"`   // the server's last words
	Told    string         `json:"told,omitempty"`  // where the server said that it waits
	Local   netip.AddrPort `json:"local,omitzero"`  // the ends of the data connection
	Remote  netip.AddrPort `json:"remote,omitzero"` // as far as there was one
}
