package exposure

// ServicesSchema is the name of the document of services, in its schema key.
const ServicesSchema = "sekisho/services/1"

// CatalogueEntry is one service of the book, in the language of the document.
type CatalogueEntry struct {
	Name           string    `json:"name"`
	Aliases        []string  `json:"aliases,omitempty"`
	TCP            []uint16  `json:"tcp,omitempty"`
	UDP            []uint16  `json:"udp,omitempty"`
	Range          string    `json:"range,omitempty"` // of the first port: system, user or dynamic
	Summary        string    `json:"summary"`
	Session        string    `json:"session"` // who connects to whom, and what goes over it then
	Risk           string    `json:"risk"`
	Close          string    `json:"close"` // how to close it, or to keep it from strangers
	Usual          Usual     `json:"usual"`
	Cleartext      bool      `json:"cleartext"`         // what it carries can be read on the way
	LoginCleartext bool      `json:"login_cleartext"`   // a password can be, too
	Upgrade        string    `json:"upgrade,omitempty"` // the word by which a session in clear becomes encrypted
	LocalOnly      bool      `json:"local_only"`        // it belongs to one machine or its network
	Trojan         bool      `json:"trojan"`            // the number is known from trojans
	Successor      string    `json:"successor,omitempty"`
	Facts          []string  `json:"facts,omitempty"` // worth knowing
	Diagrams       []Diagram `json:"diagrams,omitempty"`
	Tables         []Table   `json:"tables,omitempty"`
}

// Usual is how a port is usually kept, by kind of machine: closed, outward
// (the machine connects out and nothing listens), lan (open to the local
// network alone) or open.
type Usual struct {
	HomePC     string `json:"home_pc"`
	HomeServer string `json:"home_server"`
	MailServer string `json:"mail_server"`
	WebServer  string `json:"web_server"`
}

// Diagram is messages between parties, in the order of time.
type Diagram struct {
	Title   string        `json:"title"`
	Parties []string      `json:"parties"`
	Steps   []DiagramStep `json:"steps"`
}

// DiagramStep is one message; From and To are places in the parties.
type DiagramStep struct {
	From int    `json:"from"`
	To   int    `json:"to"`
	Text string `json:"text"`
}

// Table is facts in rows, each as long as Heads.
type Table struct {
	Title string     `json:"title"`
	Heads []string   `json:"heads"`
	Rows  [][]string `json:"rows"`
}

// Topic is a lesson that belongs to no single service.
type Topic struct {
	Name   string   `json:"name"`
	Title  string   `json:"title"`
	Facts  []string `json:"facts,omitempty"`
	Tables []Table  `json:"tables,omitempty"`
}

// CatalogueDocument is the document of services -f json.
type CatalogueDocument struct {
	Schema   string           `json:"schema"`
	Version  string           `json:"version"`
	Services []CatalogueEntry `json:"services"`
	Topics   []Topic          `json:"topics,omitempty"`
	Also     []string         `json:"also,omitempty"` // services in whose texts the word occurs, too
}
