"""Analytics: what the work does, as reports over events; it keeps pseudonyms and codes alone."""
