"""Getting messages in and replies out: what is due, one poll, one send, and the threads that do both."""
