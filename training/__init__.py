"""Making the reader that ships in ``data/reader``; see README.md here."""
