"""The dashboard: a page for the people who supervise agents, and how its files are handed out."""
