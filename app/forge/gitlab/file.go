package gitlab

import (
	"bytes"
	"context"
	"net/http"
	"net/url"

	"github.com/liftgate/liftgate/app/forge/wire"
	"github.com/liftgate/liftgate/policy"
)

const (
	// projectFile is where a project keeps its rules.
	projectFile = ".gitlab/liftgate.yml"
	maxFile     = 1 << 20
)

// ProjectFile reads the project's configuration as it stands in one commit of the public project. The mirror has the same
// file, but whoever may push there could give rights to himself.
//
// An empty commit is that of a default branch that does not exist.
func (f *Forge) ProjectFile(ctx context.Context, commit string) (content []byte, found bool, err error) {
	if commit == "" {
		return nil, false, &policy.Trouble{Kind: policy.TroubleInvalid, Hint: "the public project has no default branch to read " + projectFile + " from"}
	}
	content, found, err = f.file(ctx, f.public, projectFile, commit)
	if err == nil && len(content) > maxFile {
		content, err = nil, &policy.Trouble{Kind: policy.TroubleInvalid, Hint: projectFile + " is not a plain file of less than 1 MiB"}
	}
	return content, found, wire.Told("read the project's configuration", err)
}

// file reads one file at a branch or commit.
func (f *Forge) file(ctx context.Context, at place, name, ref string) (content []byte, found bool, err error) {
	var b bytes.Buffer
	path := at.path() + "/repository/files/" + url.PathEscape(name) + "/raw"
	_, err = f.call(ctx, asBot, http.MethodGet, path, url.Values{"ref": {ref}}, nil, &b)
	if wire.Gone(err) {
		return nil, false, nil
	}
	return b.Bytes(), err == nil, err
}
