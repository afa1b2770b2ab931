package github

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/liftgate/liftgate/app/forge/sandbox"
)

// pushRequest is a receive-pack request taken apart.
type pushRequest struct {
	commands []sandbox.RefChange
	caps     string
	options  []byte // push options section, flush included
	pack     []byte
	raw      []byte
}

var errMalformed = errors.New("malformed push")

func readPush(r *http.Request) (*pushRequest, error) {
	var body io.Reader = r.Body
	if r.Header.Get("Content-Encoding") == "gzip" {
		z, err := gzip.NewReader(r.Body)
		if err != nil {
			return nil, errMalformed
		}
		body = z
	}
	raw, err := io.ReadAll(body)
	if err != nil {
		return nil, errMalformed
	}
	req := &pushRequest{raw: raw}
	in := bufio.NewReader(bytes.NewReader(raw))
	used := 0
	for {
		line, n, err := readPkt(in)
		if err != nil {
			return nil, errMalformed
		}
		used += n
		if line == nil {
			break
		}
		text, caps, has := strings.Cut(strings.TrimSuffix(string(line), "\n"), "\x00")
		if has {
			req.caps = caps
		}
		f := strings.Fields(text)
		if len(f) != 3 || len(f[0]) != 40 || len(f[1]) != 40 {
			return nil, errMalformed // shallow and certificate lines are not for this server
		}
		req.commands = append(req.commands, sandbox.RefChange{Ref: f[2], Old: f[0], New: f[1]})
	}
	if req.capable("push-options") {
		start := used
		for {
			line, n, err := readPkt(in)
			if err != nil {
				return nil, errMalformed
			}
			used += n
			if line == nil {
				break
			}
		}
		req.options = raw[start:used]
	}
	req.pack = raw[used:]
	return req, nil
}

func (p *pushRequest) capable(name string) bool {
	for c := range strings.FieldsSeq(p.caps) {
		if c == name {
			return true
		}
	}
	return false
}

// readPkt reads one pkt-line; nil is a flush.
func readPkt(in *bufio.Reader) ([]byte, int, error) {
	var head [4]byte
	if _, err := io.ReadFull(in, head[:]); err != nil {
		return nil, 0, err
	}
	var n int
	if _, err := fmt.Sscanf(string(head[:]), "%04x", &n); err != nil || n != 0 && n < 4 {
		return nil, 0, errMalformed
	}
	if n == 0 {
		return nil, 4, nil
	}
	line := make([]byte, n-4)
	if _, err := io.ReadFull(in, line); err != nil {
		return nil, 0, err
	}
	return line, n, nil
}

func pkt(s string) string { return fmt.Sprintf("%04x%s", len(s)+4, s) }
