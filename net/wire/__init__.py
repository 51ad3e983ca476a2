"""JSON at the edge: what requests may say, and how entities are shown. HTTP and the sockets share it."""
