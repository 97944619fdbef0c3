package portqry

// Help is what -? prints.
const Help = `
PortQry version 2.0

Displays the state of TCP and UDP ports
(spoken by sekisho, on Linux, macOS and Windows)

Command line mode:  portqry -n name_to_query [-options]
Interactive mode:   portqry -i [-n name_to_query] [-options]
Local Mode:         portqry -local | -wpid pid | -wport port [-options]

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
            ignored unless an IP address is specified after -n
        -cn specifies SNMP community name for query
            ignored unless querying an SNMP port
            must be delimited with !
        -q 'quiet' operation runs with no output
           returns 0 if port is listening
           returns 1 if port is not listening
           returns 2 if port is listening or filtered

Interactive mode:

portqry -i [-n name_to_query] [-p protocol] [-e endpoint] [-l logfile]
        [-sp source_port] [-sl] [-cn SNMP community name]

Local Mode:

portqry -local | -wpid pid | -wport port [-wt seconds] [-l logfile] [-v]

Local mode options explained:
        -local lists the ports in use on this computer and their processes
        -wport [port_number] watches the specified port for changes
        -wpid [process_ID] watches the ports of the specified process
        -wt [seconds] time between two checks (1-1200, default is 60)
        -l [logfile] name of text log file to create
        -v verbose: services and loaded modules of the processes too

Beyond PortQry:
        -set [ad || exchange || sql || web] the ports of such a server
        --follow-epm with port 135: tests the TCP port of each endpoint too
           and sums up what would block a domain join
        --format json prints a document (sekisho schema query) instead
        -4, -6 takes the address of that family of a name
        --authorized you may query more than 16 ports of a public address

Notes:  Defaults: TCP, port 80, no log file, slow link delay off
        Hit Ctrl-c to terminate prematurely

        Do not use it on hosts that are not yours unless their owner has
        agreed: others may take it for an attack. A range of more than 16
        ports of a public address asks for your consent first.

examples:
portqry -n server.example -e 25
portqry -n 10.0.0.1 -e 53 -p UDP -nr
portqry -n host1.example -r 21:445
portqry -n 10.0.0.1 -o 25,445,1024 -p both -sp 53
portqry -n host2.example -cn !my community name! -e 161 -p udp
portqry -n dc1.example -set ad --follow-epm
portqry -i
portqry -local -v
portqry -wport 135 -v -wt 2 -l watch.txt
`
