"""Forms of our pages, in modules named like those of ``views``. They check form, the operations check rules."""
