package exposure

import "time"

// AskedAgain is what became of a TCP port that was asked once more, because an
// earlier look had seen it in another state.
type AskedAgain struct {
	Port   uint16    `json:"port"`
	Method string    `json:"method"` // syn or connect
	State  State     `json:"state"`
	Reason Reason    `json:"reason"`
	SeenAt time.Time `json:"seen_at"`
}
