// Package config reads the two documents that configure Liftgate, and refuses what it does not understand.
//
// The server's document, [Server], is one YAML file of the operator: where to listen, where data and keys lie, the GitHub
// App or GitLab's tokens, and the projects. It holds no secret, only the paths of files with one. Relative paths are
// relative to the document. Read it with [LoadServer].
//
// The project's document, [Project], is .github/liftgate.yml (.gitlab/liftgate.yml on GitLab) on the default branch of the
// public repository: branches, people, embargo, fixes, checks. Every key has a working default, so an empty or absent file
// is valid. Read it with [ParseProject] and turn it into the rules that package policy decides by with [Project.Rules].
//
// A mistake is an [*Error] with line, column and an excerpt, from which whatever looks like a secret is blanked. [Check]
// tells what is wrong with a file of either kind, and [Schema] describes both to an editor.
//
// To add a key: add a field with its yaml tag and description, its default in the document's default function, its check
// in the document's validate method, and update the golden files (go test ./app/liftgate/config -update).
package config
