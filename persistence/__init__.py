"""SQLite behind the ports of actors: schema, the one writer, readers, recovery."""
