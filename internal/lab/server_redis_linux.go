package lab

import "fmt"

// Redis says how a server is to run.
type Redis struct {
	Port   uint16 // 6379 when zero
	Config string // further lines of redis.conf, which win
}

// StartRedis starts Redis on all addresses, for everybody who connects.
func (h *Host) StartRedis(t T, o Redis) *Server {
	t.Helper()
	port := portOr(o.Port, 6379)
	conf := fmt.Sprintf("/etc/redis/lab-%d.conf", port)
	h.WriteFile(t, conf, fmt.Sprintf("port %d\nbind * -::*\nprotected-mode no\nsave \"\"\ndaemonize no\ndir /tmp\n%s\n", port, o.Config))
	return h.start(t, "redis-server", []wanted{{"tcp", port, 2}}, "redis-server", conf)
}
