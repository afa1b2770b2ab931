package github

import (
	"bytes"
	"container/list"
	"io"
	"net/http"
	"sync"
)

// etags keeps answers by purpose and URL, the least recently used dropped first, so that a read that finds nothing new
// costs nothing of the rate limit. The purpose is part of the key because one repository can look different to two tokens.
// What it keeps may be embargoed; it lives in memory only.
type etags struct {
	mu    sync.Mutex
	max   int // bytes
	size  int
	order *list.List // of *kept, most recent first
	byKey map[string]*list.Element
}

type kept struct {
	key, tag string
	header   http.Header
	body     []byte
}

const maxCached = 64 << 20

func newETags(limit int) *etags {
	return &etags{max: limit, order: list.New(), byKey: map[string]*list.Element{}}
}

// find gives what is kept of an address, or nil. An entry is never changed, so it stays good while others replace it.
func (e *etags) find(key string) *kept {
	e.mu.Lock()
	defer e.mu.Unlock()
	el, ok := e.byKey[key]
	if !ok {
		return nil
	}
	e.order.MoveToFront(el)
	return el.Value.(*kept)
}

// answer is what was kept, as if GitHub had sent it again.
func (k *kept) answer(req *http.Request) *http.Response {
	return &http.Response{
		Status: "200 OK", StatusCode: http.StatusOK, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: k.header.Clone(), Body: io.NopCloser(bytes.NewReader(k.body)), ContentLength: int64(len(k.body)), Request: req,
	}
}

func (e *etags) keep(key, tag string, header http.Header, body []byte) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if el, ok := e.byKey[key]; ok {
		e.drop(el)
	}
	k := &kept{key: key, tag: tag, header: http.Header{}, body: body}
	for _, name := range []string{"Content-Type", "Link"} { // all that is read of a header
		if v := header.Values(name); len(v) > 0 {
			k.header[name] = v
		}
	}
	e.byKey[key] = e.order.PushFront(k)
	e.size += k.weight()
	for e.size > e.max {
		e.drop(e.order.Back())
	}
}

func (e *etags) drop(el *list.Element) {
	k := e.order.Remove(el).(*kept)
	delete(e.byKey, k.key)
	e.size -= k.weight()
}

func (k *kept) weight() int { return len(k.key) + len(k.body) + 512 } // headers and bookkeeping, roughly
