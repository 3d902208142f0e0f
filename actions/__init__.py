"""What Rasa calls: thin rasa-sdk actions, and how an answer is rendered for people."""
