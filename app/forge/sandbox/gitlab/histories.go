package gitlab

// historyRoutes serves who set which label and who opened or closed, for issues and, with another find, for merge
// requests.
func historyRoutes(kind, param string, find func(*call) (*issuable, *reply)) []route {
	at := func(handle func(*call, *issuable) reply) func(*call) reply {
		return func(c *call) reply {
			i, rep := find(c)
			if rep != nil {
				return *rep
			}
			return handle(c, i)
		}
	}
	base := "/api/v4/projects/{id}/" + kind + "/{" + param + "}"
	return []route{
		{method: "GET", pattern: base + "/resource_label_events", handle: at((*call).listRelabels)},
		{method: "GET", pattern: base + "/resource_label_events/{event_id}", handle: at((*call).getRelabel)},
		{method: "GET", pattern: base + "/resource_state_events", handle: at((*call).listMoves)},
	}
}

func (s *Server) relabelObj(i *issuable, e *relabel) obj {
	o := obj{
		"id": e.id, "user": s.userObj(e.by), "created_at": stamp(e.created), "resource_type": i.kind, "resource_id": i.id,
		"label": nil, "action": "remove",
	}
	if e.added {
		o["action"] = "add"
	}
	if l := e.label; l != nil {
		o["label"] = obj{"id": l.id, "name": l.name, "color": l.color, "description": nilIfEmpty(l.description)}
	}
	return o
}

func (c *call) listRelabels(i *issuable) reply {
	var out []obj
	for _, e := range i.relabels {
		out = append(out, c.relabelObj(i, e))
	}
	return c.page(out)
}

func (c *call) getRelabel(i *issuable) reply {
	id := c.pathNumber("event_id")
	if e := first(i.relabels, func(e *relabel) bool { return e.id == id }); e != nil {
		return ok(c.relabelObj(i, e))
	}
	return gone()
}

func (c *call) listMoves(i *issuable) reply {
	var out []obj
	for _, e := range i.moves {
		out = append(out, obj{
			"id": e.id, "user": c.userObj(e.by), "created_at": stamp(e.created), "resource_type": i.kind, "resource_id": i.id,
			"source_commit": nil, "source_merge_request_id": nil, "state": e.state,
		})
	}
	return c.page(out)
}
