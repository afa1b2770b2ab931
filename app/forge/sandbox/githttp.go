package sandbox

import (
	"net/http"
	"time"
)

// Visitor is who knocks at a repository over git, and whether they may come in.
type Visitor struct {
	Scope   TokenScope
	Bare    *Bare
	Judge   Judge // of what is pushed
	Status  int   // refuses when not 0
	Message string
	// Declined, if set, refuses every ref of a push of which one is refused, atomic or not, as a pre-receive hook does.
	Declined string
}

// Judge decides about a push and follows it up. It is locked from the first question until the refs have landed, so that
// neither rules nor refs change between the judgement and the move.
type Judge interface {
	Lock()
	Unlock()
	// Curious tells whether the objects must be looked at before they get in.
	Curious() bool
	// Refuse says why one ref may not move, as git's status and as words for the terminal; no status lets it pass. The ref
	// points to now, and env lets git see what was pushed if the judge is curious.
	Refuse(change RefChange, now string, env []string) (status, words string)
	// Landed follows up on refs that moved (those without an Error) and tells whether strangers can see them.
	Landed(changes []RefChange) (public bool)
}

// GitHTTP is the smart HTTP side of a stand-in: git http-backend does the work; reading the command list, the fault plan
// and the log are here; who may do what is the stand-in's to say.
type GitHTTP struct {
	Admit  func(r *http.Request, path string, push bool) Visitor
	Faults *Faults
	Log    *Recorder
	Now    func() time.Time
	Realm  string // in the demand for a password
}

// visit is one git request on its way.
type visit struct {
	Visitor
	r     *http.Request
	entry Request
	push  *Push // for the request that carries commands
}

func (g *GitHTTP) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path, tail := SplitRemote(r.URL.Path)
	if path == "" {
		http.NotFound(w, r)
		return
	}
	v := g.open(r, path, tail)
	fault := g.Faults.Consult(Call{Method: r.Method, Path: r.URL.Path, Route: v.entry.Route, Repo: path, Actor: v.Scope.Actor,
		Scope: v.Scope, Git: true, Write: v.entry.Route == "git-receive-pack" && r.Method == http.MethodPost, Refs: v.entry.Refs})
	if fault.Refuse == nil && fault.AfterApply == nil && v.Status == 0 && !v.carries() {
		Play(r.Context(), fault, func() int { v.stream(w); return 0 }, nil)
		g.Log.Record(v.entry, nil)
		return
	}
	var pack []byte
	out := Play(r.Context(), fault, func() *memory {
		out, applied := g.apply(v)
		pack = applied
		return out
	}, instead)
	if fault.Refuse != nil {
		v.entry.Refs = nil
	}
	v.entry.Status = out.status
	if fault.Drops() {
		v.entry.Status = 0
	}
	g.Log.Record(v.entry, pack)
	if fault.Drops() {
		HangUp(w)
		return
	}
	out.copyTo(w)
}

// open decides about access and, for a push, reads it.
func (g *GitHTTP) open(r *http.Request, path, tail string) *visit {
	service := r.URL.Query().Get("service")
	if r.Method == http.MethodPost {
		service = tail
	}
	push := service == "git-receive-pack"
	v := &visit{Visitor: g.Admit(r, path, push), r: r}
	v.entry = Request{Time: g.Now().UTC(), Method: r.Method, Path: r.URL.RequestURI(), Repo: path, Route: service, Token: v.Scope}
	if v.Status == 0 && push && r.Method == http.MethodPost {
		var err error
		if v.push, err = ReadPush(r); err != nil {
			v.Status, v.Message = http.StatusBadRequest, "malformed push"
			return v
		}
		v.entry.Refs = v.push.Commands
		v.r = unpacked(r, v.push.raw)
	}
	return v
}

// carries tells whether refs are to be moved; git tries its password with a push of nothing.
func (v *visit) carries() bool { return v.push != nil && len(v.push.Commands) > 0 }

// stream lets a fetch or an advertisement through as it comes.
func (v *visit) stream(w http.ResponseWriter) {
	sniff := &statusWriter{ResponseWriter: w, status: http.StatusOK}
	Backend(v.Bare).ServeHTTP(sniff, v.r)
	v.entry.Status = sniff.status
}

// instead is the answer that a fault plan gives.
func instead(r Refusal) *memory {
	out := newMemory()
	for k, v := range r.Header {
		out.header[k] = v
	}
	http.Error(out, r.Body, r.Status)
	return out
}

// apply does what is asked, into memory, and gives the pack that a push brought.
func (g *GitHTTP) apply(v *visit) (out *memory, pack []byte) {
	out = newMemory()
	switch {
	case v.Status != 0:
		if v.Status == http.StatusUnauthorized {
			out.header.Set("WWW-Authenticate", `Basic realm="`+g.Realm+`"`)
		}
		http.Error(out, v.Message, v.Status)
		return out, nil
	case !v.carries():
		Backend(v.Bare).ServeHTTP(out, v.r)
		return out, nil
	}
	v.receive(out)
	return out, v.push.Pack
}

// receive judges a push ref by ref, lets git apply what may pass, and has it followed up.
func (v *visit) receive(out *memory) {
	v.Judge.Lock()
	defer v.Judge.Unlock()
	var env []string
	if v.Judge.Curious() {
		seen, drop, err := v.Bare.Quarantine(v.r.Context(), v.push.Pack)
		if err != nil {
			v.entry.Refs = refuseAll(v.push.Commands, "unpacker error")
			v.push.Report(out, "error: the pack is broken\n", v.entry.Refs)
			return
		}
		defer drop()
		env = seen
	}
	changes, words, refused := v.judge(env)
	v.entry.Refs = changes
	if refused == len(changes) {
		v.push.Report(out, words, changes)
		return
	}
	Backend(v.Bare).ServeHTTP(out, unpacked(v.r, v.push.Without(changes)))
	moved := v.readBack(changes)
	if refused > 0 {
		*out = *newMemory()
		v.push.Report(out, words, changes)
	}
	v.entry.Public = v.Judge.Landed(changes) && moved
}

// judge asks about every ref; an atomic push is refused as a whole, and so is any if a hook judges it.
func (v *visit) judge(env []string) (changes []RefChange, words string, refused int) {
	changes = refuseAll(v.push.Commands, "")
	now := v.Bare.Snapshot()
	for i, ch := range changes {
		if status, remote := v.Judge.Refuse(ch, now[ch.Ref], env); status != "" {
			changes[i].Error = status
			words += remote
			refused++
		}
	}
	status := v.Declined
	if status == "" && v.push.Capable("atomic") {
		status = "atomic push failure"
	}
	if refused == 0 || status == "" {
		return changes, words, refused
	}
	for i := range changes {
		if changes[i].Error == "" {
			changes[i].Error = status
		}
	}
	return changes, words, len(changes)
}

// readBack marks what git itself refused, by looking where the refs are now, and tells whether any moved.
func (v *visit) readBack(changes []RefChange) (moved bool) {
	now := v.Bare.Snapshot()
	for i, ch := range changes {
		if ch.Error == "" && OrZero(now[ch.Ref]) != ch.New {
			changes[i].Error = "failed to update ref"
		}
		moved = moved || changes[i].Error == "" && ch.Old != ch.New
	}
	return moved
}

// refuseAll copies changes and gives each the same reason, which may be none.
func refuseAll(changes []RefChange, why string) []RefChange {
	out := append([]RefChange(nil), changes...)
	for i := range out {
		out[i].Error = why
	}
	return out
}
