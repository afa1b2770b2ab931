package notice

import (
	"crypto/sha256"
	"crypto/sha512"
	"fmt"
	"path"
	"strings"
)

// Where CSAF's readers look: the standard names the first.
const (
	csafProviderFile = ".well-known/csaf/provider-metadata.json"
	csafFolder       = "csaf/white/" // what everybody may read
	csafFeedID       = "csaf-feed-tlp-white"
	csafFeedFile     = csafFolder + csafFeedID + ".json"
)

// What a CSAF provider says of itself, and its feed in ROLIE (RFC 8322).
type (
	csafProvider struct {
		URL           string             `json:"canonical_url"`
		Distributions []csafDistributing `json:"distributions"`
		Updated       string             `json:"last_updated"`
		List          bool               `json:"list_on_CSAF_aggregators"`
		Mirror        bool               `json:"mirror_on_CSAF_aggregators"`
		Version       string             `json:"metadata_version"`
		Publisher     csafPublisher      `json:"publisher"`
		Role          string             `json:"role"`
	}
	csafDistributing struct {
		ROLIE rolieFeeds `json:"rolie"`
	}
	rolieFeeds struct {
		Feeds []rolieFeedAt `json:"feeds"`
	}
	rolieFeedAt struct {
		Summary string `json:"summary"`
		Label   string `json:"tlp_label"`
		URL     string `json:"url"`
	}
	rolieDocument struct {
		Feed rolieFeed `json:"feed"`
	}
	rolieFeed struct {
		ID       string          `json:"id"`
		Title    string          `json:"title"`
		Link     []rolieLink     `json:"link"`
		Category []rolieCategory `json:"category"`
		Updated  string          `json:"updated"`
		Entry    []rolieEntry    `json:"entry"`
	}
	rolieLink struct {
		Rel  string `json:"rel"`
		Href string `json:"href"`
	}
	rolieCategory struct {
		Scheme string `json:"scheme"`
		Term   string `json:"term"`
	}
	rolieEntry struct {
		ID        string       `json:"id"`
		Title     string       `json:"title"`
		Link      []rolieLink  `json:"link"`
		Published string       `json:"published"`
		Updated   string       `json:"updated"`
		Summary   rolieSummary `json:"summary"`
		Content   rolieContent `json:"content"`
		Format    rolieFormat  `json:"format"`
	}
	rolieSummary struct {
		Content string `json:"content"`
	}
	rolieContent struct {
		Type string `json:"type"`
		Src  string `json:"src"`
	}
	rolieFormat struct {
		Schema  string `json:"schema"`
		Version string `json:"version"`
	}
)

// csafFiles make the site a CSAF provider: each advisory with its checksums, a feed of them, and what says where it is. A
// notice that CSAF can't tell of has none, and neither has a site without TLS, which a provider must have.
func csafFiles(records []*Record, look Look) ([]File, error) {
	if !strings.HasPrefix(look.Site, "https://") {
		return nil, nil
	}
	var files []File
	var entries []rolieEntry
	updated := ""
	for _, r := range records {
		if r.csafRefuses() != nil {
			continue
		}
		text, err := Render("csaf", r, look)
		if err != nil {
			return nil, fmt.Errorf("notice %s: %w", r.ID, err)
		}
		name := look.csafFile(r)
		files = append(files, File{name, text},
			File{name + ".sha256", fmt.Appendf(nil, "%x  %s\n", sha256.Sum256(text), path.Base(name))},
			File{name + ".sha512", fmt.Appendf(nil, "%x  %s\n", sha512.Sum512(text), path.Base(name))})
		entries = append(entries, r.rolieEntry(look))
		updated = max(updated, r.csafTracking(look).Current)
	}
	if len(entries) == 0 {
		return nil, nil
	}
	feed, err := inJSON("csaf-feed", look.rolieFeed(entries, updated))
	if err != nil {
		return nil, err
	}
	provider, err := inJSON("csaf-provider", look.csafProvider(updated))
	if err != nil {
		return nil, err
	}
	return append(files, File{csafFeedFile, feed}, File{csafProviderFile, provider}), nil
}

func (l Look) csafProvider(updated string) csafProvider {
	return csafProvider{
		URL: l.online(csafProviderFile), Updated: updated, List: true, Mirror: true, Version: "2.0",
		Publisher: l.csafPublisher(), Role: "csaf_provider",
		Distributions: []csafDistributing{{rolieFeeds{[]rolieFeedAt{{"All notices", "WHITE", l.online(csafFeedFile)}}}}},
	}
}

func (l Look) rolieFeed(entries []rolieEntry, updated string) rolieDocument {
	return rolieDocument{rolieFeed{
		ID: csafFeedID, Title: l.Project + " Security Notices", Updated: updated, Entry: entries,
		Link:     []rolieLink{{"self", l.online(csafFeedFile)}},
		Category: []rolieCategory{{"urn:ietf:params:rolie:category:information-type", "csaf"}},
	}}
}

func (r *Record) rolieEntry(look Look) rolieEntry {
	url, tracking := look.csafURL(r), r.csafTracking(look)
	return rolieEntry{
		ID: tracking.ID, Title: r.summary(), Published: tracking.Initial, Updated: tracking.Current,
		Link:    []rolieLink{{"self", url}, {"hash", url + ".sha256"}, {"hash", url + ".sha512"}},
		Summary: rolieSummary{words(r.Description)}, Content: rolieContent{"application/json", url},
		Format: rolieFormat{"https://docs.oasis-open.org/csaf/csaf/v2.0/csaf_json_schema.json", "2.0"},
	}
}

// csafFile is where an advisory lies on the site: the standard asks for the year in which it came out, and for small letters.
func (l Look) csafFile(r *Record) string {
	return fmt.Sprintf("%s%d/%s.json", csafFolder, r.Lifecycle.day().Year(), strings.ToLower(l.Name(r)))
}

func (l Look) csafURL(r *Record) string { return l.online(l.csafFile(r)) }
