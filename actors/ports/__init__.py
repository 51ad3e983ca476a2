"""What the actors need of the world outside, as protocols and frozen records; adapters live in other packages."""
