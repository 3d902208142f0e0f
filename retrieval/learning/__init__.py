"""How the small models in `retrieval/learned/` were made. Needs the corpora; nothing here runs in the app."""
