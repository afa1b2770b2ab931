package cve

import (
	"encoding/json"
	"net/http"

	"github.com/liftgate/liftgate/app/forge/wire"
	"github.com/liftgate/liftgate/policy"
)

// refusal sorts an answer that is no success. The API's own code is looked at, and no word of its text is kept.
func (s *Services) refusal(method string, resp *http.Response, body []byte) error {
	r := &wire.Refusal{Status: resp.StatusCode}
	switch code, status := codeOf(body), resp.StatusCode; {
	case status == http.StatusTooManyRequests, status == http.StatusForbidden && code == "":
		// Before CVE Services stands a guard that has no codes, and answers 403 to whoever asks too often.
		until := s.wire.LimitEnds(resp.Header, "")
		s.wire.Silence(until)
		s.wire.Log.Warn("CVE Services limit the rate of requests", "until", until)
		r.Trouble = &policy.Trouble{Kind: policy.TroubleLimited, Hint: "CVE Services limit the rate of requests", Until: until}
	case status < http.StatusBadRequest:
		r.Trouble = &policy.Trouble{Kind: policy.TroubleRefused, Hint: "CVE Services point elsewhere, where no key is sent; check the CNA's url"}
	case status == http.StatusUnauthorized:
		r.Trouble = &policy.Trouble{Kind: policy.TroubleRefused, Hint: "CVE Services do not know the user by this key; check cna.org, cna.user and the key's file"}
	case status == http.StatusRequestTimeout || status >= http.StatusInternalServerError || code == "UNABLE_TO_STORE_CVE_RECORD":
		r.Trouble = s.wire.Failed(method)
	default:
		r.Trouble = meaning(code, status)
		if status == http.StatusNotFound && code != "" {
			r.Known = errUnseen
		}
	}
	return r
}

// codeOf is the name that the API gives a refusal, empty where it is not the API that refuses.
func codeOf(body []byte) string {
	var said struct {
		Error string `json:"error"`
	}
	if json.Unmarshal(body, &said) != nil {
		return "" // not the API's form
	}
	return said.Error
}

// meaning says in words of ours what the API's codes mean.
func meaning(code string, status int) *policy.Trouble {
	refused := func(hint string) *policy.Trouble { return &policy.Trouble{Kind: policy.TroubleRefused, Hint: hint} }
	switch code {
	case "RESERVATION_IN_PROGRESS":
		return &policy.Trouble{Kind: policy.TroubleAway, Hint: "the CNA is reserving another number at this moment"}
	case "EXCEEDED_ID_QUOTA":
		return refused("the CNA has as many reserved numbers as it may; give back those that nobody needs, or ask for a higher quota")
	case "CANNOT_RESERVE_FOR_YEAR", "YEAR_RANGE_FULL", "RESERVED_PARTIAL_AMOUNT":
		return refused(noNumber)
	case "CNA_ONLY", "ORG_CANNOT_RESERVE_FOR_OTHER", "ORG_DNE", "ORG_DNE_PARAM", "ORG_DOES_NOT_EXIST", "CNA_DOES_NOT_EXIST", "NOT_SAME_ORG_OR_SECRETARIAT":
		return refused("the organization may not do this; check that cna.org is the short name of a CNA")
	case "ORG_DOES_NOT_OWN_ID", "CVEID_ORG_DOES_NOT_MATCH":
		return refused(notOurs)
	case "CVEID_DNE", "CVE_ID_NOT_FOUND", "CVE_RECORD_DNE", "NOT_FOUND":
		return refused("CVE Services know no such number or record")
	case "CVE_RECORD_EXISTS", "CANNOT_CHANGE_CVE_ID_WITH_RECORD":
		return &policy.Trouble{Kind: policy.TroubleConflict, Hint: "the number has got a record meanwhile"}
	case "RECORD_TOO_LARGE":
		return &policy.Trouble{Kind: policy.TroubleInvalid, Hint: "the record is larger than CVE Services take"}
	}
	switch status {
	case http.StatusForbidden:
		return refused("CVE Services forbid the user this; check the account's roles")
	case http.StatusNotFound:
		return refused("there is no such thing where CVE Services should be; check the CNA's url")
	}
	return &policy.Trouble{Kind: policy.TroubleInvalid, Hint: "CVE Services do not accept the content; check the notice against the CVE record format"}
}

const notOurs = "the number belongs to another CNA, or to nobody; ask that CNA, or correct the number"

const noNumber = "CVE Services give out no number of this year now"
