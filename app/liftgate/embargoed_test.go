package main

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"testing"

	"github.com/liftgate/liftgate/policy"
)

// policy does not know slog, so embargoed text can't tell it what to print: the handlers have to find the placeholder by
// themselves, wherever the text lies in what is logged.
func TestLogsShowAPlaceholder(t *testing.T) {
	type pair struct {
		Shown  policy.Text
		Beside *policy.Text
	}
	const words = "CANARY"
	text := policy.Embargoed(words)
	logged := map[string]any{
		"value": text, "pointer": &text,
		"struct": pair{text, &text}, "pointer to a struct": &pair{text, &text},
		"slice": []policy.Text{text}, "array": [1]policy.Text{text}, "anything": []any{text, &text},
		"map": map[string]policy.Text{"key": text}, "key of a map": map[policy.Text]int{text: 1},
		"group": slog.GroupValue(slog.Any("inner", text), slog.Any("struct", pair{text, &text})),
		"error": fmt.Errorf("push %v: %w", text, fmt.Errorf("refused: %s", text)),
	}
	for _, verb := range []string{"%v", "%s", "%q", "%#v", "%+v", "%x", "%d", "%10s", "%t"} {
		logged[verb] = fmt.Sprintf(verb, text)
		logged[verb+" of a pointer"] = fmt.Sprintf(verb, &text)
		logged[verb+" of a struct"] = fmt.Sprintf(verb, pair{text, &text})
		logged[verb+" of an error"] = fmt.Errorf("push "+verb, text)
	}
	for name, handler := range map[string]func(io.Writer) slog.Handler{
		"text": func(w io.Writer) slog.Handler { return slog.NewTextHandler(w, nil) },
		"JSON": func(w io.Writer) slog.Handler { return slog.NewJSONHandler(w, nil) },
	} {
		for where, value := range logged {
			for how, log := range map[string]func(*slog.Logger){
				"argument": func(l *slog.Logger) { l.Info("said", "key", value) },
				"with":     func(l *slog.Logger) { l.With("key", value).Info("said") },
				"group":    func(l *slog.Logger) { l.WithGroup("outer").Info("said", slog.Group("key", "inner", value)) },
			} {
				var out bytes.Buffer
				log(slog.New(handler(&out)))
				if !strings.Contains(out.String(), "[embargoed]") || strings.Contains(out.String(), words) {
					t.Errorf("%s handler, %s as %s: %s", name, where, how, &out)
				}
			}
		}
	}
}

// What fmt can't ask is no way out either: it prints an address.
func TestLogsDoNotLookInside(t *testing.T) {
	type closed struct{ text policy.Text }
	const words = "CANARY"
	text := policy.Embargoed(words)
	for where, value := range map[string]any{
		"struct": closed{text}, "pointer": &closed{text}, "slice": []closed{{text}}, "pointer to a pointer": new(&text),
	} {
		var out bytes.Buffer
		for _, handler := range []slog.Handler{slog.NewTextHandler(&out, nil), slog.NewJSONHandler(&out, nil)} {
			slog.New(handler).Info("said", "key", value, "err", fmt.Errorf("push %v %+v %#v", value, value, value))
		}
		if strings.Contains(out.String(), words) || strings.Count(out.String(), "said") != 2 {
			t.Errorf("%s: %s", where, &out)
		}
	}
}
