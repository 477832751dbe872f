"""Who follows what without an account, what is new about it, and the mails that say so."""
