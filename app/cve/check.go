package cve

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/liftgate/liftgate/app/forge/wire"
)

// Check finds out by reading whether the CNA's account will do, and how many numbers can be reserved now.
func (s *Services) Check(ctx context.Context) (available int, err error) {
	available, err = s.check(ctx)
	return available, wire.Told("check the account at CVE Services", err)
}

func (s *Services) check(ctx context.Context) (int, error) {
	var org struct {
		ID        string `json:"UUID"`
		Authority struct {
			Roles []string `json:"active_roles"`
		} `json:"authority"`
	}
	if _, err := s.ask(ctx, call{method: http.MethodGet, path: []string{"org", s.cna.Org}}, &org); err != nil {
		return 0, err
	}
	switch {
	case !strings.EqualFold(org.ID, s.cna.ID):
		return 0, wire.Refused("cna.org_id is not the UUID of cna.org")
	case !slices.Contains(org.Authority.Roles, "CNA"):
		return 0, wire.Refused("cna.org is no CNA")
	}
	var quota struct {
		Available *int `json:"available"`
	}
	if _, err := s.ask(ctx, call{method: http.MethodGet, path: []string{"org", s.cna.Org, "id_quota"}}, &quota); err != nil {
		return 0, err
	}
	if quota.Available == nil {
		return 0, s.nonsense(http.MethodGet)
	}
	return *quota.Available, nil
}
