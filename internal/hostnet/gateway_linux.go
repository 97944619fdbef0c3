package hostnet

// defaultGateway is the router of this machine, by the kernel's main table.
func defaultGateway() (gateway, bool) {
	n, err := ReadNetwork()
	if err != nil {
		return gateway{}, false
	}
	return gatewayOf(n)
}
