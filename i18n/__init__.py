"""Spanish, for our messages and for those that CKAN leaves in English."""
