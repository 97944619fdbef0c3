package netio

// Reservation is a row of TCP ports of this machine that no other program may
// use while it lasts, and that nothing listens on: the own kernel answers what
// comes there with a reset.
type Reservation struct {
	First, Last uint16
	close       func() error
}

// Close gives the ports back. Ports that were only named hold nothing.
func (r *Reservation) Close() error {
	if r.close == nil {
		return nil
	}
	return r.close()
}
