package config

import (
	"fmt"
	"net"
)

// Advice says what works as it stands and is seldom meant. It judges the document alone.
func (s Server) Advice() []string {
	var advice []string
	if host, _, err := net.SplitHostPort(s.Listen); err == nil && !isLoopback(host) {
		advice = append(advice, fmt.Sprintf("listen: %s can be reached from other machines, without TLS; "+
			"listen on 127.0.0.1 behind a proxy that speaks it, or keep the port closed to all but the proxy", s.Listen))
	}
	if s.Committer.Email == nowhere {
		advice = append(advice, "committer.email: public commits will carry "+nowhere+
			"; give an address of the team that people may write to, before the first lift")
	}
	return advice
}
