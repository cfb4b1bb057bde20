"""Stand-ins for applicant tracking systems, one folder each."""
