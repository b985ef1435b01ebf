"""Following: partners see what came of their referrals, as far as they may know."""
