"""The technologies behind the ports: one module per database and per place for bytes."""
