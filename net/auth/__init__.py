"""Who is calling: passwords, tokens, sign-ins, agents' keys and roles. HTTP and the sockets share it."""
