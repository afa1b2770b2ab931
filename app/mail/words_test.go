package mail

import (
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/liftgate/liftgate/policy"
)

// A server may say anything in any order: there is an outcome, in our own words, and none is a success without the whole text.
func FuzzServersWords(f *testing.F) {
	const good = "220 a\r\n250 b\r\n250 c\r\n250 d\r\n354 e\r\n250 2.0.0 Ok: queued as 4WxYz\r\n221 f\r\n"
	f.Add([]byte(good))
	for i := range len(good) / 7 {
		f.Add([]byte(good[:i*7]))
	}
	f.Add([]byte(strings.Replace(good, "250 c", "550 5.7.1 no", 1)))
	f.Add([]byte("220-\r\n220 \r\n250-SIZE -1\r\n250-AUTH\r\n250 STARTTLS\r\n"))
	f.Fuzz(func(t *testing.T, words []byte) {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer listener.Close()
		heard := make(chan string, 1)
		go func() {
			conn, err := listener.Accept()
			if err != nil {
				heard <- ""
				return
			}
			defer conn.Close()
			_, _ = conn.Write(words) // as far as anybody listens
			_ = conn.(*net.TCPConn).CloseWrite()
			text, _ := io.ReadAll(conn)
			heard <- string(text)
		}()
		s, err := New(Options{Host: "127.0.0.1", Port: listener.Addr().(*net.TCPAddr).Port, TLS: InClear, Timeout: 5 * time.Second, Now: noon})
		if err != nil {
			t.Fatal(err)
		}
		m := announcement()
		receipt, err := s.Send(t.Context(), cleared(t, m.Advisory), m)
		whole := strings.Contains(<-heard, "\r\n.\r\n")
		if err == nil {
			if !whole || receipt.MessageID != m.ID() || len(receipt.Queue) > 64 {
				t.Errorf("done with %+v, the text was there: %v", receipt, whole)
			}
			return
		}
		trouble := policy.AsTrouble(err)
		if trouble.Kind == policy.TroubleUnknown && !whole || !strings.HasPrefix(trouble.Hint, "the mail ") || len(trouble.Hint) > 200 {
			t.Errorf("%v, the text was there: %v", err, whole)
		}
	})
}
