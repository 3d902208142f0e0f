"""What readers of several formats share: tables told as lines, official letters, titles, what a file really is."""
