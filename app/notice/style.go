package notice

// style is the site's style sheet. Empty lines in a text stay visible, as the markup has no paragraphs of its own.
const style = `body { margin: 2em auto; max-width: 60em; padding: 0 1em; font-family: sans-serif; line-height: 1.5; color: #222; background: #fff; }
h1 { font-size: 1.6em; }
h2 { font-size: 1.3em; font-weight: normal; }
h3 { margin-top: 1.5em; border-bottom: 1px solid #ccc; font-size: 1.1em; }
p { white-space: pre-line; }
table { margin-bottom: 1em; border-spacing: 0; }
th, td { padding: 0.1em 1em 0.1em 0; text-align: left; vertical-align: top; font-weight: normal; overflow-wrap: anywhere; }
th { color: #666; white-space: nowrap; }
a { color: #0645ad; }
.alt { color: #666; font-size: 0.9em; white-space: normal; }
@media (prefers-color-scheme: dark) {
  body { color: #ddd; background: #1a1a1a; }
  th, .alt { color: #aaa; }
  a { color: #8ab4f8; }
}
`
