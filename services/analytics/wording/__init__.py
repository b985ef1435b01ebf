"""What reports are called and mean in Finnish, Swedish and English, and how figures are written."""
