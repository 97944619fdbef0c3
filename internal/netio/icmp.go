package netio

import "sekisho/internal/exposure"

// EvidenceOfICMP classifies an ICMP or ICMPv6 error. It returns an empty
// Reason for a message that says nothing about whether a port is reachable,
// such as fragmentation needed, or that is no error at all.
func EvidenceOfICMP(v6 bool, kind, code uint8) exposure.Reason {
	if v6 {
		return evidenceOfICMPv6(kind, code)
	}
	const unreachable, timeExceeded, parameterProblem = 3, 11, 12
	switch kind {
	case timeExceeded:
		return exposure.TimeExceeded
	case parameterProblem:
		return exposure.ProtoUnreach
	case unreachable:
	default:
		return ""
	}
	// RFC 792 for 0 to 5, RFC 1122 section 3.2.2.1 for 6 to 12, RFC 1812
	// section 5.2.7.1 for 13 to 15.
	switch code {
	case 0, 5, 6, 11: // net, source route failed, net unknown, net for this TOS
		return exposure.NetUnreach
	case 1, 7, 8, 12: // host, host unknown, source host isolated, host for this TOS
		return exposure.HostUnreach
	case 2:
		return exposure.ProtoUnreach
	case 3:
		return exposure.PortUnreach
	case 9, 10, 13, 14, 15: // net, host, communication prohibited, precedence
		return exposure.AdminProhibited
	}
	return ""
}

// evidenceOfICMPv6 follows RFC 4443 section 3 and, for code 7 of destination
// unreachable, RFC 6550 section 20.18.
func evidenceOfICMPv6(kind, code uint8) exposure.Reason {
	const unreachable, timeExceeded, parameterProblem = 1, 3, 4
	switch kind {
	case timeExceeded:
		return exposure.TimeExceeded
	case parameterProblem:
		return exposure.ProtoUnreach
	case unreachable:
	default:
		return ""
	}
	switch code {
	case 0, 2, 7: // no route, beyond the scope of the source, error in source route
		return exposure.NetUnreach
	case 1, 5, 6: // prohibited, source address failed policy, route rejects
		return exposure.AdminProhibited
	case 3:
		return exposure.HostUnreach
	case 4:
		return exposure.PortUnreach
	}
	return ""
}
