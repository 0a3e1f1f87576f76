"""What the site's build adds to Sphinx; nothing of it is shipped."""
