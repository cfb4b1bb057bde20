"""A stand-in CATS: its API v3 with its odd shapes, its small budget, its feed, its signed webhooks and its failures."""
