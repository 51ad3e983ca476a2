"""The actor runtime: mailboxes, refs, cells, supervision and control. Knows nothing of trading."""
