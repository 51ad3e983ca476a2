"""Trading: messages, events, pure rules, the actors that sequence them, and the ports they need."""
