"""A load generator: requests that come when the plan says so, whether or not the server keeps up."""
