"""What is made of a run: figures of it, tables of it, and a page that shows it without the internet."""
