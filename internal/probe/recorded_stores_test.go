package probe

func init() {
	for _, name := range []string{
		"mysql", "postgresql", "redis", "mqtt", "memcached", "rsync", "rpcbind", "nfs", "mountd", "ipp", "lpd", "amqp", "nats",
		"mongodb", "x11", "finger", "ident", "rlogin", "rsh",
	} {
		recordingsOf[name] = append(recordingsOf[name], "happy", "wrong", "silent", "hangup", "endless", "garbled", "trickle")
	}
}
