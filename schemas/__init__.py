"""What people fill in, in ckanext-scheming's format."""
