package notice

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// The states of a record in the CVE List.
const (
	CVEPublished = "PUBLISHED"
	CVERejected  = "REJECTED"
)

// CVERecord is what a record in the CVE List says of itself.
type CVERecord struct {
	State     string
	Published time.Time // when it came into the list; zero if it does not tell
}

// ReadCVE reads the public record of a number, in CVE JSON 5. Another number's record is refused.
func ReadCVE(number string, src []byte) (CVERecord, error) {
	if len(src) > MaxSize {
		return CVERecord{}, fmt.Errorf("the record has %d bytes, and at most %d are read", len(src), MaxSize)
	}
	var record struct {
		Type    string `json:"dataType"`
		Version string `json:"dataVersion"`
		Meta    struct {
			ID        string `json:"cveId"`
			State     string `json:"state"`
			Published string `json:"datePublished"`
		} `json:"cveMetadata"`
	}
	if err := json.Unmarshal(src, &record); err != nil {
		return CVERecord{}, &Error{"cve", "this is no record in JSON"} // what the library says repeats it
	}
	meta := record.Meta
	switch {
	case record.Type != "CVE_RECORD" || !strings.HasPrefix(record.Version, "5."):
		return CVERecord{}, &Error{"dataVersion", "this is no CVE record of version 5"}
	case meta.ID != number:
		return CVERecord{}, &Error{"cveMetadata.cveId", "this is another number's record"}
	case meta.State != CVEPublished && meta.State != CVERejected:
		return CVERecord{}, &Error{"cveMetadata.state", "a record is published or rejected, and this is neither"}
	}
	published, err := cveTime(meta.Published)
	return CVERecord{meta.State, published}, err
}

// cveTime reads a time, which is in UTC if it names no zone.
func cveTime(text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05"} {
		if t, err := time.Parse(layout, text); err == nil {
			return t.UTC(), nil
		}
	}
	return time.Time{}, &Error{"cveMetadata.datePublished", "this is no time"}
}
