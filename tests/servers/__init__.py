"""Real servers for the tests, each started on its own socket and stopped by pid."""
