"""Rasa components. They run on Rasa's Python (3.10), so they import only Rasa and `retrieval.text`."""
