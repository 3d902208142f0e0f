"""The doors: the FastAPI app, the web chat, the Rasa client and supervisor, and Rasa's own components in `nlu/`."""
