"""What the project's command lines share: consoles, usage errors."""
