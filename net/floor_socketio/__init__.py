"""The floor's events over Socket.IO, for browsers that use `socket.io-client`."""
