"""Stand-ins for providers of contact data."""
