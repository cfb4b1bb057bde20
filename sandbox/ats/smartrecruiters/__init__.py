"""A stand-in SmartRecruiters: its Customer API with limits, sign-in pages, signed webhooks and, on demand, failures."""
