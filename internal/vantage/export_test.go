package vantage

import "time"

// Hurry shortens what a test would wait for.
func (c *Client) Hurry(prompt, quiet time.Duration) { c.prompt, c.quiet = prompt, quiet }
