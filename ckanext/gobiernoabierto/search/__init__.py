"""Solr fields and facets of the linked entities."""
