package wireguard

// realResponse is the answer to the handshake of begun, in base64.
const realResponse = "AgAAAAL0nLMEAwIB5nC+0xJtmrkfbtGr0rDuMiC/oblfvDIYKG6+DNVF9GJGYETdK0DjgsTBFORbTC5M9tykqMTtHfBfICPNQSW/oQAAAAAAAAAAAAAAAAAAAAA="
