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
	// Applied is what came of running them; absent when they were only printed.
	Applied *FirewallApplied `json:"applied,omitempty"`
	Unseen  []string         `json:"unseen,omitempty"`
}

// FirewallApplied is how a change of the rules ended.
type FirewallApplied struct {
	Lines   []string `json:"lines"`           // that were run
	Confirm int      `json:"confirm_seconds"` // how long somebody had to confirm
	Outcome string   `json:"outcome"`         // confirmed, rolled-back or failed
	Why     string   `json:"why"`
	Words   string   `json:"words"` // the same for people
	// Others are the chains that somebody else changed meanwhile; theirs was left.
	Others []string `json:"others,omitempty"`
	Error  string   `json:"error,omitempty"`
	Short  string   `json:"not_lasting,omitempty"` // why it will not outlast a restart
}

// FirewallCommandPort is a port of FirewallCommands, and what the rules of this
// machine do with it now, when they were read.
type FirewallCommandPort struct {
	Transport Transport        `json:"transport"`
	Port      uint16           `json:"port"`
	Firewall  []FirewallAnswer `json:"firewall,omitempty"`
	// After is what they do after a change, and Observations are what this machine saw
	// of itself then.
	After        []FirewallAnswer `json:"after,omitempty"`
	Observations []Observation    `json:"observations,omitempty"`
}

// FirewallStep is what to do in words, and lines to type as they are.
type FirewallStep struct {
	Words string   `json:"words"`
	Lines []string `json:"lines,omitempty"`
}
