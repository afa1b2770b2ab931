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
	if len(s.GitLab.WebhookTokenFiles) > 0 && len(s.GitLab.WebhookSigningFiles) > 0 {
		advice = append(advice, "gitlab.webhook_token_files: not looked at, since webhook_signing_files has every delivery signed")
	}
	if from, err := s.Mail.Sender(); err == nil && s.Mail.DKIM.Domain != "" && !s.Mail.DKIM.answersFor(from.Address) {
		advice = append(advice, "mail.dkim.domain: it is not the domain of mail.from, so that receivers don't count the signature; sign for the sender's domain")
	}
	for _, forge := range []struct {
		key string
		set bool
	}{{"github", s.GitHub.AppID != 0}, {"gitlab", s.GitLab.TokenFile != ""}} {
		if forge.set && !s.On(forge.key) {
			advice = append(advice, forge.key+": no project is there; say so with forge: "+forge.key+", or leave this section out")
		}
	}
	if s.CNA.On() && !s.usesCNA() {
		advice = append(advice, "cna: no project has its CVE numbers from it; say so with cve: cna, or leave this section out")
	}
	return advice
}
