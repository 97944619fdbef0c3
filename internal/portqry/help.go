package portqry

// Help is what -? prints.
const Help = `
PortQry version 2.0 (spoken by sekisho)

Displays the state of TCP and UDP ports

Command line mode:  portqry -n name_to_query [-options]
Interactive mode:   portqry -i [-n name_to_query] [-options]

Command line mode:

portqry -n name_to_query [-p protocol] [-e || -r || -o endpoint(s)] [-q]
        [-l logfile] [-sp source_port] [-sl] [-cn SNMP community name]

Command line mode options explained:
        -n [name_to_query] IP address or name of the system to query
        -p [protocol] TCP or UDP or BOTH (default is TCP)
        -e [endpoint] single port to query (valid range: 1-65535)
        -r [end point range] range of ports to query (start:end)
        -o [end point order] range of ports to query in an order (x,y,z)
        -l [logfile] name of text log file to create
        -y overwrites existing text log file without prompting
        -sp [source port] initial source port to use for query
        -sl 'slow link delay' waits longer for UDP replies
        -nr by-passes default IP address-to-name resolution
        -cn specifies SNMP community name for query, between !
        -q 'quiet' operation runs with no output
           returns 0 if port is listening
           returns 1 if port is not listening
           returns 2 if port is listening or filtered

Defaults: TCP, port 80, no log file, slow link delay off
Hit Ctrl-c to terminate prematurely

Query only systems that are yours, or whose owner has agreed: others may take
it for an attack. A range of ports of a public address asks for your consent
(--authorized in scripts).

examples:
portqry -n server.example -e 25
portqry -n 10.0.0.1 -e 53 -p UDP -nr
portqry -n host1.example -r 21:445
portqry -n 10.0.0.1 -o 25,445,1024 -p both -sp 53
portqry -n host2.example -cn !my community name! -e 161 -p udp
portqry -i
`
