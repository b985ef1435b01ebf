"""What tests share: fresh databases, served applications, a broker to look at, example bodies."""
