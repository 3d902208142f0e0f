"""From files of every shape to documents: read, clean, understand the structure, report."""
