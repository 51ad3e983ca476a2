"""What the floor tells Prometheus."""
