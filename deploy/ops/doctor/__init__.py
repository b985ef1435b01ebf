"""What `nopsa doctor` looks at. Each examination says what it found in words, and what to do about
whatever is wrong; none of them changes anything."""
