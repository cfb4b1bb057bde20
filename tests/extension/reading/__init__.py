"""What the extension reads out of pages."""
