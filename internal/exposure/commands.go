package exposure

import "time"

// FirewallSchema is the name of the document of firewall.
const FirewallSchema = "sekisho/firewall/1"

// FirewallCommands are the commands that open, close or show ports in a firewall.
type FirewallCommands struct {
	Schema  string    `json:"schema"`
	Version string    `json:"version"`
	SeenAt  time.Time `json:"seen_at"`
	Action  string    `json:"action"` // open, close or show
	// Product is whose commands they are: ufw, firewalld, nftables, iptables,
	// windows or pf.
	Product string `json:"product"`
	// Here is whether the product was found on this machine.
	Here      bool                  `json:"here"`
	Zone      Zone                  `json:"zone,omitempty"` // absent for anybody
	Direction string                `json:"direction"`      // in or out
	Ports     []FirewallCommandPort `json:"ports"`
	Steps     []FirewallStep        `json:"steps"`
	Unseen    []string              `json:"unseen,omitempty"`
}

// FirewallCommandPort is a port of FirewallCommands, and what the rules of this
// machine do with it now, when they were read.
type FirewallCommandPort struct {
	Transport Transport        `json:"transport"`
	Port      uint16           `json:"port"`
	Firewall  []FirewallAnswer `json:"firewall,omitempty"`
}

// FirewallStep is what to do in words, and lines to type as they are.
type FirewallStep struct {
	Words string   `json:"words"`
	Lines []string `json:"lines,omitempty"`
}
