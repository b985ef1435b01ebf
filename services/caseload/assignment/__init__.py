"""Assignment: which worker takes a referral and why, and who waits for room."""
