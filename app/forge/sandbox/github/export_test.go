package github

// Routes lists what the sandbox serves, for the test that every route is held to GitHub's description.
func (s *Server) Routes() []string {
	var names []string
	for i := range s.routes {
		names = append(names, s.routes[i].name())
	}
	return names
}

// CVSS lets tests compare scores with published ones.
var CVSS = cvssScore
