package sandbox

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// maxBody bounds what is read of one REST request.
const maxBody = 64 << 20

// REST is the REST side of a stand-in: reading the request, the fault plan and the log are here; what it means and what
// is answered is the stand-in's to say.
type REST struct {
	Open func(r *http.Request, body []byte) Exchange
	Now  func() time.Time

	server *Server
}

// Exchange is one REST request on its way through a stand-in.
type Exchange interface {
	// About tells which operation it is, in which repository, and who asks, for the fault plan and the log.
	About() (route, repo string, by TokenScope)
	// Run does what is asked for, if it may be done.
	Run() Reply
	// Instead is the answer that a fault plan puts in place of the stand-in's own.
	Instead(Refusal) Reply
	// Render makes a reply ready to be sent.
	Render(Reply) Answer
	// Trace tells which refs moved, and whether strangers can see what was brought; then shown is that.
	Trace() (refs []RefChange, public bool, shown []byte)
}

// Reply is what a handler answers. A nil body is no body.
type Reply struct {
	Status int
	Body   any
	Header http.Header
	Raw    []byte // instead of Body
	Type   string // of the content, where it is not JSON
}

// Render makes an answer of a reply, with an entity tag where there is something to tag, and turns what the client has
// already into 304. The header is the forge's own; the reply's wins.
func (r Reply) Render(req *http.Request, header http.Header, json string) Answer {
	maps.Copy(header, r.Header)
	out := Answer{Status: r.Status, Header: header, Body: r.Raw}
	if out.Body == nil && r.Body != nil {
		out.Body = Encode(r.Body)
	}
	if req.Method == http.MethodGet && out.Status == http.StatusOK {
		sum := sha256.Sum256(out.Body)
		tag := `"` + hex.EncodeToString(sum[:]) + `"`
		header.Set("ETag", "W/"+tag)
		if strings.Contains(req.Header.Get("If-None-Match"), tag) {
			out.Status = http.StatusNotModified
		}
	}
	if out.Status == http.StatusNoContent || out.Status == http.StatusNotModified {
		out.Body = nil
	}
	if out.Body != nil {
		header.Set("Content-Type", cmp.Or(r.Type, json))
	}
	return out
}

// Answer is a reply ready to be sent.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
}

// Encode writes JSON as the forges do: <, > and & are themselves.
func Encode(v any) []byte {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		panic("sandbox: an answer is not JSON: " + err.Error()) // only a bug of ours can get here
	}
	return bytes.TrimSpace(buf.Bytes())
}

func (s REST) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	began := s.Now()
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	x := s.Open(r, body)
	if err != nil {
		x.Render(x.Instead(Refusal{Status: http.StatusRequestEntityTooLarge})).send(w)
		return
	}
	route, repo, by := x.About()
	fault := s.server.Consult(Call{
		Method: r.Method, Path: r.URL.Path, Route: route, Repo: repo, Actor: by.Actor, Scope: by,
		Write: r.Method != http.MethodGet && r.Method != http.MethodHead,
	})
	out := x.Render(Play(r.Context(), fault, x.Run, x.Instead))
	if fault.Drops() {
		out.Status = 0
	}
	refs, public, shown := x.Trace()
	// Logged before it is sent, so that a client that has its answer finds it in the log.
	s.server.recorder.Record(Request{
		Time: began, Method: r.Method, Path: r.URL.RequestURI(), Route: route, Repo: repo, Token: by,
		Status: out.Status, Public: public, Refs: refs,
	}, shown)
	if fault.Drops() {
		HangUp(w)
		return
	}
	out.send(w)
}

func (a Answer) send(w http.ResponseWriter) {
	for k, v := range a.Header {
		w.Header()[k] = v
	}
	if a.Body != nil {
		w.Header().Set("Content-Length", strconv.Itoa(len(a.Body)))
	}
	w.WriteHeader(a.Status)
	_, _ = w.Write(a.Body) // the client hung up; there is nobody left to tell
}
