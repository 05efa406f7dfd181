"""What owned, hired and composed agents cost."""
