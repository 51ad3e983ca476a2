"""HTTP: a Quart app on trio whose handlers ask actors, read published views, and render."""
