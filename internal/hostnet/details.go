package hostnet

import "sekisho/internal/exposure"

// Details are what is known of a process beside its sockets.
type Details struct {
	Services       []exposure.HostService
	Modules        []exposure.LoadedModule
	ServicesSeen   bool // whether the manager of services could be asked
	ModulesSeen    bool // whether the modules could be read
	ModulesLimited bool // there are more modules than are told
}

// The most that is told of a process, and the longest names.
const (
	maxModules = 1024
	maxPath    = 512
	maxDisplay = 256
)
