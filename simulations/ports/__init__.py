"""The ports of a floor inside the loop: no threads, no sockets, and the same answers as the real thing."""
