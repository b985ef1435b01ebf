"""Teams: who works where, for whom, and how much at a time."""
