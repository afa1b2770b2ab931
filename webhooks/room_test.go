package webhooks

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// stream is a body that goes on until it meets the brim, and rests there until it may go on.
type stream struct {
	brim int64
	read atomic.Int64
	goOn <-chan struct{}
}

func (s *stream) Read(p []byte) (int, error) {
	left := s.brim - s.read.Load()
	if left == 0 {
		<-s.goOn
		left = int64(len(p))
	}
	n := min(int64(len(p)), left)
	s.read.Add(n)
	return int(n), nil
}

// floods sends bodies of unknown length with well-formed signatures, all at once. It returns when they have come as far as
// they can, and each answer comes when its flood is through.
func floods(h http.Handler, many int, brim int64, goOn <-chan struct{}) ([]*stream, <-chan *http.Response) {
	streams, answers := make([]*stream, many), make(chan *http.Response, many)
	for i := range streams {
		streams[i] = &stream{brim: brim, goOn: goOn}
		go func() {
			req := httptest.NewRequest(http.MethodPost, "/", streams[i])
			req.Header, req.ContentLength = sign("push", "stranger", ""), -1
			w := httptest.NewRecorder()
			h.ServeHTTP(w, req)
			answers <- w.Result()
		}()
	}
	synctest.Wait()
	return streams, answers
}

func quietly(t *testing.T) (*doorpost, *github) {
	t.Helper()
	post := &doorpost{}
	h, err := GitHub([][]byte{[]byte("secret")}, post.ring, noon, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return post, h.(*github)
}

func post(h http.Handler, body string) *http.Response {
	req := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
	req.Header = sign("push", "secret", body)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, req)
	return w.Result()
}

// However many floods come at once, they hold a bounded memory, usual deliveries get through in the meantime, and
// afterwards large ones do.
func TestFloodsAtOnce(t *testing.T) {
	const many = 200
	synctest.Test(t, func(t *testing.T) {
		doorpost, h := quietly(t)
		goOn := make(chan struct{})
		before := heap()
		streams, answers := floods(h, many, MaxBody, goOn)

		bound := int64(largeMany*MaxBody + mediumMany*(mediumBody+1) + many*(smallBody+1))
		var read int64
		for _, s := range streams {
			read += s.read.Load()
		}
		if read > bound || read < largeMany*MaxBody {
			t.Errorf("%d bytes were read, want at most %d", read, bound)
		}
		if held := heap() - before; held > 2*bound {
			t.Errorf("%d bytes are held for %d bytes that may be read", held, bound)
		}
		if resp := post(h, issueBody); resp.StatusCode != http.StatusAccepted {
			t.Errorf("a usual delivery amid the floods: %s", resp.Status)
		}

		time.Sleep(roomPatient) // the bubble's time, which costs none
		synctest.Wait()
		close(goOn)
		seen := map[int]int{}
		for range many {
			resp := <-answers
			seen[resp.StatusCode]++
			if resp.StatusCode == http.StatusServiceUnavailable && resp.Header.Get("Retry-After") == "" {
				t.Error("503 does not say when to come again")
			}
		}
		if seen[http.StatusRequestEntityTooLarge] < largeMany || seen[http.StatusServiceUnavailable] == 0 || len(seen) != 2 {
			t.Errorf("answers by status: %v", seen)
		}
		if len(h.room.medium)+len(h.room.large) != 0 {
			t.Error("places are still taken")
		}
		large := `{"ref":"refs/heads/main","repository":{"full_name":"a/b"},"x":"` + strings.Repeat("x", 2*mediumBody) + `"}`
		if resp := post(h, large); resp.StatusCode != http.StatusAccepted {
			t.Errorf("a large delivery afterwards: %s", resp.Status)
		}
		if len(doorpost.bells) != 2 {
			t.Errorf("%d doorbells, want 2", len(doorpost.bells))
		}
	})
}

// Large deliveries that come together wait for each other, and all arrive.
func TestLargeOnesTakeTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		doorpost, h := quietly(t)
		body := `{"repository":{"full_name":"a/b"},"x":"` + strings.Repeat("x", mediumBody) + `"}`
		var all sync.WaitGroup
		for range 3 * largeMany {
			all.Go(func() {
				if resp := post(h, body); resp.StatusCode != http.StatusAccepted {
					t.Errorf("%s", resp.Status)
				}
			})
		}
		all.Wait()
		if len(doorpost.bells) != 3*largeMany {
			t.Errorf("%d doorbells", len(doorpost.bells))
		}
	})
}

// Every length arrives whole, whatever the pieces that it comes in.
func TestGrow(t *testing.T) {
	text := strings.Repeat("0123456789", mediumBody/5)
	for _, length := range []int{0, 1, 4095, 4096, 4097, smallBody - 1, smallBody, smallBody + 1, mediumBody, mediumBody + 1, len(text)} {
		for name, r := range map[string]io.Reader{
			"whole": strings.NewReader(text[:length]), "in pieces": io.MultiReader(strings.NewReader(text[:length/3]), strings.NewReader(text[length/3:length])),
		} {
			m := newRoom()
			body, leave, err := m.read(t.Context(), r, MaxBody)
			if err != nil || string(body) != text[:length] {
				t.Errorf("%d bytes %s: %d bytes, %v", length, name, len(body), err)
			}
			leave()
			if len(m.medium)+len(m.large) != 0 {
				t.Errorf("%d bytes: places are still taken", length)
			}
		}
	}
}

func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
