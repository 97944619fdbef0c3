package lab

import "strings"

// StartRabbitMQ starts a broker of AMQP on all addresses, at port 5672. The user
// app may log in from everywhere with the password secret, guest from the host
// itself only. Erlang's port mapper, which it leaves behind, ends with it.
func (h *Host) StartRabbitMQ(t T) *Server {
	t.Helper()
	const dir = "/var/lib/rabbitmq-lab"
	h.user(t, "rabbitmq", dir)
	h.WriteFile(t, dir+"/rabbitmq.conf", `listeners.tcp.default = 5672
log.console = true
log.console.level = error
load_definitions = `+dir+`/definitions.json
`)
	h.WriteFile(t, dir+"/definitions.json", `{"users": [{"name": "app", "password": "secret", "tags": ""}], "vhosts": [{"name": "/"}],
"permissions": [{"user": "app", "vhost": "/", "configure": "", "write": "", "read": ".*"}]}`)
	h.WriteFile(t, dir+"/enabled_plugins", "[].\n")
	h.WriteFile(t, dir+"/.erlang.cookie", "SEKISHOLAB")
	h.Run(t, "sh", "-c", "chmod 600 "+dir+"/.erlang.cookie && chown -R rabbitmq:rabbitmq "+dir)
	environment := []string{
		"HOME=" + dir, "RABBITMQ_NODENAME=rabbit@localhost", "RABBITMQ_CONFIG_FILE=" + dir + "/rabbitmq", "RABBITMQ_MNESIA_BASE=" + dir + "/mnesia",
		"RABBITMQ_ENABLED_PLUGINS_FILE=" + dir + "/enabled_plugins", "RABBITMQ_LOG_BASE=" + dir, "RABBITMQ_LOGS=-", "RABBITMQ_DIST_PORT=25672",
		"RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS='+S 1:1 +sbwt none'", "RABBITMQ_IO_THREAD_POOL_SIZE=1", "LANG=C.UTF-8",
	}
	return h.start(t, "rabbitmq-server", []wanted{{"tcp", 5672, 1}}, "setpriv", "--reuid=rabbitmq", "--regid=rabbitmq", "--clear-groups",
		"sh", "-c", "ulimit -n 1024; trap 'kill $p' TERM; env "+strings.Join(environment, " ")+
			" /usr/lib/rabbitmq/bin/rabbitmq-server & p=$!; wait $p; wait $p; epmd -kill")
}
