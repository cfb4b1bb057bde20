"""A stand-in SourceWhale: the vendor's public API with its rules, its silences and, on demand, its failures."""
