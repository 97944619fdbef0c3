package hostnet

// gatewayNetwork is where this machine's gateways are, by the kernel's main
// table; empty when it could not be read.
func gatewayNetwork() Network {
	n, err := ReadNetwork()
	if err != nil {
		return Network{}
	}
	return n
}
