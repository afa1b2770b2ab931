package sandbox

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
)

// Push is a receive-pack request taken apart.
type Push struct {
	Commands []RefChange
	Pack     []byte
	caps     string
	options  []byte // push options section, flush included
	raw      []byte
}

var errMalformed = errors.New("malformed push")

// ReadPush reads the body of a receive-pack request.
func ReadPush(r *http.Request) (*Push, error) {
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
	p := &Push{raw: raw}
	in := bufio.NewReader(bytes.NewReader(raw))
	used, err := p.readCommands(in)
	if err != nil {
		return nil, err
	}
	if p.Capable("push-options") {
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
		p.options = raw[start:used]
	}
	p.Pack = raw[used:]
	return p, nil
}

// readCommands reads the refs to move and gives the length of what it read.
func (p *Push) readCommands(in *bufio.Reader) (used int, err error) {
	for {
		line, n, err := readPkt(in)
		if err != nil {
			return 0, errMalformed
		}
		used += n
		if line == nil {
			return used, nil
		}
		text, caps, has := strings.Cut(strings.TrimSuffix(string(line), "\n"), "\x00")
		if has {
			p.caps = caps
		}
		f := strings.Fields(text)
		if len(f) != 3 || len(f[0]) != 40 || len(f[1]) != 40 {
			return 0, errMalformed // shallow and certificate lines are not for this server
		}
		p.Commands = append(p.Commands, RefChange{Ref: f[2], Old: f[0], New: f[1]})
	}
}

// Capable tells whether the client knows a capability.
func (p *Push) Capable(name string) bool {
	return slices.Contains(strings.Fields(p.caps), name)
}

// Options gives the push options (git push -o), one a line of the client's.
func (p *Push) Options() []string {
	var list []string
	in := bufio.NewReader(bytes.NewReader(p.options))
	for {
		line, _, err := readPkt(in)
		if err != nil || line == nil {
			return list
		}
		list = append(list, strings.TrimSuffix(string(line), "\n"))
	}
}

// Without rebuilds the request with only the commands that may pass: those without an Error.
func (p *Push) Without(changes []RefChange) []byte {
	var b bytes.Buffer
	first := true
	for _, ch := range changes {
		if ch.Error != "" {
			continue
		}
		line := ch.Old + " " + ch.New + " " + ch.Ref
		if first {
			line += "\x00" + p.caps
			first = false
		}
		b.WriteString(pkt(line))
	}
	b.WriteString("0000")
	b.Write(p.options)
	b.Write(p.Pack)
	return b.Bytes()
}

// Report writes git's report-status for a push that git did not see, or saw only in part. The remote words are what the
// client prints with "remote:" before each line.
func (p *Push) Report(w http.ResponseWriter, remote string, changes []RefChange) {
	var inner strings.Builder
	inner.WriteString(pkt("unpack ok\n"))
	for _, ch := range changes {
		if ch.Error == "" {
			inner.WriteString(pkt("ok " + ch.Ref + "\n"))
		} else {
			inner.WriteString(pkt("ng " + ch.Ref + " " + ch.Error + "\n"))
		}
	}
	inner.WriteString("0000")
	var out bytes.Buffer
	reports := p.Capable("report-status") || p.Capable("report-status-v2")
	switch {
	case !reports:
	case p.Capable("side-band-64k"):
		if remote != "" {
			out.WriteString(pkt("\x02" + remote))
		}
		out.WriteString(pkt("\x01" + inner.String()))
		out.WriteString("0000")
	default:
		out.WriteString(inner.String())
	}
	w.Header().Set("Content-Type", "application/x-git-receive-pack-result")
	w.Header().Set("Cache-Control", "no-cache")
	w.WriteHeader(http.StatusOK)
	_, _ = w.Write(out.Bytes()) // the client hung up; there is nobody left to tell
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
