"""The terminal console: a client program of a running floor, on textual and so on asyncio, in a process of its own."""
