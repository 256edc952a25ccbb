"""`millrace predict`: events to an HTTP endpoint, predictions back."""
