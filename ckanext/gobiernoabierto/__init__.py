"""Gobierno Abierto: data linked to the commitment, workshop, problem and idea that it answers."""
