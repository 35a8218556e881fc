"""What runs leave behind: reports held against their manifests, private files removed in time."""
