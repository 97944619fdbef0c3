package exposure

// ServicesSchema is the name of the document of services, in its schema key.
const ServicesSchema = "sekisho/services/1"

// CatalogueEntry is one service of the catalogue, in the language of the
// document.
type CatalogueEntry struct {
	Name           string   `json:"name"`
	Aliases        []string `json:"aliases,omitempty"`
	TCP            []uint16 `json:"tcp,omitempty"`
	UDP            []uint16 `json:"udp,omitempty"`
	Summary        string   `json:"summary"`
	Risk           string   `json:"risk"`
	Cleartext      bool     `json:"cleartext"`       // what it carries can be read on the way
	LoginCleartext bool     `json:"login_cleartext"` // a password can be, too
	LocalOnly      bool     `json:"local_only"`      // it belongs to one machine or its network
	Trojan         bool     `json:"trojan"`          // the number is known from trojans
	Successor      string   `json:"successor,omitempty"`
}

// CatalogueDocument is the document of services -f json.
type CatalogueDocument struct {
	Schema   string           `json:"schema"`
	Version  string           `json:"version"`
	Services []CatalogueEntry `json:"services"`
}
