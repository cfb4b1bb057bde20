"""A stand-in Pinpoint: the vendor's JSON:API with its rules, its odd shapes and, on demand, its failures."""
