"""Published FHIR examples, written anew; README.md says after which."""
