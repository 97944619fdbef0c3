package netio

// maxResolvers is how many DNS servers are taken, as the resolver of the C
// library does.
const maxResolvers = 3

// dnsPort is where DNS servers listen (RFC 1035 section 4.2).
const dnsPort = 53
