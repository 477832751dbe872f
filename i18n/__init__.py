"""Spanish, for our messages and for those that CKAN and its plugins leave in English."""
