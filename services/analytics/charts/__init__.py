"""Charts: the answer of a report as a picture. What is hidden in the answer is in no part of it."""
