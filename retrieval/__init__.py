"""The knowledge: read documents, split, embed, index, search, answer with quotes.

Knows nothing of Rasa or HTTP. Importing the package itself loads nothing heavy, so that Rasa's tokenizer can share
`retrieval.text` on its own Python.
"""
