"""The mail world: submission over SMTP, mailboxes over IMAP, people who bounce, reply or are away."""
