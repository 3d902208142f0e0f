"""The pages for volunteers and staff: looking up passages, a passage in its document, and hand-outs."""
