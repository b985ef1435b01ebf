"""Group sessions: who came, in numbers, and which of them are clients."""
