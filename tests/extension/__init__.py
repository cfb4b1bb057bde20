"""The browser extension, in the browser it is made for."""
